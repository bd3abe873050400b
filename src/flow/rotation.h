/* flow/rotation.h - what a look found, held against what was believed before: a renewal with the same key is accepted by policy,
 * a new key or CA goes to the inbox (flow/inbox.h), never in silence (product section 5). Called by whoever looks at what is
 * registered: refresh, edit, reconnect, the watch's rounds and the bulk trust.
 * A first contact is none of its business: nothing was believed before, so nothing changed. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct look;
struct site;
struct store;
struct store_by;
struct subject;
struct vmca_answer;

/* What an endpoint presents. Within the write transaction that keeps it (look_keep), before or after. ret_granted is set when
 * something was granted: then whoever commits publishes (rotation_publish). */
MUST_USE bool rotation_endpoint(const struct site *site, struct store *s, const struct subject *x, const struct look *l,
                                const struct store_by *by, bool *ret_granted, struct err *e);
/* The VMCA of a vCenter and its hosts. In a transaction of its own; in force when it returns. by NULL: the cell itself. */
MUST_USE bool rotation_hosts(const struct site *site, const char *urn, const char *name, const struct vmca_answer *a,
                             const struct store_by *by, struct err *e);
/* Looks at an endpoint on its own behalf, keeps what it presents, and does the above. ERR_PEER and the like: it was not seen. */
MUST_USE bool rotation_look(const struct site *site, const struct subject *x, const struct store_by *by, struct err *e);
/* What was granted is in force, and what hangs on it is brought up to date. */
MUST_USE bool rotation_publish(const struct site *site, struct err *e);
/* The cell itself, now. */
struct store_by rotation_by(void);
