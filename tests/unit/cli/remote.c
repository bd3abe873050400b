#include "cli/remote.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/verdict.h"
#include "unit/check.h"

static void a_cell_has_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text, *url;
    } cases[] = {
        { "cell.example", "https://cell.example" },        { "https://Cell.Example:443/", "https://cell.example" },
        { "cell.example:8443", "https://cell.example:8443" }, { "[::1]:8443", "https://[::1]:8443" },
        { "https://10.0.0.1:8443", "https://10.0.0.1:8443" },
    };
    static const char *const wrong[] = { "", "http://cell.example", "https://user@cell", "cell:0", "a b", "https://127.1/", "cell:99999" };
    AUTO(arena_done) struct arena a = { 0 };
    struct url_host host;
    struct err e;
    const char *url;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_OK(remote_url(cases[i].text, &a, &url, &host, &e), &e);
        CHECK_STR(url, cases[i].url);
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        CHECK_FAILS(remote_url(wrong[i], &a, &url, &host, &e), &e, ERR_INPUT);
}

static void refusals_keep_their_kind(void **state)
{
    (void)state;
    CHECK_EQ(remote_kind(400, "UNTRUSTED_CERTIFICATE"), ERR_UNTRUSTED);
    CHECK_EQ(remote_kind(500, "PEER_UNREACHABLE"), ERR_PEER);
    CHECK_EQ(remote_kind(400, "DUPLICATE_NAME"), ERR_CONFLICT);
    CHECK_EQ(remote_kind(400, "SOMETHING_NEW"), ERR_INPUT);
    CHECK_EQ(remote_kind(401, NULL), ERR_DENIED);
    CHECK_EQ(remote_kind(403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN"), ERR_DENIED);
    CHECK_EQ(remote_kind(302, NULL), ERR_PEER);
    CHECK_EQ(remote_kind(418, NULL), ERR_PEER);
    CHECK_EQ(remote_kind(503, NULL), ERR_STORE);
}

static void a_fingerprint_is_read_in_each_spelling_and_a_sha1_refused(void **state)
{
    (void)state;
    uint8_t got[DIGEST_SHA256], want[DIGEST_SHA256];
    char text[VERDICT_SHA256];
    struct err e;
    memset(want, 0xab, sizeof(want));
    verdict_sha256(want, text);
    CHECK_OK(verdict_sha256_read("--fingerprint", text, got, &e), &e);
    CHECK(memcmp(got, want, sizeof(want)) == 0);
    CHECK_OK(verdict_sha256_read("--fingerprint", text + 7, got, &e), &e);
    CHECK_OK(verdict_sha256_read("--fingerprint", "sha256:abababababababababababababababababababababababababababababababab", got, &e), &e);
    CHECK(memcmp(got, want, sizeof(want)) == 0);
    text[sizeof(text) - 2] = '\0'; /* one digit short */
    static const char *const wrong[] = { "", "SHA256:", "SHA1:AB", "abababababababababababababababababababab", "SHA256:gg" };
    CHECK_FAILS(verdict_sha256_read("--fingerprint", text, got, &e), &e, ERR_INPUT);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        CHECK_FAILS(verdict_sha256_read("--fingerprint", wrong[i], got, &e), &e, ERR_INPUT);
}

static const char *config_home;

static const char *env(const char *name)
{
    return strcmp(name, "XDG_CONFIG_HOME") == 0 ? config_home : NULL;
}

static void contexts_are_kept_found_and_forgotten(void **state)
{
    (void)state;
    char home[] = "/tmp/unit-cli-XXXXXX";
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(context_done) struct context c = { .url = "https://a.example", .user = "u@System", .anchors = "PEM", .pinned = true }, got = { 0 };
    struct err e;
    const char *directory;
    CHECK(mkdtemp(home) != NULL);
    config_home = "relative";
    CHECK_FAILS(context_directory(env, &a, &directory, &e), &e, ERR_INPUT);
    config_home = home;
    CHECK_OK(context_directory(env, &a, &directory, &e), &e);
    CHECK_FAILS(context_load(directory, NULL, &a, &got, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(secret_set(&c.token, "token", 5, &e), &e);
    CHECK_OK(context_save(directory, &c, &e), &e);
    c.url = "https://b.example";
    c.pinned = false;
    secret_done(&c.token);
    CHECK_OK(context_save(directory, &c, &e), &e);
    CHECK_OK(context_load(directory, NULL, &a, &got, &e), &e);
    CHECK_STR(got.url, "https://b.example");
    CHECK(!got.pinned && !got.token.len);
    CHECK_OK(context_load(directory, "https://a.example", &a, &got, &e), &e);
    CHECK(got.pinned && got.token.len == 5);
    CHECK_OK(context_forget(directory, "https://b.example", &e), &e);
    CHECK_FAILS(context_load(directory, NULL, &a, &got, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(context_forget(directory, "https://c.example", &e), &e);
    for (int i = 0; i < CONTEXT_COUNT_MAX; i++) {
        c.url = arena_printf(&a, "https://%d.example", i);
        if (i < CONTEXT_COUNT_MAX - 1)
            CHECK_OK(context_save(directory, &c, &e), &e);
        else
            CHECK_FAILS(context_save(directory, &c, &e), &e, ERR_LIMIT);
    }
    CHECK(unlink(arena_printf(&a, "%s/contexts.json", directory)) == 0);
    CHECK(unlink(arena_printf(&a, "%s/contexts.lock", directory)) == 0);
    CHECK(rmdir(directory) == 0 && rmdir(home) == 0);
}

GROUP(cli_remote, cmocka_unit_test(a_cell_has_one_spelling), cmocka_unit_test(refusals_keep_their_kind),
      cmocka_unit_test(a_fingerprint_is_read_in_each_spelling_and_a_sha1_refused),
      cmocka_unit_test(contexts_are_kept_found_and_forgotten))
