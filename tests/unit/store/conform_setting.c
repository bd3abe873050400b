#include <stdlib.h>

#include "unit/store/kept.h"

static bool see(void *self, const struct store_setting *row, struct err *e)
{
    struct buf *b = self;
    return buf_printf(b, e, "%s=%s@%lld ", row->key, row->value, (long long)row->changed_ms);
}

static bool last_text(void *self, const struct store_audit *line, struct err *e)
{
    (void)e;
    (void)snprintf(self, 2000, "%s %s %s", line->action, line->entity, line->text);
    return true;
}

static void a_change_is_kept_counted_and_recorded(void **state)
{
    struct kept *k = *state;
    struct err e;
    const char *value;
    char line[2000];
    struct buf all;
    buf_init(&all, 1000);
    CHECK_FAILS(store_setting_get(k->s, "verify.vcenter", &k->arena, &value, &e), &e, ERR_NOT_FOUND);
    CHANGE_OK(k, store_setting_put(k->s, "verify.vcenter", "true", &kept_by, &e), &e);
    CHANGE_OK(k, store_setting_put(k->s, "verify.nsx", "", &kept_by, &e), &e);
    CHANGE_OK(k, store_setting_put(k->s, "verify.vcenter", "false\n\"", &kept_by, &e), &e);
    CHECK_EQ(kept_generation(k), 3);
    CHECK_OK(store_setting_get(k->other, "verify.vcenter", &k->arena, &value, &e), &e);
    CHECK_STR(value, "false\n\"");
    CHECK_OK(store_setting_list(k->s, see, &all, &e), &e);
    CHECK_STR(buf_str(&all), "verify.nsx=@1795428000000 verify.vcenter=false\n\"@1795428000000 ");
    const struct store_audit_query newest = { .newest_first = true, .limit = 1 };
    CHECK_OK(store_audit_list(k->s, &newest, last_text, line, &e), &e);
    CHECK_STR(line, "setting.put verify.vcenter verify.vcenter: \"false\\x0a\\x22\"; before: \"true\"");
    CHANGE_OK(k, store_setting_remove(k->s, "verify.vcenter", &kept_by, &e), &e);
    CHANGE_FAILS(k, store_setting_remove(k->s, "verify.vcenter", &kept_by, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(store_audit_list(k->s, &newest, last_text, line, &e), &e);
    CHECK(strstr(line, "setting.remove") && strstr(line, "not set"));
    CHECK_EQ(kept_generation(k), 4);
    buf_done(&all);
    kept_is_sound(k);
}

static void senseless_settings_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    char *value = calloc(1, STORE_SETTING_MAX + 2);
    memset(value, 'x', STORE_SETTING_MAX + 1);
    static const char *const keys[] = { "", "Upper", "with space", "a=b", "\xc3\xb6", NULL };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        CHANGE_FAILS(k, store_setting_put(k->s, keys[i], "x", &kept_by, &e), &e, ERR_INPUT);
    CHANGE_FAILS(k, store_setting_put(k->s, "a", value, &kept_by, &e), &e, ERR_INPUT);
    CHANGE_FAILS(k, store_setting_put(k->s, "a", "\x7f", &kept_by, &e), &e, ERR_INPUT);
    CHANGE_FAILS(k, store_setting_put(k->s, "a", NULL, &kept_by, &e), &e, ERR_INPUT);
    value[STORE_SETTING_MAX] = '\0';
    CHANGE_OK(k, store_setting_put(k->s, "a", value, &kept_by, &e), &e);
    CHECK_EQ(kept_generation(k), 1);
    free(value);
}

static void there_is_a_cap(void **state)
{
    struct kept *k = *state;
    struct err e;
    char key[32];
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    for (int i = 0; i < STORE_SETTINGS_MAX; i++) {
        (void)snprintf(key, sizeof(key), "key.%d", i);
        CHECK_OK(store_setting_put(k->s, key, "x", &kept_by, &e), &e);
    }
    CHECK_FAILS(store_setting_put(k->s, "one.more", "x", &kept_by, &e), &e, ERR_LIMIT);
    CHECK_OK(store_setting_put(k->s, "key.7", "y", &kept_by, &e), &e);
    CHECK_OK(store_commit(k->s, &e), &e);
}

CONFORM_GROUP(setting, CONFORM(a_change_is_kept_counted_and_recorded, f), CONFORM(senseless_settings_are_refused, f),
              CONFORM(there_is_a_cap, f))
