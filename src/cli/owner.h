/* cli/owner.h - root works on a cell's data as the user that it belongs to, so that nothing of it comes to belong to root. Called by the
 * commands that open the store themselves. What such a command writes elsewhere it writes as root again. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

/* AUTO(owner_leave), zeroed at first. */
struct owner {
    bool became; /* effective user and group are the owner's until owner_leave */
};

/* Harmless for anybody but root, and for a directory that is root's or not there. ERR_DENIED. */
MUST_USE bool owner_become(const char *data_dir, struct owner *ret, struct err *e);
void owner_leave(struct owner *o);
