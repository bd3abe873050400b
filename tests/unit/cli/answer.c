#include "cli/answer.h"

#include "cli/certs.h"
#include "cli/follow.h"
#include "cli/prompt.h"
#include "unit/check.h"
#include "unit/cli/world.h"

static json_t *json(const char *text)
{
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CHECK(j != NULL);
    return j;
}

static void members_are_read_down_dots_and_never_guessed(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    json_t *j = json("{\"a\":{\"b\":{\"c\":\"x\"}},\"n\":7,\"m\":-1,\"t\":true,\"s\":\"yes\",\"e\":\"\",\"z\":null,\"w\":\"\\u001b[2J\"}");
    CHECK_STR(answer_str(j, "a.b.c"), "x");
    CHECK(!answer_str(j, "a.b") && !answer_str(j, "a.c.b") && !answer_str(j, "n") && !answer_str(NULL, "a"));
    CHECK_EQ(answer_number(j, "n"), 7);
    CHECK_EQ(answer_number(j, "m"), -1);
    CHECK_EQ(answer_number(j, "s"), -1);
    CHECK(answer_true(j, "t") && !answer_true(j, "s") && !answer_true(j, "z") && !answer_true(j, "none"));
    CHECK_STR(answer_shown(j, "e", "-", &a), "-");
    CHECK_STR(answer_shown(j, "w", "-", &a), "\\x1b[2J");
    json_t *text = answer_text(j, "w");
    CHECK_STR(json_string_value(text), "\\x1b[2J");
    json_decref(text);
    CHECK(json_is_null(answer_text(j, "n")));
    char long_name[100];
    memset(long_name, 'k', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    CHECK(!answer_member(j, long_name));
    json_decref(j);
}

static void an_id_ends_in_its_uuid(void **state)
{
    (void)state;
    CHECK_STR(answer_uuid("urn:vcloud:task:12-3"), "12-3");
    CHECK_STR(answer_uuid("https://cell:8443/api/task/12-3"), "12-3");
    CHECK_STR(answer_uuid("12-3"), "12-3");
    CHECK_STR(answer_uuid("task:"), "");
}

static void a_task_is_over_or_not_and_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool unfinished;
        enum err_kind kind; /* ERR_NONE: it succeeded */
    } cases[] = {
        { "{\"status\":\"queued\"}", true, ERR_PEER },
        { "{\"status\":\"preRunning\"}", true, ERR_PEER },
        { "{\"status\":\"running\"}", true, ERR_PEER },
        { "{\"status\":\"success\"}", false, ERR_NONE },
        { "{\"status\":\"canceled\"}", false, ERR_INTERNAL },
        { "{\"status\":\"aborted\"}", false, ERR_INTERNAL },
        { "{\"status\":\"Success\"}", false, ERR_PEER },
        { "{}", false, ERR_PEER },
        { "{\"status\":\"error\",\"error\":{\"message\":\"m\",\"majorErrorCode\":500,\"minorErrorCode\":\"UNTRUSTED_CERTIFICATE\"}}", false,
          ERR_UNTRUSTED },
        { "{\"status\":\"error\",\"error\":{\"message\":\"m\",\"majorErrorCode\":403}}", false, ERR_DENIED },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = { 0 };
        json_t *j = json(cases[i].text);
        CHECK_EQ(follow_unfinished(j), cases[i].unfinished);
        if (cases[i].kind == ERR_NONE)
            CHECK_OK(follow_ended(j, &e), &e);
        else
            CHECK_FAILS(follow_ended(j, &e), &e, cases[i].kind);
        json_decref(j);
    }
}

static void certificates_are_named_by_alias_id_or_nothing(void **state)
{
    (void)state;
    struct err e;
    struct cert_grant items[] = { { .id = "urn:1", .alias = "One" }, { .id = "urn:2", .alias = "two" } };
    struct cert_list l = { items, 2 };
    CHECK_OK(certs_named(&l, "TWO", &e), &e);
    CHECK_EQ(l.len, 1);
    CHECK_STR(l.items[0].id, "urn:2");
    CHECK_FAILS(certs_named(&l, "urn:1", &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(l.len, 0);
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    struct world_out w;
    struct err e;
    world_out_init(&w, OUT_TABLE);
    CHECK(!prompt_possible(&w.out));
    CHECK_OK(prompt_agreed(&w.out, true, "--yes", "Sure?", &e), &e);
    CHECK_FAILS(prompt_agreed(&w.out, false, "--yes", "Sure?", &e), &e, ERR_INPUT);
    CHECK(strstr(e.msg, "--yes") != NULL);
    world_out_flush(&w);
    CHECK_STR(w.talk, "");
    world_out_done(&w);
}

GROUP(cli_answer, cmocka_unit_test(members_are_read_down_dots_and_never_guessed), cmocka_unit_test(an_id_ends_in_its_uuid),
      cmocka_unit_test(a_task_is_over_or_not_and_says_why), cmocka_unit_test(certificates_are_named_by_alias_id_or_nothing),
      cmocka_unit_test(without_a_terminal_nobody_is_asked))
