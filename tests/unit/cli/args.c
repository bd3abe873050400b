#include "cli/args.h"

#include "unit/check.h"

struct target {
    bool flag;
    const char *text;
    struct arg_list list;
    int choice;
    struct arg_number number, wait, at;
    const char *first;
    struct arg_list rest;
};

#define AT(field) .at = offsetof(struct target, field)

static const struct arg_option options[] = {
    { .name = "flag", .letter = 'f', .type = ARG_FLAG, AT(flag), .env = "T_FLAG" },
    { .name = "text", .letter = 't', .type = ARG_TEXT, AT(text), .value = "WORD", .env = "T_TEXT" },
    { .name = "list", .type = ARG_LIST, AT(list), .value = "FILE" },
    { .name = "choice", .letter = 'c', .type = ARG_CHOICE, AT(choice), .choices = "red|green|blue",
      .fallback = "green", .env = "T_CHOICE" },
    { .name = "number", .type = ARG_NUMBER, AT(number), .value = "N", .min = 1, .max = 99 },
    { .name = "wait", .type = ARG_DURATION, AT(wait), .value = "TIME", .min = 100, .max = 3600000, .fallback = "10s" },
    { .name = "at", .type = ARG_TIME, AT(at), .value = "TIME" },
};

static const struct arg_operand operands[] = {
    { .name = "FIRST", AT(first) },
    { .name = "REST", AT(rest), .many = true },
};

static const char *no_env(const char *name)
{
    (void)name;
    return NULL;
}

/* Everything that one command line leaves behind. */
struct run {
    struct target target;
    struct arena arena;
    struct err e;
    bool ok;
};

static void run(struct run *r, const char *(*env)(const char *), char *const *argv)
{
    bool seen[ARRAY_LEN(options)] = { false };
    *r = (struct run){ 0 };
    struct args a = { .arena = &r->arena, .env = env, .sets_len = 1 };
    a.sets[0] = (struct arg_set){ options, ARRAY_LEN(options), &r->target, seen };
    size_t argc = 0, at = 0, used = 0;
    while (argv[argc])
        argc++;
    r->ok = true;
    while (r->ok && at < argc) {
        if (args_is_option(&a, argv[at]))
            r->ok = args_option(&a, argv, argc, &at, &r->e);
        else
            r->ok = args_operand(operands, ARRAY_LEN(operands), &r->target, &used, argv[at++], &r->arena, &r->e);
    }
    r->ok = r->ok && args_finish(&a, &r->e);
}

#define RUN(r, env, ...)                       \
    do {                                       \
        char *argv_[] = { __VA_ARGS__, NULL }; \
        run(r, env, argv_);                    \
    } while (0)

static void every_type_is_read(void **state)
{
    (void)state;
    struct run r;
    RUN(&r, no_env, "-f", "--text=a=b", "--list", "x", "one", "--list=y", "-cblue", "--number", "7", "--wait", "500ms",
        "--at", "2026-11-23T10:00:00Z", "two", "-", "three");
    CHECK_OK(r.ok, &r.e);
    CHECK(r.target.flag);
    CHECK_STR(r.target.text, "a=b");
    CHECK_EQ(r.target.list.len, 2);
    CHECK_STR(r.target.list.items[0], "x");
    CHECK_STR(r.target.list.items[1], "y");
    CHECK_EQ(r.target.choice, 2);
    CHECK(r.target.number.given);
    CHECK_EQ(r.target.number.value, 7);
    CHECK_EQ(r.target.wait.value, 500);
    CHECK_EQ(r.target.at.value, 1795428000);
    CHECK_STR(r.target.first, "one");
    CHECK_EQ(r.target.rest.len, 3);
    CHECK_STR(r.target.rest.items[1], "-");
    arena_done(&r.arena);
}

static void what_is_left_out_stays_zero_or_takes_its_default(void **state)
{
    (void)state;
    struct run r;
    RUN(&r, no_env, "one");
    CHECK_OK(r.ok, &r.e);
    CHECK(!r.target.flag && !r.target.text && !r.target.number.given && !r.target.at.given && !r.target.list.len);
    CHECK_EQ(r.target.choice, 1);
    CHECK(r.target.wait.given);
    CHECK_EQ(r.target.wait.value, 10000);
    arena_done(&r.arena);
}

static void letters_share_a_dash(void **state)
{
    (void)state;
    struct run r;
    RUN(&r, no_env, "-ftword", "-c", "red");
    CHECK_OK(r.ok, &r.e);
    CHECK(r.target.flag);
    CHECK_STR(r.target.text, "word");
    CHECK_EQ(r.target.choice, 0);
    arena_done(&r.arena);
}

static void after_two_dashes_all_are_operands(void **state)
{
    (void)state;
    struct run r;
    RUN(&r, no_env, "--", "--flag", "-t");
    CHECK_OK(r.ok, &r.e);
    CHECK(!r.target.flag);
    CHECK_STR(r.target.first, "--flag");
    CHECK_STR(r.target.rest.items[0], "-t");
    arena_done(&r.arena);
}

static const char *full_env(const char *name)
{
    static const char *const pairs[][2] = { { "T_FLAG", "yes" }, { "T_TEXT", "" }, { "T_CHOICE", "blue" } };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if (!strcmp(pairs[i][0], name))
            return pairs[i][1];
    return NULL;
}

