#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/complete.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/suggest.h"
#include "cli/table.h"

const struct arg_option cli_global_options[] = {
    { .name = "output", .letter = 'o', .type = ARG_CHOICE, .at = offsetof(struct cli_globals, format),
      .value = "FORMAT", .choices = OUT_FORMATS, .fallback = "table", .env = "VOUCHSAFE_OUTPUT",
      .help = "how the answer is written; json and jsonl are documented and carry \"schema\":1" },
    { .name = "json", .type = ARG_FLAG, .at = offsetof(struct cli_globals, json), .help = "the same as -o json" },
    { .name = "color", .type = ARG_CHOICE, .at = offsetof(struct cli_globals, colour), .value = "WHEN",
      .choices = OUT_COLOURS, .fallback = "auto", .env = "VOUCHSAFE_COLOR",
      .help = "auto colours a terminal unless NO_COLOR is set or TERM is dumb; CLICOLOR_FORCE colours anything" },
    { .name = "quiet", .letter = 'q', .type = ARG_FLAG, .at = offsetof(struct cli_globals, quiet),
      .help = "no notes and no progress on stderr; errors still" },
    { .name = "no-input", .type = ARG_FLAG, .at = offsetof(struct cli_globals, no_input),
      .help = "ask nothing, also at a terminal: what needs an answer ends, and names the option that gives it" },
    { .name = "help", .letter = 'h', .type = ARG_FLAG, .at = offsetof(struct cli_globals, help),
      .help = "say what this does" },
    { .name = "version", .type = ARG_FLAG, .at = offsetof(struct cli_globals, version), .help = "say which this is" },
};
const size_t cli_global_options_len = ARRAY_LEN(cli_global_options);

const char *cli_command_name(const struct cli_command *c, struct arena *arena)
{
    return c->verb ? arena_printf(arena, "%s %s", c->noun, c->verb) : c->noun;
}

/* "vouchsafe verify --help", or of the whole program while no command is known. */
static const char *help_hint(struct cli *cli)
{
    const char *name = cli->command ? cli_command_name(cli->command, &cli->arena) : "";
    return arena_printf(&cli->arena, "%s%s%s --help", cli->program->name, *name ? " " : "", name);
}

enum cli_exit cli_usage(struct cli *cli, const char *fmt, ...)
{
    struct err e = { 0 };
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
    va_end(ap);
    out_error(&cli->out, "%s (see '%s')", e.msg, help_hint(cli));
    return CLI_USAGE;
}

enum cli_exit cli_fail(struct cli *cli, const struct err *e)
{
    out_error(&cli->out, "%s", e->msg);
    return cli_exit_of(e->kind);
}

/* One command line while it is being read. */
struct reading {
    struct args args;
    struct cli_globals globals;
    bool globals_seen[ARRAY_LEN(cli_global_options)];
    int argc;
    char *const *argv;
    size_t at;
    const char *noun; /* known as a noun with verbs, when no verb follows */
};

static bool read_globals(struct reading *r, struct err *e)
{
    while (r->at < (size_t)r->argc && args_is_option(&r->args, r->argv[r->at]))
        if (!args_option(&r->args, r->argv, (size_t)r->argc, &r->at, e))
            return false;
    return true;
}

static bool unknown_command(const struct cli_program *p, const char *noun, const char *word, struct err *e)
{
    char shown[80];
    struct suggest s = { .word = word };
    for (size_t i = 0; i < p->commands_len; i++)
        if (!noun)
            suggest_offer(&s, p->commands[i]->noun);
        else if (!strcmp(p->commands[i]->noun, noun))
            suggest_offer(&s, p->commands[i]->verb);
    text_escape(shown, sizeof(shown), word, strlen(word));
    const char *space = noun ? " " : "";
    noun = noun ? noun : "";
    if (s.best)
        return err_set(e, ERR_INPUT, "unknown command '%s%s%s'; did you mean '%s%s%s'?", noun, space, shown, noun,
                       space, s.best);
    return err_set(e, ERR_INPUT, "unknown command '%s%s%s'", noun, space, shown);
}

/* The command that the next word, or the next two, name; with global options before and between. NULL with *e
 * untouched when the words ran out. */
static const struct cli_command *read_command(struct reading *r, const struct cli_program *p, struct err *e)
{
    if (!read_globals(r, e) || r->at >= (size_t)r->argc)
        return NULL;
    const char *noun = r->argv[r->at++], *verb = NULL;
    for (size_t i = 0; i < p->commands_len; i++) {
        const struct cli_command *c = p->commands[i];
        if (strcmp(c->noun, noun) != 0)
            continue;
        if (!c->verb)
            return c;
        r->noun = c->noun;
        if (!verb) {
            if (!read_globals(r, e) || r->at >= (size_t)r->argc)
                return NULL;
            verb = r->argv[r->at++];
        }
        if (!strcmp(c->verb, verb))
            return c;
    }
    (void)unknown_command(p, r->noun, verb ? verb : noun, e);
    return NULL;
}

static bool read_rest(struct reading *r, const struct cli_command *c, void *into, bool *seen, struct err *e)
{
    size_t used = 0;
    r->args.sets[r->args.sets_len++] = (struct arg_set){ c->options, c->options_len, into, seen };
    while (r->at < (size_t)r->argc) {
        const char *word = r->argv[r->at];
        if (args_is_option(&r->args, word)) {
            if (!args_option(&r->args, r->argv, (size_t)r->argc, &r->at, e))
                return false;
            continue;
        }
        r->at++;
        if (!args_operand(c->operands, c->operands_len, into, &used, word, r->args.arena, e))
            return false;
    }
    bool asked = r->globals.help || r->globals.version; /* then nothing will run */
    if (!c->operands_optional && !asked && used < c->operands_len)
        return err_set(e, ERR_INPUT, "%s is missing", c->operands[used].name);
    return true;
}

