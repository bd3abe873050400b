#include "unit/store/kept.h"

static struct secret of(const char *text)
{
    struct secret s = { 0 };
    struct err e;
    CHECK_OK(secret_set(&s, text, strlen(text), &e), &e);
    return s;
}

static void put(struct kept *k, const char *kind, const char *id, const char *text)
{
    struct err e;
    struct secret plain = of(text);
    CHANGE_OK(k, store_sealed_put(k->s, kind, id, &plain, KEPT_NOW, &e), &e);
    secret_done(&plain);
}

static void is(struct kept *k, const char *kind, const char *id, const char *text)
{
    struct err e;
    struct secret got = { 0 };
    CHECK_OK(store_sealed_get(k->s, kind, id, &got, &e), &e);
    CHECK_STR((const char *)got.bytes, text);
    secret_done(&got);
}

static void each_row_has_its_own(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct secret got = of("untouched");
    put(k, "vcenter-password", "urn:1", "first");
    put(k, "vcenter-password", "urn:2", "second");
    put(k, "nsx-password", "urn:1", "third");
    put(k, "vcenter-password", "urn:1", "fourth");
    is(k, "vcenter-password", "urn:1", "fourth");
    is(k, "vcenter-password", "urn:2", "second");
    is(k, "nsx-password", "urn:1", "third");
    CHECK_FAILS(store_sealed_get(k->s, "nsx-password", "urn:2", &got, &e), &e, ERR_NOT_FOUND);
    CHECK_STR((const char *)got.bytes, "untouched");
    secret_done(&got);
    CHANGE_OK(k, store_sealed_remove(k->s, "nsx-password", "urn:1", &e), &e);
    CHANGE_FAILS(k, store_sealed_remove(k->s, "nsx-password", "urn:1", &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(kept_generation(k), 0);
    kept_is_sound(k);
}

static void senseless_calls_are_refused(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct secret plain = of("x");
    static const struct {
        const char *kind, *id;
    } bad[] = { { "", "urn" }, { "A|b", "urn" }, { "Password", "urn" }, { "password", "" }, { "password", "a\nb" } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CHANGE_FAILS(k, store_sealed_put(k->s, bad[i].kind, bad[i].id, &plain, KEPT_NOW, &e), &e, ERR_INPUT);
        CHECK_FAILS(store_sealed_get(k->s, bad[i].kind, bad[i].id, &plain, &e), &e, ERR_INPUT);
    }
    uint64_t left;
    CHANGE_FAILS(k, store_sealed_rekey(k->s, STORE_PAGE_MAX + 1, &left, &e), &e, ERR_INPUT);
    char kind[STORE_WORD_MAX + 1];
    memset(kind, 'k', STORE_WORD_MAX);
    kind[STORE_WORD_MAX] = '\0';
    put(k, kind, "urn", "the longest kind");
    is(k, kind, "urn", "the longest kind");
    secret_done(&plain);
}

struct usage {
    unsigned keys;
    uint64_t values;
};

static bool add_usage(void *self, const char *key_id, uint64_t count, struct err *e)
{
    struct usage *u = self;
    (void)e;
    CHECK_EQ(strlen(key_id), SEAL_ID - 1);
    u->keys++;
    u->values += count;
    return true;
}

static struct usage usage(struct kept *k)
{
    struct err e;
    struct usage u = { 0 };
    CHECK_OK(store_sealed_usage(k->s, add_usage, &u, &e), &e);
    return u;
}

/* Opens the store again with these keys. */
static void turn_keys(struct kept *k, struct seal_keys *take_keys)
{
    struct seal_keys *old = k->keys;
    k->keys = take_keys;
    kept_reopen(k);
    seal_keys_destroy(old);
}

static void moves_to_another_master_key(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct secret first = { 0 }, second = { 0 };
    char id[32];
    uint64_t left = 0;
    secret_random(&first, SEAL_KEY);
    secret_random(&second, SEAL_KEY);
    struct seal_keys *one = seal_keys_create(), *both = seal_keys_create(), *two = seal_keys_create();
    CHECK_OK(seal_keys_add(one, &first, &e), &e);
    CHECK_OK(seal_keys_add(both, &second, &e), &e);
    CHECK_OK(seal_keys_add(both, &first, &e), &e);
    CHECK_OK(seal_keys_add(two, &second, &e), &e);
    turn_keys(k, one);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(id, sizeof(id), "urn:%d", i);
        put(k, "password", id, id);
    }
    turn_keys(k, both);
    is(k, "password", "urn:3", "urn:3");
    put(k, "password", "urn:3", "urn:3"); /* already under the new key */
    CHECK_EQ(usage(k).keys, 2);
    CHANGE_OK(k, store_sealed_rekey(k->s, 4, &left, &e), &e);
    CHECK_EQ(left, 5);
    CHANGE_OK(k, store_sealed_rekey(k->s, 4, &left, &e), &e);
    CHANGE_OK(k, store_sealed_rekey(k->s, 4, &left, &e), &e);
    CHECK_EQ(left, 0);
    CHANGE_OK(k, store_sealed_rekey(k->s, 4, &left, &e), &e);
    CHECK_EQ(left, 0);
    CHECK_EQ(usage(k).keys, 1);
    CHECK_EQ(usage(k).values, 10);
    turn_keys(k, two);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(id, sizeof(id), "urn:%d", i);
        is(k, "password", id, id);
    }
    secret_done(&first);
    secret_done(&second);
    kept_is_sound(k);
}

static void without_its_key_it_stays_shut(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct secret got = { 0 }, plain = of("hunter2");
    uint64_t left;
    put(k, "password", "urn:1", "hunter2");
    struct seal_keys *other = seal_keys_create();
    struct secret key = { 0 };
    secret_random(&key, SEAL_KEY);
    CHECK_OK(seal_keys_add(other, &key, &e), &e);
    secret_done(&key);
    turn_keys(k, other);
    CHECK_FAILS(store_sealed_get(k->s, "password", "urn:1", &got, &e), &e, ERR_DENIED);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_FAILS(store_sealed_rekey(k->s, 1, &left, &e), &e, ERR_DENIED);
    CHECK_FAILS(store_commit(k->s, &e), &e, ERR_STORE);
    turn_keys(k, NULL);
    CHECK_FAILS(store_sealed_get(k->s, "password", "urn:1", &got, &e), &e, ERR_DENIED);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_FAILS(store_sealed_put(k->s, "password", "urn:1", &plain, KEPT_NOW, &e), &e, ERR_DENIED);
    CHECK_FAILS(store_sealed_rekey(k->s, 1, &left, &e), &e, ERR_DENIED);
    store_abort(k->s);
    CHECK_EQ(usage(k).values, 1);
    CHANGE_OK(k, store_sealed_remove(k->s, "password", "urn:1", &e), &e);
    secret_done(&plain);
    CHECK(!got.bytes);
}

CONFORM_GROUP(sealed, CONFORM(each_row_has_its_own, f), CONFORM(senseless_calls_are_refused, f),
              CONFORM(moves_to_another_master_key, f), CONFORM(without_its_key_it_stays_shut, f))
