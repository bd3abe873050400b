/* cli/here_start.h - the inside of cli/here.h: the process of a cell that a command starts for itself. */
#pragma once
#include <sys/types.h>

#include "base/err.h"
#include "cli/here.h"

/* here_child_init, then here_child_end in any state. */
struct here_child {
    pid_t pid;   /* 0: none */
    int watched; /* a descriptor that is readable when it has ended */
    int ready;   /* what it says when it is */
    int said;    /* its standard error, in memory */
};

void here_child_init(struct here_child *c);
/* As that user, in a session of its own, so that Ctrl-C here is no business of others who use it. */
MUST_USE bool here_child_start(const struct here_place *p, uid_t uid, gid_t gid, struct here_child *ret, struct err *e);
/* Waits until it answers. ERR_CONFLICT: somebody else holds the data directory; else what it died of. */
MUST_USE bool here_child_ready(struct here_child *c, int64_t until_ms, struct err *e);
/* Waits so long for its end; it ends by itself. */
void here_child_end(struct here_child *c, int64_t wait_ms);
