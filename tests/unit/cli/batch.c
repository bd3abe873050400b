#include "cli/batch.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "fixture/mint.h"
#include "unit/check.h"
#include "unit/cli/world.h"

/* A root, an issuing CA, a leaf of it, and somebody else's root. */
struct estate {
    struct mint *mint;
    const struct mint_made *root, *issuing, *leaf, *foreign;
};

static int setup(void **state)
{
    static struct estate e;
    e.mint = mint_create();
    e.root = mint_root(e.mint, "/CN=Root", MINT_P256);
    e.issuing = mint_ca(e.mint, e.root, "/CN=Issuing", MINT_P256 + 1, -1);
    e.leaf = mint_leaf(e.mint, e.issuing, "/CN=vc1.example", MINT_P256 + 2, "DNS:vc1.example,IP:10.0.0.7");
    e.foreign = mint_root(e.mint, "/CN=Foreign", MINT_P256 + 3);
    *state = &e;
    return 0;
}

static int teardown(void **state)
{
    struct estate *e = *state;
    mint_destroy(e->mint);
    return 0;
}

static json_t *request(const struct estate *e)
{
    return json_pack("{s:s,s:[s],s:[s],s:s,s:s,s:I,s:s}", "id", "a", "anchors", e->root->pem, "untrusted",
                     e->issuing->pem, "leaf", e->leaf->pem, "host", "vc1.example", "time", (json_int_t)MINT_NOW,
                     "purpose", "server");
}

/* Answers a request and checks that the result and the beginning of the reason are these. Takes the request. */
static void check_answer(struct batch *b, json_t *take, const char *result, const char *reason)
{
    struct buf out;
    json_error_t where;
    char *line = json_dumps(take, JSON_COMPACT);
    buf_init(&out, 4096);
    batch_answer(b, line, strlen(line), MINT_NOW, &out);
    json_t *answer = json_loads(buf_str(&out), 0, &where);
    CHECK(answer != NULL);
    CHECK_EQ(json_object_size(answer), 3);
    const char *got = json_string_value(json_object_get(answer, "reason"));
    if (strcmp(json_string_value(json_object_get(answer, "result")), result) != 0 ||
        strncmp(got, reason, strlen(reason)) != 0)
        fail_msg("wanted %s %s, got %s", result, reason, buf_str(&out));
    const char *id = json_string_value(json_object_get(answer, "id"));
    CHECK(strstr(reason, "id ") ? !id : id && !strcmp(id, "a"));
    json_decref(answer);
    json_decref(take);
    buf_done(&out);
    free(line);
}

static void verdicts_begin_with_the_rule(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    json_t *r = request(e);
    check_answer(&b, r, "ok", "ok: path of 3");
    r = request(e);
    json_object_set_new(r, "host", json_string("10.0.0.7"));
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_set_new(r, "host", json_string("vc2.example"));
    check_answer(&b, r, "fail", "name-mismatch: CN=vc1.example: expected vc2.example, seen ");
    r = request(e);
    json_object_set_new(r, "host", json_null());
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_set_new(r, "time", json_integer(MINT_NOW + 400 * MINT_DAY));
    check_answer(&b, r, "fail", "expired: ");
    r = request(e);
    json_object_set_new(r, "time", json_null()); /* now, which this test calls MINT_NOW */
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_set_new(r, "anchors", json_pack("[s]", e->foreign->pem));
    check_answer(&b, r, "fail", "unknown-issuer: ");
    r = request(e);
    json_object_set_new(r, "untrusted", json_array());
    check_answer(&b, r, "fail", "unknown-issuer: ");
    r = request(e);
    json_object_set_new(r, "max_depth", json_integer(0));
    check_answer(&b, r, "fail", "path-too-long: ");
    r = request(e);
    json_object_set_new(r, "max_depth", json_integer(1));
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_set_new(r, "max_depth", json_integer(INT64_MAX)); /* more than we accept anyway */
    check_answer(&b, r, "ok", "ok: ");
    batch_done(&b);
}

static void optional_members_may_be_missing_and_unknown_ones_are_ignored(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    json_t *r = request(e);
    json_object_del(r, "time");
    json_object_del(r, "purpose");
    json_object_set_new(r, "crls", json_null());
    json_object_set_new(r, "colour", json_pack("{s:[n]}", "deep"));
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_del(r, "untrusted");
    check_answer(&b, r, "fail", "unknown-issuer: ");
    batch_done(&b);
}

