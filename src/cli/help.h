/* cli/help.h - what `--help` prints at each level, made from the tables. Never decides when to print it. */
#pragma once
#include "cli/command.h"

/* The program: its commands and global options. */
void help_program(struct out *o, const struct cli_program *p);
/* The verbs of one noun. */
void help_noun(struct out *o, const struct cli_program *p, const char *noun);
void help_command(struct out *o, const struct cli_program *p, const struct cli_command *c);

/* "vouchsafe verify [options] LEAF" */
void help_usage(const struct cli_program *p, const struct cli_command *c, char *out, size_t size);
/* "--anchors FILE", "-o, --output table|wide" */
void help_option_head(const struct arg_option *opt, char *out, size_t size);
/* "repeatable; default 10s; environment VOUCHSAFE_TIMEOUT", "" when there is nothing to add. */
void help_option_notes(const struct arg_option *opt, char *out, size_t size);
