#include "base/secret.h"

#include "unit/check.h"

static struct secret of(const char *text)
{
    struct secret s = { 0 };
    struct err e;
    CHECK_OK(secret_set(&s, text, strlen(text), &e), &e);
    return s;
}

static void holds_a_copy_and_lets_go(void **state)
{
    (void)state;
    struct err e;
    struct secret s = { 0 };
    char text[] = "hunter2";
    CHECK_OK(secret_set(&s, text, 7, &e), &e);
    secret_wipe(text, sizeof(text));
    for (size_t i = 0; i < sizeof(text); i++)
        CHECK_EQ(text[i], 0);
    CHECK_STR((const char *)s.bytes, "hunter2");
    CHECK_OK(secret_set(&s, s.bytes, 6, &e), &e); /* from itself */
    CHECK_STR((const char *)s.bytes, "hunter");
    CHECK_OK(secret_set(&s, NULL, 0, &e), &e);
    CHECK_EQ(s.len, 0);
    secret_done(&s);
    CHECK(!s.bytes);
    secret_done(&s);
}

static void refuses_more_than_its_cap(void **state)
{
    (void)state;
    struct err e;
    struct secret s = of("kept");
    CHECK_FAILS(secret_room(&s, SECRET_MAX + 1, &e), &e, ERR_LIMIT);
    CHECK_FAILS(secret_set(&s, NULL, SIZE_MAX, &e), &e, ERR_LIMIT);
    CHECK_STR((const char *)s.bytes, "kept");
    secret_random(&s, SECRET_MAX);
    CHECK_EQ(s.len, SECRET_MAX);
    size_t zeros = 0;
    for (size_t i = 0; i < s.len; i++)
        zeros += s.bytes[i] == 0;
    CHECK(zeros < 1024); /* about 256 of 65,536 */
    secret_done(&s);
}

static void compares_whole_secrets(void **state)
{
    (void)state;
    struct secret a = of("same"), b = of("same"), shorter = of("sam"), other = of("samf"), none = { 0 };
    CHECK(secret_equal(&a, &b));
    CHECK(secret_equal(&none, &none));
    CHECK(!secret_equal(&a, &shorter));
    CHECK(!secret_equal(&a, &other));
    CHECK(!secret_equal(&a, &none));
    secret_done(&a);
    secret_done(&b);
    secret_done(&shorter);
    secret_done(&other);
}

static void a_password_matches_its_hash_only(void **state)
{
    (void)state;
    struct err e;
    char hash[SECRET_HASH], again[SECRET_HASH];
    struct secret right = of("correct horse"), wrong = of("correct horsf"), shorter = of("correct hors"), none = { 0 };
    CHECK_OK(secret_password_hash(&right, SECRET_COST_TEST, hash, &e), &e);
    CHECK_OK(secret_password_hash(&right, SECRET_COST_TEST, again, &e), &e);
    CHECK(strcmp(hash, again) != 0); /* salted */
    CHECK(secret_password_matches(&right, hash));
    CHECK(!secret_password_matches(&wrong, hash));
    CHECK(!secret_password_matches(&shorter, hash));
    CHECK(!secret_password_matches(&none, hash));
    CHECK_FAILS(secret_password_hash(&none, SECRET_COST_TEST, hash, &e), &e, ERR_INPUT);
    struct secret huge = { 0 };
    secret_random(&huge, SECRET_PASSWORD_MAX + 1);
    CHECK_FAILS(secret_password_hash(&huge, SECRET_COST_TEST, hash, &e), &e, ERR_INPUT);
    CHECK(!secret_password_matches(&huge, hash));
    secret_random(&huge, SECRET_PASSWORD_MAX);
    CHECK_OK(secret_password_hash(&huge, SECRET_COST_TEST, again, &e), &e);
    CHECK(secret_password_matches(&huge, again));
    for (size_t len = 0; len < strlen(hash); len++) {
        char cut[SECRET_HASH];
        (void)snprintf(cut, sizeof(cut), "%.*s", (int)len, hash);
        if (secret_password_matches(&right, cut))
            fail_msg("the hash cut to %zu matches", len);
    }
    secret_done(&right);
    secret_done(&wrong);
    secret_done(&shorter);
    secret_done(&huge);
}

/* A damaged or planted row must not make a login take all memory, nor match. */
static void senseless_hashes_are_refused_unread(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "$", "plain", "$argon2id$", "$argon2id$v=19$m=", "$argon2id$v=19$m=8,t=1,p=1",
        "$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=17,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=-8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct secret right = of("correct horse");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (secret_password_matches(&right, bad[i]))
            fail_msg("%s matches", bad[i]);
        if (!secret_password_outdated(bad[i], SECRET_COST_TEST))
            fail_msg("%s is up to date", bad[i]);
    }
    char longer[SECRET_HASH + 10];
    memset(longer, 'A', sizeof(longer));
    memcpy(longer, "$argon2id$v=19$m=8,t=1,p=1$", 27);
    longer[sizeof(longer) - 1] = '\0';
    CHECK(!secret_password_matches(&right, longer));
    secret_done(&right);
}

static void hashes_of_another_cost_are_outdated(void **state)
{
    (void)state;
    struct err e;
    char hash[SECRET_HASH];
    struct secret right = of("correct horse");
    CHECK_OK(secret_password_hash(&right, SECRET_COST_TEST, hash, &e), &e);
    CHECK(!secret_password_outdated(hash, SECRET_COST_TEST));
    CHECK(secret_password_outdated(hash, SECRET_COST_MODERATE));
    CHECK(!secret_password_outdated("$argon2id$v=19$m=262144,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA", SECRET_COST_MODERATE));
    secret_done(&right);
}

GROUP(base_secret, cmocka_unit_test(holds_a_copy_and_lets_go), cmocka_unit_test(refuses_more_than_its_cap),
      cmocka_unit_test(compares_whole_secrets), cmocka_unit_test(a_password_matches_its_hash_only),
      cmocka_unit_test(senseless_hashes_are_refused_unread), cmocka_unit_test(hashes_of_another_cost_are_outdated))