static void crls_that_are_present_are_required(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    const struct mint_made *fine = mint_crl(e->mint, &(struct mint_crl){ .by = e->root, .number = 1 });
    const struct mint_made *clean = mint_crl(e->mint, &(struct mint_crl){ .by = e->issuing, .number = 1 });
    const struct mint_made *bad = mint_crl(
        e->mint, &(struct mint_crl){ .by = e->issuing, .number = 2, MINT_REVOKED({ .cert = e->leaf }) });
    json_t *r = request(e);
    json_object_set_new(r, "crls", json_array());
    check_answer(&b, r, "fail", "crl-missing: ");
    r = request(e);
    json_object_set_new(r, "crls", json_pack("[s,s]", fine->pem, clean->pem));
    check_answer(&b, r, "ok", "ok: ");
    r = request(e);
    json_object_set_new(r, "crls", json_pack("[s,s]", fine->pem, bad->pem)); /* the kept set must not be used */
    check_answer(&b, r, "fail", "revoked: ");
    r = request(e);
    json_object_set_new(r, "crls", json_pack("[s,s]", fine->pem, "no CRL at all"));
    check_answer(&b, r, "fail", "crl-missing: ");
    check_answer(&b, request(e), "ok", "ok: ");
    batch_done(&b);
}

static void one_bad_anchor_is_skipped_a_bad_leaf_fails(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    json_t *r = request(e);
    const struct mint_made *broken = mint_cert(
        e->mint, &(struct mint_cert){ .subject = "/CN=broken", .spoil = MINT_TRUNCATED });
    json_object_set_new(r, "anchors", json_pack("[s,s,s,s]", "", "garbage", broken->pem, e->root->pem));
    json_object_set_new(r, "untrusted", json_pack("[s,s,s]", "?", broken->pem, e->issuing->pem));
    check_answer(&b, r, "ok", "ok: ");
    static const char *const leaves[] = {
        "", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(leaves); i++) {
        r = request(e);
        json_object_set_new(r, "leaf", json_string(leaves[i]));
        check_answer(&b, r, "fail", "bad-certificate: ");
    }
    r = request(e);
    json_object_set_new(r, "leaf", json_string(broken->pem));
    check_answer(&b, r, "fail", "bad-certificate: ");
    r = request(e);
    json_object_set_new(r, "leaf", json_string(mint_crl(e->mint, &(struct mint_crl){ .by = e->root })->pem));
    check_answer(&b, r, "fail", "bad-certificate: the leaf holds no certificate");
    batch_done(&b);
}

static void wrong_members_are_bad_requests(void **state)
{
    const struct estate *e = *state;
    static const struct {
        const char *key, *value, *reason; /* value as JSON; NULL: the member is left out */
    } cases[] = {
        { "id", NULL, "bad-request: id is missing" },
        { "id", "[1]", "bad-request: id is neither" },
        { "id", "true", "bad-request: id is neither" },
        { "anchors", NULL, "bad-request: anchors is missing" },
        { "anchors", "\"x\"", "bad-request: anchors is not a list" },
        { "anchors", "[\"x\",7]", "bad-request: anchors[1] is not a text" },
        { "untrusted", "{}", "bad-request: untrusted is not a list" },
        { "crls", "[null]", "bad-request: crls[0] is not a text" },
        { "leaf", NULL, "bad-request: leaf is missing" },
        { "leaf", "null", "bad-request: leaf is not a text" },
        { "host", NULL, "bad-request: host is missing" },
        { "host", "7", "bad-request: host is neither" },
        { "host", "\"\"", "bad-request: host is neither" },
        { "time", "\"2026-11-23T10:00:00Z\"", "bad-request: time is neither" },
        { "time", "1.5", "bad-request: time is neither" },
        { "purpose", "\"client\"", "bad-request: purpose is not \"server\"" },
        { "purpose", "null", "bad-request: purpose is not \"server\"" },
        { "max_depth", "-1", "bad-request: max_depth is not a number" },
        { "max_depth", "\"2\"", "bad-request: max_depth is not a number" },
        { "profile", "\"none\"", "bad-request: profile is neither" },
        { "profile", "null", "bad-request: profile is neither" },
    };
    struct batch b = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *r = request(e);
        if (cases[i].value)
            json_object_set_new(r, cases[i].key, json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(r, cases[i].key);
        check_answer(&b, r, "fail", cases[i].reason);
    }
    check_answer(&b, request(e), "ok", "ok: "); /* and goes on */
    batch_done(&b);
}

static void the_profile_says_whether_duties_count(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    const struct mint_made *bare = mint_cert(e->mint, &(struct mint_cert){ /* no authority key identifier */
        .subject = "/CN=bare", .by = e->issuing,
        .exts = MINT_EXTS(mint_san(e->mint, false, "DNS:vc1.example")) });
    static const struct { const char *profile, *result, *reason; } cases[] = {
        { NULL, "fail", "bad-extension: " }, { "rfc5280", "fail", "bad-extension: " }, { "deployed", "ok", "ok: " },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *r = request(e);
        json_object_set_new(r, "leaf", json_string(bare->pem));
        if (cases[i].profile)
            json_object_set_new(r, "profile", json_string(cases[i].profile));
        check_answer(&b, r, cases[i].result, cases[i].reason);
    }
    batch_done(&b);
}

