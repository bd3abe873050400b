/* cli/man.h - the parts of a man page that the table knows, as scdoc text (scdoc(5)).
 * docs/man/ holds the pages; tools/man puts these parts into them and a test checks that they are current. */
#pragma once
#include "cli/command.h"

/* Synopsis, arguments, options, exit status, examples of one command. */
void man_command(struct out *o, const struct cli_program *p, const struct cli_command *c);
/* The same for all verbs of one noun, on one page, with what each is about. */
void man_noun(struct out *o, const struct cli_program *p, const char *noun);
/* Commands, global options, exit codes and environment of the whole program. */
void man_program(struct out *o, const struct cli_program *p);
