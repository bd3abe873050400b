/* flow/audit_sign.h - the head of the audit trail as it is now, and signed with the key of the cell's own certificate: so that a trail
 * that is rewritten afterwards can be told, by whoever kept the signature. Called by api. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "flow/audit_file.h"

struct site;
struct store;

/* Within a read transaction, or one moment of its own. */
MUST_USE bool audit_head_now(struct store *s, struct audit_head *ret, struct err *e);
/* A signature's file (docs/store.md): the head's members, "algorithm", "signature" (base64), "certificates" (PEM, in the order of the
 * cell's file). A new reference. */
MUST_USE bool audit_sign(const struct site *site, json_t **ret, struct err *e);
