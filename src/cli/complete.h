/* cli/complete.h - what may stand next on a command line, for the shells' completion (share/completion).
 * Prints one candidate a line, a tab and its description; a line ":file" asks the shell for file names.
 * Never fails: what it does not understand has no candidates. */
#pragma once
#include "cli/command.h"

/* words[0..len-1] are the words after the program's name; the last one is being typed (may be ""). */
void complete(struct cli *cli, char *const *words, size_t len);