static void what_is_not_an_object_is_a_bad_request(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t len;
        const char *reason;
    } cases[] = {
        { "", 0, "bad-request: not JSON: " },
        { "{\"id\":\"a\"", 9, "bad-request: not JSON: " },
        { "[]", 2, "bad-request: not a JSON object" },
        { "{\"id\":\"a\",\"id\":\"b\"}", 19, "bad-request: not JSON: " },
        { "{\"id\":\"a\0\"}", 11, "bad-request: not JSON: " },
        { "{\"id\":\"\xff\"}", 10, "bad-request: not JSON: " },
        { "{} {}", 5, "bad-request: not JSON: " },
    };
    struct batch b = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out;
        buf_init(&out, 4096);
        batch_answer(&b, cases[i].line, cases[i].len, 0, &out);
        json_t *answer = json_loads(buf_str(&out), 0, NULL);
        CHECK(json_is_null(json_object_get(answer, "id")));
        const char *reason = json_string_value(json_object_get(answer, "reason"));
        if (!reason || strncmp(reason, cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("case %zu: %s", i, buf_str(&out));
        json_decref(answer);
        buf_done(&out);
    }
    batch_done(&b);
}

static void ids_come_back_as_they_were(void **state)
{
    (void)state;
    static const char *const ids[] = { "\"\\u00e9 \\u0001 \\\"\"", "7", "-12345678901234567", "\"\"" };
    struct batch b = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        char line[128];
        struct buf out;
        buf_init(&out, 4096);
        (void)snprintf(line, sizeof(line), "{\"id\":%s}", ids[i]);
        batch_answer(&b, line, strlen(line), 0, &out);
        json_t *answer = json_loads(buf_str(&out), 0, NULL), *want = json_loads(ids[i], JSON_DECODE_ANY, NULL);
        CHECK(json_equal(json_object_get(answer, "id"), want));
        CHECK(memchr(out.data, '\n', out.len) == NULL);
        json_decref(answer);
        json_decref(want);
        buf_done(&out);
    }
}

/* Every line is cut at every place: an answer each time, and never more than one. */
static void a_truncated_line_is_answered_wherever_it_ends(void **state)
{
    const struct estate *e = *state;
    struct batch b = { 0 };
    json_t *r = request(e);
    char *line = json_dumps(r, JSON_COMPACT);
    struct buf out;
    buf_init(&out, 4096);
    for (size_t len = 0; len < strlen(line); len++) {
        buf_clear(&out);
        batch_answer(&b, line, len, MINT_NOW, &out);
        CHECK(strstr(buf_str(&out), "\"fail\",\"reason\":\"bad-request: not JSON") != NULL);
    }
    buf_done(&out);
    free(line);
    json_decref(r);
    batch_done(&b);
}

static void a_whole_input_is_answered_in_order(void **state)
{
    (void)state;
    static const char input[] = "{\"id\":1}\r\nnonsense\n\n{\"id\":\"last\"}";
    int fd = memfd_create("batch", 0);
    CHECK_EQ(write(fd, input, sizeof(input) - 1), (ssize_t)sizeof(input) - 1);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    struct world_out w;
    world_out_init(&w, OUT_TABLE);
    struct cli cli = { .program = &cli_vouchsafe, .out = w.out };
    CHECK_EQ(batch_run(&cli, fd), CLI_DONE);
    w.out = cli.out;
    world_out_flush(&w);
    static const char *const begins[] = { "{\"id\":1,", "{\"id\":null,", "{\"id\":null,", "{\"id\":\"last\"," };
    const char *at = w.data;
    for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
        CHECK(!strncmp(at, begins[i], strlen(begins[i])));
        at += strcspn(at, "\n") + 1;
    }
    CHECK_STR(at, "");
    world_out_done(&w);
    CHECK(close(fd) == 0);
}

int group_cli_batch(void);
int group_cli_batch(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_begin_with_the_rule),
        cmocka_unit_test(optional_members_may_be_missing_and_unknown_ones_are_ignored),
        cmocka_unit_test(crls_that_are_present_are_required),
        cmocka_unit_test(one_bad_anchor_is_skipped_a_bad_leaf_fails),
        cmocka_unit_test(the_profile_says_whether_duties_count),
        cmocka_unit_test(wrong_members_are_bad_requests),
        cmocka_unit_test(what_is_not_an_object_is_a_bad_request),
        cmocka_unit_test(ids_come_back_as_they_were),
        cmocka_unit_test(a_truncated_line_is_answered_wherever_it_ends),
        cmocka_unit_test(a_whole_input_is_answered_in_order),
    };
    return cmocka_run_group_tests_name("cli_batch", tests, setup, teardown);
}
