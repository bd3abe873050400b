/* flow/seen.h - who sees what of the inventory: an organization its own, providers all (product 3, issue 6). Called by the files of
 * one kind each (flow/vdc.h, flow/vm.h ..). One rule and one text, so that a guessed URN says nothing. */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"

struct caller;

/* Is what belongs to this organization the caller's to see? */
bool seen_by(const struct caller *c, const char *org);
/* After a look-up: found (else e says why not) and whose it is. True when the caller may see it. What is not there and what is
 * another organization's are the same ERR_DENIED; other errors stay. */
MUST_USE bool seen_or_denied(bool found, const struct caller *c, const char *org, const char *urn, struct err *e);
/* By which records are listed by organization: the UUID of its URN, borrowed. NULL gives NULL. */
const char *seen_state(const char *org);
