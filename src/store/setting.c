#include "store/setting.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "store/backend.h"
#include "store/words.h"

/* A value in the audit trail: escaped and cut; the digest of a long one would help nobody. */
enum { VALUE_SHOWN = 500 };

struct copy {
    struct arena *arena;
    const char *value;
};

static bool copy_value(void *self, const struct store_setting *row, struct err *e)
{
    struct copy *c = self;
    (void)e;
    c->value = arena_strdup(c->arena, row->value);
    return true;
}

static bool get(struct store *s, const char *key, struct arena *a, const char **ret, struct err *e)
{
    struct copy c = { .arena = a };
    if (!s->ops->settings->get(s, key, copy_value, &c, e))
        return false;
    *ret = c.value;
    return true;
}

bool store_setting_get(struct store *s, const char *key, struct arena *a, const char **ret, struct err *e)
{
    const char *value = NULL;
    if (!store_reading(s, e) || !store_take_text("the setting", STORE_WORD, key, STORE_WORD_MAX, e) ||
        !store_ran(s, get(s, key, a, &value, e), e))
        return false;
    if (!value)
        return err_set(e, ERR_NOT_FOUND, "%s was never set", key);
    *ret = value;
    return true;
}

static void show(const char *value, char ret[VALUE_SHOWN])
{
    char text[VALUE_SHOWN - 2];
    if (!value) {
        (void)text_copy(ret, VALUE_SHOWN, "not set");
        return;
    }
    text_escape(text, sizeof(text), value, strlen(value));
    (void)snprintf(ret, VALUE_SHOWN, "\"%s\"", text);
}

static bool record(struct store *s, const char *key, const char *was, const char *is, const struct store_by *by,
                   struct err *e)
{
    char old[VALUE_SHOWN], fresh[VALUE_SHOWN], text[2 * VALUE_SHOWN + 128];
    show(was, old);
    show(is, fresh);
    (void)snprintf(text, sizeof(text), "%s: %s; before: %s", key, fresh, old);
    const struct store_audit line = {
        .by = *by, .action = is ? "setting.put" : "setting.remove", .entity = key, .text = text, .data = "",
    };
    return store_audit_append(s, &line, e) && s->ops->core->raise(s, e);
}

static bool put(struct store *s, const struct store_setting *row, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *was;
    uint64_t count = 0;
    if (!get(s, row->key, &a, &was, e) || (!was && !s->ops->settings->count(s, &count, e)))
        return false;
    if (count >= STORE_SETTINGS_MAX)
        return err_set(e, ERR_LIMIT, "%d settings are kept, the most there may be", STORE_SETTINGS_MAX);
    return s->ops->settings->put(s, row, e) && record(s, row->key, was, row->value, by, e);
}

bool store_setting_put(struct store *s, const char *key, const char *value, const struct store_by *by, struct err *e)
{
    if (!store_writing(s, "setting", e) || !store_take_text("the setting", STORE_WORD, key, STORE_WORD_MAX, e) ||
        !store_take_text("its value", STORE_PROSE, value, STORE_SETTING_MAX, e) || !store_take_by(by, e))
        return false;
    const struct store_setting row = { key, value, by->at_ms };
    return store_ran(s, put(s, &row, by, e), e);
}

static bool take_away(struct store *s, const char *key, const struct store_by *by, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const char *was;
    if (!get(s, key, &a, &was, e))
        return false;
    if (!was)
        return err_set(e, ERR_NOT_FOUND, "%s was never set", key);
    return s->ops->settings->remove(s, key, e) && record(s, key, was, NULL, by, e);
}

bool store_setting_remove(struct store *s, const char *key, const struct store_by *by, struct err *e)
{
    return store_writing(s, "setting", e) && store_take_text("the setting", STORE_WORD, key, STORE_WORD_MAX, e) &&
           store_take_by(by, e) && store_ran(s, take_away(s, key, by, e), e);
}

bool store_setting_list(struct store *s, store_setting_sink *sink, void *self, struct err *e)
{
    return store_list_begin(s, 0, NULL, e) && store_list_end(s, s->ops->settings->list(s, sink, self, e), e);
}