static void out_setup(struct cli *cli, const struct cli_globals *g, const struct cli_world *w)
{
    cli->out.format = g->json ? OUT_JSON : (enum out_format)g->format;
    cli->out.quiet = g->quiet;
    cli->out.no_input = g->no_input;
    cli->out.colour = out_colour_wanted((enum out_colour)g->colour, w->data_tty, w->env);
    cli->out.talk_colour = out_colour_wanted((enum out_colour)g->colour, w->talk_tty, w->env);
}

/* `__complete WORD..`, `__man [NOUN [VERB]]` and `__table`: for the shells, for tools/man and for tests, listed nowhere. */
static bool hidden(struct cli *cli, int argc, char *const *argv, enum cli_exit *ret)
{
    const struct cli_program *p = cli->program;
    if (argc < 2 || strncmp(argv[1], "__", 2) != 0)
        return false;
    *ret = CLI_DONE;
    if (!strcmp(argv[1], "__complete")) {
        complete(cli, argv + 2, (size_t)argc - 2);
        return true;
    }
    if (!strcmp(argv[1], "__table")) {
        table_print(cli);
        return true;
    }
    if (strcmp(argv[1], "__man") != 0)
        return false;
    bool found = argc == 2;
    if (found)
        man_program(&cli->out, p);
    for (size_t i = 0; i < p->commands_len && !found; i++) {
        const struct cli_command *c = p->commands[i];
        found = !strcmp(c->noun, argv[2]) && (argc < 4 ? !c->verb : c->verb && !strcmp(c->verb, argv[3]));
        if (found)
            man_command(&cli->out, p, c);
        else if ((found = argc == 3 && c->verb && !strcmp(c->noun, argv[2])))
            man_noun(&cli->out, p, argv[2]);
    }
    if (!found)
        *ret = cli_usage(cli, "no such command");
    return true;
}

/* What the command line asks for, once it is read. */
static enum cli_exit answer(struct cli *cli, struct reading *r, const void *into)
{
    const struct cli_program *p = cli->program;
    if (r->globals.version) {
        out_printf(&cli->out, "%s %s\n", p->name, VOUCHSAFE_VERSION);
        return CLI_DONE;
    }
    if (!r->globals.help && cli->command)
        return cli->command->run(cli, into);
    if (!r->globals.help)
        return r->noun ? cli_usage(cli, "%s needs a verb", r->noun) : cli_usage(cli, "a command is missing");
    if (cli->command)
        help_command(&cli->out, p, cli->command);
    else if (r->noun)
        help_noun(&cli->out, p, r->noun);
    else
        help_program(&cli->out, p);
    return CLI_DONE;
}

static enum cli_exit run(struct cli *cli, const struct cli_world *w, int argc, char *const *argv)
{
    struct err e = { 0 };
    struct reading r = { .argc = argc, .argv = argv, .at = 1 };
    r.args = (struct args){ .arena = &cli->arena, .env = w->env, .sets_len = 1 };
    r.args.sets[0] = (struct arg_set){ cli_global_options, cli_global_options_len, &r.globals, r.globals_seen };
    if (argc > ARGS_WORDS_MAX)
        return cli_usage(cli, "more than %d words", ARGS_WORDS_MAX);
    /* "help verify" is what people type as well. */
    if (argc > 1 && !strcmp(argv[1], "help"))
        r.globals.help = r.at++ == 1;
    cli->command = read_command(&r, cli->program, &e);
    void *into = cli->command ? arena_alloc(&cli->arena, cli->command->size) : NULL;
    bool ok = e.kind == ERR_NONE;
    if (ok && cli->command) {
        bool *seen = arena_array(&cli->arena, cli->command->options_len + 1, sizeof(*seen));
        ok = read_rest(&r, cli->command, into, seen, &e);
    }
    if (!ok || !args_finish(&r.args, &e))
        return cli_usage(cli, "%s", e.msg);
    out_setup(cli, &r.globals, w);
    return answer(cli, &r, into);
}

/* Did everything arrive that was printed? */
static enum cli_exit finish(struct cli *cli, enum cli_exit code)
{
    int sys;
    if (out_finish(&cli->out, &sys))
        return code;
    /* Who closed the pipe has read enough (`| head`); a full disk is worth a word. */
    if (sys != EPIPE)
        out_error(&cli->out, "writing the answer: %s", strerror(sys));
    return code == CLI_DONE ? CLI_FAILED : code;
}

void cli_leave(struct cli *cli, enum cli_exit code)
{
    _exit((int)finish(cli, code));
}

enum cli_exit cli_run(const struct cli_program *program, const struct cli_world *world, int argc, char *const *argv)
{
    struct cli cli = { .program = program, .env = world->env };
    cli.out = (struct out){ .data = world->data, .talk = world->talk, .talk_tty = world->talk_tty,
                            .program = program->name };
    enum cli_exit code;
    if (!hidden(&cli, argc, argv, &code))
        code = run(&cli, world, argc, argv);
    code = finish(&cli, code);
    arena_done(&cli.arena);
    return code;
}
