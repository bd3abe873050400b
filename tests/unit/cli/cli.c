#include "cli/cli.h"

#include <stdlib.h>

#include "unit/check.h"
#include "unit/cli/world.h"

/* A small program with commands of one and of two words. */
struct greet_args {
    const char *name;
    struct arg_list friends;
    bool loud;
    int mood;
};

static enum cli_exit greet(struct cli *cli, const void *args)
{
    const struct greet_args *a = args;
    out_printf(&cli->out, "%s %s%s +%zu mood %d\n", cli->command->verb ? cli->command->verb : "greet", a->name,
               a->loud ? "!" : "", a->friends.len, a->mood);
    return CLI_DONE;
}

static enum cli_exit refuse(struct cli *cli, const void *args)
{
    (void)args;
    struct err e;
    err_set(&e, ERR_UNTRUSTED, "not believed");
    return cli_fail(cli, &e);
}

#define AT(field) .at = offsetof(struct greet_args, field)
static const struct arg_option options[] = {
    { .name = "loud", .letter = 'l', .type = ARG_FLAG, AT(loud), .help = "shout; louder than before" },
    { .name = "mood", .type = ARG_CHOICE, AT(mood), .value = "MOOD", .choices = "good|bad", .fallback = "bad",
      .env = "GREET_MOOD", .help = "how_it *feels*" },
};
static const char *candidate(size_t i)
{
    return i < 2 ? (i ? "bob" : "alice") : NULL;
}
static const struct arg_operand operands[] = {
    { .name = "NAME", AT(name), .help = "whom to greet", .candidate = candidate },
    { .name = "FRIEND", AT(friends), .help = "and whom else", .many = true, .is_file = true },
};
static const struct cli_code codes[] = { { CLI_DONE, "greeted" }, { CLI_USAGE, "wrong arguments" } };

#define COMMAND(n, v, f, ops)                                                                                    \
    {                                                                                                            \
        .noun = (n), .verb = (v), .summary = "say something", .about = "First paragraph.\n\nSecond one.",        \
        .examples = "greeter greet alice", .options = options, .options_len = ARRAY_LEN(options),                \
        .operands = operands, .operands_len = (ops), .codes = codes, .codes_len = ARRAY_LEN(codes),              \
        .size = sizeof(struct greet_args), .run = (f)                                                            \
    }
static const struct cli_command greet_command = COMMAND("greet", NULL, greet, 1);
static const struct cli_command person_add = COMMAND("person", "add", greet, 2);
static const struct cli_command person_list = COMMAND("person", "list", refuse, 0);
static const struct cli_command *const commands[] = { &greet_command, &person_add, &person_list };
static const struct cli_program greeter = { "greeter", "Greets people.", commands, ARRAY_LEN(commands) };

