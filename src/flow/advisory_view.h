/* flow/advisory_view.h - from when to when somebody is shown an advisory, where that differs from its definition: snoozed, or
 * dismissed (vcd-api.md 3.8). System administrators share one view; every other user has an own one. Called by api. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct advisory;
struct arena;
struct caller;
struct store;
struct store_by;

/* Puts the times of who asks into a list of definitions. */
MUST_USE bool advisory_view(struct store *s, const struct caller *who, struct advisory *list, size_t len, struct arena *a, struct err *e);
/* shown: as advisory_view left it. Another start snoozes, another end dismisses. ERR_INPUT: a MANDATORY one can't be changed, a NOTICE
 * not snoozed, and the end does not lie before the start. In a write transaction. */
MUST_USE bool advisory_view_put(struct store *s, const struct caller *who, const struct advisory *shown, int64_t start_ms, int64_t end_ms,
                                const struct store_by *by, struct err *e);
/* The definition is gone, and so is everybody's view of it. In a write transaction. */
MUST_USE bool advisory_view_forget(struct store *s, const char *advisory_urn, struct err *e);
