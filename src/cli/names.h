/* cli/names.h - the names of what is registered at a cell, for completion: who presses the Tab key waits for the answer.
 * Only a cell that answers within NAMES_MS is asked, none is started for it, nobody is asked for anything, and what fails is
 * nothing to complete. Called by cli/complete.c. */
#pragma once
#include <stdbool.h>

struct cli;
struct remote_args;

enum { NAMES_MS = 1000, NAMES_MAX = 1000 /* names offered */ };

/* kind: as arg_operand.kind names it. Names are escaped. */
void names_each(struct cli *cli, const char *kind, const struct remote_args *cell, void (*each)(void *self, const char *name), void *self);
