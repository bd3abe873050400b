/* base/process.h - what this process does to itself at start-up, before it holds a secret.
 * Called by the mains. */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"

/* As many open files as this user may have: a console takes two. What can't be raised stays as it is. */
void process_raise_files(void);
/* No core dump and no ptrace by other processes of this user: passwords and keys stay inside. ERR_INTERNAL.
 * LeakSanitizer needs ptrace: a build with it can't call this and still look for leaks at exit. */
MUST_USE bool process_no_dumps(struct err *e);
