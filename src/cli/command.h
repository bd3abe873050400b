/* cli/command.h - what a command is: a row of the program's table, from which parsing, help, man pages and
 * completion are made. One file a command defines its row; commands.c lists them all.
 * A command prints through cli->out and answers with an exit code; it never calls exit. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "cli/output.h"

struct cli;

struct cli_command {
    const char *noun;     /* "verify", or "vcenter" with a verb */
    const char *verb;     /* NULL for a command of one word */
    const char *summary;  /* one line, lower case, no full stop */
    const char *about;    /* paragraphs, separated by "\n\n" */
    const char *examples; /* lines; NULL for none */
    const struct arg_option *options;
    size_t options_len;
    const struct arg_operand *operands;
    size_t operands_len;
    bool operands_optional; /* the command itself says which are needed */
    const struct cli_code {
        enum cli_exit code;
        const char *text; /* what this code means here */
    } *codes;
    size_t codes_len;
    size_t size; /* of the struct that options and operands fill; it is handed to run */
    enum cli_exit (*run)(struct cli *cli, const void *args);
};

struct cli_program {
    const char *name;
    const char *summary;
    const struct cli_command *const *commands;
    size_t commands_len;
};

/* What every command may be told besides. */
struct cli_globals {
    int format;   /* enum out_format */
    int colour;   /* enum out_colour */
    bool json, quiet, no_input, help, version;
};

extern const struct arg_option cli_global_options[];
extern const size_t cli_global_options_len;

/* One run of the program. */
struct cli {
    const struct cli_program *program;
    const struct cli_command *command; /* the one that runs */
    const char *(*env)(const char *);  /* getenv, or a test's; may be NULL */
    struct arena arena;                /* lives as long as the run */
    struct out out;
};

/* Says what is wrong with the arguments, in one line, and how to learn more. Returns CLI_USAGE. */
enum cli_exit cli_usage(struct cli *cli, const char *fmt, ...) PRINTF(2, 3);
/* Says why an operation failed; returns the exit code of its kind. */
enum cli_exit cli_fail(struct cli *cli, const struct err *e);

/* Ends the process now, with everything printed: for a command that has its answer and would have to wait for what
 * can't be called off, such as a name that the system's resolver is looking up. */
NORETURN void cli_leave(struct cli *cli, enum cli_exit code);

/* "vouchsafe vcenter add" without the program's name. */
const char *cli_command_name(const struct cli_command *c, struct arena *arena);
