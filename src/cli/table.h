/* cli/table.h - the program's table as JSON (`vouchsafe __table`): for tests, which hold every command to the conventions, and for
 * whoever makes another front to it. Called by cli/cli.c. */
#pragma once

struct cli;

/* {"schema", "commands": [{"noun", "verb", "summary", "options": [..], "operands": [..], "codes": [..]}], "options": the global ones} */
void table_print(struct cli *cli);
