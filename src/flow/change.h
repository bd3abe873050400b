/* flow/change.h - one change of what is kept: in a transaction, on disk, and in force on this cell before it returns
 * (product rule 2.8). Called by everything in flow that changes grants, CRLs or settings for somebody who waits. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct site;
struct store;

typedef bool change_fn(void *self, struct store *s, struct err *e);

/* Runs `change` in a write transaction of its own. When it returns false nothing was changed. After the commit it waits
 * for the publisher: ERR_TIMEOUT and ERR_STORE from there say that the change is kept and not yet in force. */
MUST_USE bool change_run(const struct site *site, change_fn *change, void *self, struct err *e);
/* Without waiting for the publisher: for what the trust set does not hold. */
MUST_USE bool change_keep(const struct site *site, change_fn *change, void *self, struct err *e);
/* Reads everything as of one moment. */
MUST_USE bool change_read(const struct site *site, change_fn *reading, void *self, struct err *e);