static void commands_are_found_and_run(void **state)
{
    (void)state;
    static const struct {
        const char *argv[8];
        const char *data;
    } cases[] = {
        { { "greet", "alice" }, "greet alice +0 mood 1\n" },
        { { "-q", "greet", "--loud", "alice" }, "greet alice! +0 mood 1\n" },
        { { "--output", "json", "greet", "alice", "-l", "-q" }, "greet alice! +0 mood 1\n" },
        { { "person", "add", "a", "b", "c", "--mood=good" }, "add a +2 mood 0\n" },
        { { "person", "-q", "add", "a", "b" }, "add a +1 mood 1\n" },
        { { "greet", "--", "-l" }, "greet -l +0 mood 1\n" },
        { { "--version" }, "greeter " VOUCHSAFE_VERSION "\n" },
        { { "greet", "--version" }, "greeter " VOUCHSAFE_VERSION "\n" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_run(&w, &greeter, false, NULL, (char *const *)(uintptr_t)cases[i].argv);
        CHECK_STR(w.talk ? w.talk : "", "");
        CHECK_STR(w.data, cases[i].data);
        CHECK_EQ(w.code, 0);
        world_done(&w);
    }
}

static void mistakes_take_one_line_on_stderr_and_exit_2(void **state)
{
    (void)state;
    static const struct {
        const char *argv[6];
        const char *talk;
    } cases[] = {
        { { NULL }, "greeter: a command is missing (see 'greeter --help')\n" },
        { { "gret", "x" }, "greeter: unknown command 'gret'; did you mean 'greet'? (see 'greeter --help')\n" },
        { { "xyzzy" }, "greeter: unknown command 'xyzzy' (see 'greeter --help')\n" },
        { { "person" }, "greeter: person needs a verb (see 'greeter --help')\n" },
        { { "person", "ad" },
          "greeter: unknown command 'person ad'; did you mean 'person add'? (see 'greeter --help')\n" },
        { { "greet" }, "greeter: NAME is missing (see 'greeter greet --help')\n" },
        { { "greet", "a", "b" }, "greeter: 'b' is one argument too many (see 'greeter greet --help')\n" },
        { { "person", "add", "--lod" },
          "greeter: unknown option --lod; did you mean --loud? (see 'greeter person add --help')\n" },
        { { "--loud", "greet", "a" }, "greeter: unknown option --loud (see 'greeter --help')\n" },
        { { "greet", "a", "-o", "xml" },
          "greeter: --output: 'xml' is not one of table|wide|json|jsonl|name (see 'greeter greet --help')\n" },
        { { "greet\nrm", "x" }, "greeter: unknown command 'greet\\x0arm'" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_run(&w, &greeter, false, NULL, (char *const *)(uintptr_t)cases[i].argv);
        CHECK_EQ(w.code, 2);
        CHECK_STR(w.data ? w.data : "", "");
        if (strncmp(w.talk, cases[i].talk, strlen(cases[i].talk)) != 0)
            fail_msg("case %zu: %s", i, w.talk);
        CHECK_EQ(strchr(w.talk, '\n') - w.talk, strlen(w.talk) - 1);
        world_done(&w);
    }
}

static void failures_have_the_code_of_their_kind(void **state)
{
    (void)state;
    struct world w;
    WORLD(&w, &greeter, "person", "list");
    CHECK_EQ(w.code, 5);
    CHECK_STR(w.talk, "greeter: not believed\n");
    world_done(&w);
}

static const char *environment(const char *name)
{
    return !strcmp(name, "GREET_MOOD") ? "good" : !strcmp(name, "TERM") ? "xterm" : NULL;
}

static void the_environment_counts_and_a_terminal_is_coloured(void **state)
{
    (void)state;
    struct world w;
    char *argv[] = { "greet", "a", NULL }, *bad[] = { "person", "list", NULL };
    world_run(&w, &greeter, true, environment, argv);
    CHECK_STR(w.data, "greet a +0 mood 0\n");
    world_done(&w);
    world_run(&w, &greeter, true, environment, bad);
    CHECK_STR(w.talk, "greeter: \033[31mnot believed\033[0m\n");
    world_done(&w);
}

static void help_exists_at_each_level(void **state)
{
    (void)state;
    static const struct {
        const char *argv[4];
        const char *parts[6];
    } cases[] = {
        { { "--help" }, { "usage: greeter COMMAND", "Greets people.", "person add", "--quiet", NULL } },
        { { "-h" }, { "usage: greeter COMMAND", NULL } },
        { { "help" }, { "usage: greeter COMMAND", NULL } },
        { { "person", "--help" }, { "usage: greeter person VERB", "person list", NULL } },
        { { "help", "person" }, { "usage: greeter person VERB", NULL } },
        { { "greet", "--help" },
          { "usage: greeter greet [options] NAME\n", "First paragraph.\n\nSecond one.", "whom to greet", "-l, --loud",
            "--mood good|bad", "(default bad; environment GREET_MOOD)" } },
        { { "help", "person", "add" }, { "usage: greeter person add [options] NAME FRIEND...\n", "exit codes", NULL } },
        { { "person", "add", "--help" }, { "usage: greeter person add", "examples\n  greeter greet alice\n", NULL } },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        world_run(&w, &greeter, false, NULL, (char *const *)(uintptr_t)cases[i].argv);
        CHECK_EQ(w.code, 0);
        CHECK_STR(w.talk ? w.talk : "", "");
        for (size_t k = 0; k < ARRAY_LEN(cases[i].parts) && cases[i].parts[k]; k++)
            if (!strstr(w.data, cases[i].parts[k]))
                fail_msg("case %zu lacks \"%s\":\n%s", i, cases[i].parts[k], w.data);
        world_done(&w);
    }
}

static void completion_comes_from_the_table(void **state)
{
    (void)state;
    static const struct {
        const char *argv[6];
        const char *data;
    } cases[] = {
        { { "__complete", "" }, "greet\tsay something\nperson\t\n" },
        { { "__complete", "g" }, "greet\tsay something\n" },
        { { "__complete", "person", "" }, "add\tsay something\nlist\tsay something\n" },
        { { "__complete", "person", "add", "--l" }, "--loud\tshout\n" },
        { { "__complete", "greet", "--mood", "" }, "good\t\nbad\t\n" },
        { { "__complete", "greet", "-o", "js" }, "json\t\njsonl\t\n" },
        { { "__complete", "greet", "a" }, "alice\t\n" },
        { { "__complete", "person", "add", "--mood", "bad", "b" }, "bob\t\n:file\n" },
        { { "__complete", "xyzzy", "" }, "" },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct world w;
        char *argv[7] = { NULL };
        for (size_t k = 0; k < 6; k++)
            argv[k] = (char *)(uintptr_t)cases[i].argv[k];
        world_run(&w, &greeter, false, NULL, argv);
        CHECK_EQ(w.code, 0);
        CHECK_STR(w.data ? w.data : "", cases[i].data);
        world_done(&w);
    }
}

static void man_fragments_come_from_the_table(void **state)
{
    (void)state;
    struct world w;
    WORLD(&w, &greeter, "__man", "person", "add");
    CHECK_EQ(w.code, 0);
    CHECK(strstr(w.data, "greeter person add \\[options\\] NAME FRIEND...\n") != NULL);
    CHECK(strstr(w.data, "*-l, --loud*\n\tshout; louder than before\n") != NULL);
    CHECK(strstr(w.data, "*--mood* _good|bad_\n\thow\\_it \\*feels\\* (default bad; environment GREET\\_MOOD)\n") != NULL);
    CHECK(strstr(w.data, "*2*\n\twrong arguments\n") != NULL);
    world_done(&w);
    WORLD(&w, &greeter, "__man");
    CHECK(strstr(w.data, "*person list*\n\tsay something. See *greeter-person*(1).\n") != NULL);
    CHECK(strstr(w.data, "*124*\n\ta time limit passed\n") != NULL);
    world_done(&w);
    WORLD(&w, &greeter, "__man", "nobody");
    CHECK_EQ(w.code, 2);
    world_done(&w);
}

static void an_answer_that_does_not_arrive_is_a_failure(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    char *talk = NULL, *argv[] = { "greeter", "greet", "a" };
    size_t len;
    CHECK(full != NULL);
    FILE *messages = open_memstream(&talk, &len);
    struct cli_world world = { full, messages, false, false, NULL };
    CHECK_EQ(cli_run(&greeter, &world, 3, argv), CLI_FAILED);
    (void)fclose(full);
    CHECK(fclose(messages) == 0);
    CHECK_STR(talk, "greeter: writing the answer: No space left on device\n");
    free(talk);
}

GROUP(cli_cli, cmocka_unit_test(commands_are_found_and_run),
      cmocka_unit_test(mistakes_take_one_line_on_stderr_and_exit_2),
      cmocka_unit_test(failures_have_the_code_of_their_kind),
      cmocka_unit_test(the_environment_counts_and_a_terminal_is_coloured),
      cmocka_unit_test(help_exists_at_each_level), cmocka_unit_test(completion_comes_from_the_table),
      cmocka_unit_test(man_fragments_come_from_the_table),
      cmocka_unit_test(an_answer_that_does_not_arrive_is_a_failure))
