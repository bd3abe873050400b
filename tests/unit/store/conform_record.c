#include <stdlib.h>

#include "unit/store/kept.h"

static struct store_record user(const char *id, const char *owner, const char *name)
{
    return (struct store_record){ .kind = "user", .id = id, .owner = owner, .name = name, .state = "on", .made_ms = 10,
                                  .data = "{\"a\":1}" };
}

static bool put(struct kept *k, struct store_record r, struct err *e)
{
    return store_record_put(k->s, &r, e);
}

static bool see(void *self, const struct store_record *r, struct err *e)
{
    return buf_printf(self, e, "%s/%s/%s ", r->owner, r->id, r->state);
}

static void shows(struct kept *k, struct store_record_query q, const char *expected)
{
    struct err e;
    AUTO(buf_done) struct buf all;
    buf_init(&all, 1000);
    CHECK_OK(store_record_list(k->other, &q, see, &all, &e), &e);
    CHECK_STR(buf_str(&all), expected);
}

static void a_record_comes_back_as_it_was_kept(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct store_record r;
    CHECK_FAILS(store_record_get(k->s, "user", "urn:1", &k->arena, &r, &e), &e, ERR_NOT_FOUND);
    CHANGE_OK(k, put(k, user("urn:1", "urn:org", "Ärger"), &e), &e);
    kept_reopen(k);
    CHECK_OK(store_record_get(k->s, "user", "urn:1", &k->arena, &r, &e), &e);
    CHECK_STR(r.name, "Ärger");
    CHECK_STR(r.owner, "urn:org");
    CHECK_STR(r.state, "on");
    CHECK_STR(r.data, "{\"a\":1}");
    CHECK_EQ(r.made_ms, 10);
    CHECK_EQ(r.until_ms, 0);
    struct store_record changed = user("urn:1", "urn:org", "Other");
    changed.made_ms = 99;
    CHANGE_OK(k, put(k, changed, &e), &e);
    CHECK_OK(store_record_find(k->other, "user", "urn:org", "OTHER", &k->arena, &r, &e), &e);
    CHECK_EQ(r.made_ms, 10); /* it came when it came */
    CHECK_FAILS(store_record_find(k->s, "user", "urn:org", "ärger", &k->arena, &r, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(store_record_get(k->s, "role", "urn:1", &k->arena, &r, &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(kept_generation(k), 0);
    kept_is_sound(k);
}

static void a_name_is_its_owners_without_regard_to_case(void **state)
{
    struct kept *k = *state;
    struct err e;
    CHANGE_OK(k, put(k, user("urn:1", "urn:a", "Ärger"), &e), &e);
    CHANGE_FAILS(k, put(k, user("urn:2", "urn:a", "ÄRGER"), &e), &e, ERR_CONFLICT);
    CHECK(strstr(e.msg, "Duplicate name") && strstr(e.msg, "urn:1"));
    CHANGE_OK(k, put(k, user("urn:2", "urn:b", "ÄRGER"), &e), &e);
    CHANGE_OK(k, put(k, user("urn:1", "urn:a", "ärgeR"), &e), &e); /* its own name, spelt anew */
    CHANGE_OK(k, put(k, user("urn:3", "urn:a", ""), &e), &e);      /* no name is no name twice */
    CHANGE_OK(k, put(k, user("urn:4", "urn:a", ""), &e), &e);
    struct store_record r;
    CHECK_FAILS(store_record_find(k->s, "user", "urn:a", "", &k->arena, &r, &e), &e, ERR_INPUT);
    CHANGE_OK(k, store_record_remove(k->s, "user", "urn:1", &e), &e);
    CHANGE_FAILS(k, store_record_remove(k->s, "user", "urn:1", &e), &e, ERR_NOT_FOUND);
    CHANGE_OK(k, put(k, user("urn:5", "urn:a", "ärger"), &e), &e);
    kept_is_sound(k);
}

static void lists_have_pages_and_conditions(void **state)
{
    struct kept *k = *state;
    struct err e;
    uint64_t n;
    struct store_record off = user("urn:3", "urn:a", "c");
    off.state = "off";
    CHANGE_OK(k, put(k, user("urn:1", "urn:a", "a"), &e), &e);
    CHANGE_OK(k, put(k, user("urn:2", "urn:b", "b"), &e), &e);
    CHANGE_OK(k, put(k, off, &e), &e);
    shows(k, (struct store_record_query){ .kind = "user" }, "urn:a/urn:1/on urn:b/urn:2/on urn:a/urn:3/off ");
    shows(k, (struct store_record_query){ .kind = "user", .limit = 1, .after = "urn:1" }, "urn:b/urn:2/on ");
    shows(k, (struct store_record_query){ .kind = "user", .owner = "urn:a" }, "urn:a/urn:1/on urn:a/urn:3/off ");
    shows(k, (struct store_record_query){ .kind = "user", .owner = "urn:a", .state = "off" }, "urn:a/urn:3/off ");
    shows(k, (struct store_record_query){ .kind = "role" }, "");
    CHECK_OK(store_record_count(k->s, &(struct store_record_query){ .kind = "user", .state = "on" }, &n, &e), &e);
    CHECK_EQ(n, 2);
    CHECK_FAILS(store_record_list(k->s, &(struct store_record_query){ .kind = "user", .limit = STORE_PAGE_MAX + 1 }, see,
                                  NULL, &e), &e, ERR_INPUT);
}

static void what_is_over_expires(void **state)
{
    struct kept *k = *state;
    struct err e;
    uint64_t n;
    for (int64_t i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "urn:%d", (int)i);
        struct store_record r = user(id, "", "");
        r.until_ms = i * 100;
        CHANGE_OK(k, put(k, r, &e), &e);
    }
    CHANGE_OK(k, store_record_expire(k->s, "role", 1000, &n, &e), &e);
    CHECK_EQ(n, 0);
    CHANGE_OK(k, store_record_expire(k->s, "user", 99, &n, &e), &e);
    CHECK_EQ(n, 0);
    CHANGE_OK(k, store_record_expire(k->s, "user", 100, &n, &e), &e);
    CHECK_EQ(n, 1);
    shows(k, (struct store_record_query){ .kind = "user" }, "/urn:0/on /urn:2/on ");
}

static void senseless_records_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    char *longest = calloc(1, STORE_RECORD_MAX + 2), id[STORE_ID_MAX + 2], name[STORE_NAME_MAX + 2];
    memset(longest, 'x', STORE_RECORD_MAX + 1);
    memset(id, 'i', sizeof(id) - 1);
    memset(name, 'n', sizeof(name) - 1);
    id[sizeof(id) - 1] = name[sizeof(name) - 1] = '\0';
    const struct store_record good = user("urn:1", "urn:a", "a");
    struct store_record bad[12];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].kind = "User";
    bad[1].kind = NULL;
    bad[2].id = "";
    bad[3].id = id;
    bad[4].owner = "a\nb";
    bad[5].name = name;
    bad[6].name = "\xff";
    bad[7].state = "On";
    bad[8].data = longest;
    bad[9].data = "\x01";
    bad[10].until_ms = -1;
    bad[11].made_ms = STORE_TIME_MAX + 1;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHANGE_FAILS(k, put(k, bad[i], &e), &e, ERR_INPUT);
    longest[STORE_RECORD_MAX] = name[STORE_NAME_MAX] = id[STORE_ID_MAX] = '\0';
    bad[8].id = id;
    bad[8].name = name;
    CHANGE_OK(k, put(k, bad[8], &e), &e); /* each at its cap */
    CHECK_FAILS(store_record_put(k->s, &good, &e), &e, ERR_INTERNAL); /* outside of a transaction */
    free(longest);
    kept_is_sound(k);
}

CONFORM_GROUP(record, CONFORM(a_record_comes_back_as_it_was_kept, f),
              CONFORM(a_name_is_its_owners_without_regard_to_case, f), CONFORM(lists_have_pages_and_conditions, f),
              CONFORM(what_is_over_expires, f), CONFORM(senseless_records_are_refused, f))