static void the_environment_stands_between_command_line_and_default(void **state)
{
    (void)state;
    struct run r;
    RUN(&r, full_env, "one");
    CHECK_OK(r.ok, &r.e);
    CHECK(r.target.flag);
    CHECK(!r.target.text); /* set but empty is unset */
    CHECK_EQ(r.target.choice, 2);
    arena_done(&r.arena);
    RUN(&r, full_env, "--choice", "red");
    CHECK_OK(r.ok, &r.e);
    CHECK_EQ(r.target.choice, 0);
    arena_done(&r.arena);
}

static const char *bad_env(const char *name)
{
    return !strcmp(name, "T_CHOICE") ? "purple" : NULL;
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *argv[4];
        const char *says;
    } cases[] = {
        { { "--flagg" }, "unknown option --flagg; did you mean --flag?" },
        { { "--tetx=a" }, "did you mean --text?" },
        { { "--xyzzy" }, "unknown option --xyzzy" },
        { { "--fla" }, "unknown option --fla; did you mean --flag?" }, /* never abbreviated */
        { { "-x" }, "unknown option -x" },
        { { "-fx" }, "unknown option -fx" },
        { { "--flag=yes" }, "--flag takes no value" },
        { { "--text" }, "--text needs a value (WORD)" },
        { { "--text", "--flag" }, "--text needs a value (WORD)" },
        { { "--text", "" }, "--text: the WORD is empty" },
        { { "--text=" }, "--text: the WORD is empty" },
        { { "-t" }, "-t needs a value (WORD)" },
        { { "-t", "-f" }, "-t needs a value (WORD)" },
        { { "--text=a", "--text=b" }, "--text is given twice" },
        { { "--choice=RED" }, "--choice: 'RED' is not one of red|green|blue" },
        { { "--choice=re" }, "is not one of" },
        { { "--choice=red|green" }, "is not one of" },
        { { "--number=0" }, "--number: '0' is not a number from 1 to 99" },
        { { "--number=100" }, "is not a number" },
        { { "--number=+5" }, "is not a number" },
        { { "--number=99999999999999999999999" }, "is not a number" },
        { { "--wait=99ms" }, "--wait: '99ms' is not a time from 100ms to 3600s" },
        { { "--wait=2h" }, "is not a time" },
        { { "--wait=s" }, "is not a time" },
        { { "--wait=5d" }, "is not a time" },
        { { "--wait=99999999999999999s" }, "is not a time" },
        { { "--at=tomorrow" }, "--at: 'tomorrow' is not a moment" },
        { { "--at=--5" }, "is not a moment" },
        { { "" }, "an empty word" },
        { { "\xe2\x80\x93" "flag" }, "typographic dash" },
        { { "--\x1b[31m" }, "unknown option --\\x1b[31m" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run r;
        run(&r, no_env, (char *const *)(uintptr_t)cases[i].argv);
        if (r.ok || r.e.kind != ERR_INPUT || !strstr(r.e.msg, cases[i].says))
            fail_msg("%s %s: \"%s\"", cases[i].argv[0], cases[i].argv[1] ? cases[i].argv[1] : "", r.e.msg);
        arena_done(&r.arena);
    }
    struct run r;
    RUN(&r, bad_env, "one");
    CHECK(!r.ok);
    CHECK_STR(r.e.msg, "T_CHOICE: 'purple' is not one of red|green|blue");
    arena_done(&r.arena);
}

static void moments_and_durations_in_all_their_forms(void **state)
{
    (void)state;
    static const struct {
        const char *argv[2];
        int64_t at, wait;
    } cases[] = {
        { { "--at=0" }, 0, 10000 },       { { "--at=-1" }, -1, 10000 },      { { "--at=1795428000" }, 1795428000, 10000 },
        { { "--wait=3" }, 0, 3000 },      { { "--wait=2m" }, 0, 120000 },    { { "--wait=1h" }, 0, 3600000 },
        { { "--wait=100ms" }, 0, 100 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run r;
        run(&r, no_env, (char *const *)(uintptr_t)cases[i].argv);
        CHECK_OK(r.ok, &r.e);
        CHECK_EQ(r.target.at.value, cases[i].at);
        CHECK_EQ(r.target.wait.value, cases[i].wait);
        arena_done(&r.arena);
    }
}

static void caps_hold(void **state)
{
    (void)state;
    struct run r;
    char *huge = test_malloc(ARGS_WORD_MAX + 1);
    memset(huge, 'x', ARGS_WORD_MAX);
    huge[ARGS_WORD_MAX] = '\0';
    RUN(&r, no_env, "--text", huge);
    CHECK(!r.ok);
    CHECK(strstr(r.e.msg, "--text: longer than") != NULL);
    arena_done(&r.arena);
    huge[ARGS_WORD_MAX - 1] = '\0';
    RUN(&r, no_env, "--text", huge);
    CHECK_OK(r.ok, &r.e);
    arena_done(&r.arena);
    test_free(huge);
}

GROUP(cli_args, cmocka_unit_test(every_type_is_read),
      cmocka_unit_test(what_is_left_out_stays_zero_or_takes_its_default), cmocka_unit_test(letters_share_a_dash),
      cmocka_unit_test(after_two_dashes_all_are_operands),
      cmocka_unit_test(the_environment_stands_between_command_line_and_default),
      cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(moments_and_durations_in_all_their_forms),
      cmocka_unit_test(caps_hold))
