/* cli/interrupt.h - Ctrl-C: the one signal flag of the command line.
 * A command that holds something worth finishing (a table half filled) turns it on and looks at it; otherwise, and at the
 * second Ctrl-C, the process ends at once with CLI_INTERRUPTED. */
#pragma once
#include <stdbool.h>

struct loop;

/* At the start of the program: SIGINT ends it with CLI_INTERRUPTED, SIGPIPE is ignored (writes fail instead). */
void interrupt_init(void);

/* From now on the first SIGINT only raises the flag and stops the loop (may be NULL). */
void interrupt_catch(struct loop *l);
void interrupt_release(void);
bool interrupt_seen(void);
