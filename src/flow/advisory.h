/* flow/advisory.h - what the administrators are told on every page until it is settled: texts that a provider
 * defined, and two of the cell's own: ONE counts the vCenter Servers whose VMCA nobody reviewed (the article's "an
 * advisory will be presented, referring you to KB 78885"), the other the changed identities that wait in the inbox. They are
 * computed, never kept: each goes when its reason goes. Called by api. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"

struct arena;
struct store;

enum {
    ADVISORY_MESSAGE = 512,  /* characters of a message (VCD's own limit) */
    ADVISORIES_MAX = 1000,   /* that a provider may define */
};

enum advisory_priority { ADVISORY_NOTICE, ADVISORY_IMPORTANT, ADVISORY_CRITICAL, ADVISORY_MANDATORY };

/* The one of the cell's own. */
#define ADVISORY_VMCA_URN "urn:vcloud:advisory:78885000-0000-4000-8000-000000078885"
#define ADVISORY_INBOX_URN "urn:vcloud:advisory:78885000-0000-4000-8000-0000000e0004"
#define ADVISORY_EXPIRY_URN "urn:vcloud:advisory:ce57f1ca-7e00-4000-8000-000000000240"

/* Texts live in the arena of the call. */
struct advisory {
    const char *urn, *target; /* target: URN of an organization; "" = everybody */
    const char *message;
    enum advisory_priority priority;
    int64_t start_ms, end_ms; /* 0 = open */
    bool internal;            /* the cell's own: source INTERNAL, nobody can remove it */
};

/* The cell's own first, when there is a reason for it. */
MUST_USE bool advisory_list(struct store *s, struct arena *a, struct advisory **ret, size_t *ret_len, struct err *e);
/* ERR_NOT_FOUND. */
MUST_USE bool advisory_get(struct store *s, const char *urn, struct arena *a, struct advisory *ret, struct err *e);
/* Within a write transaction. ret->urn is made. ERR_INPUT: no message, too long, an end before the start; ERR_LIMIT. */
MUST_USE bool advisory_add(struct store *s, struct advisory *ret, const struct store_by *by, struct arena *a, struct err *e);
/* ERR_NOT_FOUND; ERR_INPUT for the cell's own. */
MUST_USE bool advisory_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e);

/* "MANDATORY": stable. */
const char *advisory_priority_name(enum advisory_priority p);
/* -1 when there is none of the name. */
int advisory_priority_of(const char *name);
