/* flow/org.h - organizations: System, whose users are providers, and the tenants'. Kept as records of the kind "org".
 * Called by the API's handlers, logins and the set-up; deeds with their rules are in flow/people.h. It decides nothing
 * about who may. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct store;
struct store_by;

#define ORG_SYSTEM_NAME "System"
/* The same in every VMware Cloud Director; clients have it in their fixtures. */
#define ORG_SYSTEM_URN "urn:vcloud:org:a93c9db9-7471-3192-8d09-a8f7eeda85f9"

enum {
    ORG_NAME_MAX = 128,  /* [A-Za-z0-9._-]: it stands in paths and behind the last '@' of a login */
    ORG_TEXT_MAX = 1024, /* display name, description */
};

/* Texts live in the arena they were read into. */
struct org {
    const char *urn, *name, *display_name, *description;
    bool enabled;
    int64_t made_ms;
};

bool org_is_system(const char *urn);
/* ERR_NOT_FOUND. */
MUST_USE bool org_get(struct store *s, const char *urn, struct arena *a, struct org *ret, struct err *e);
/* Without regard to case. */
MUST_USE bool org_find(struct store *s, const char *name, struct arena *a, struct org *ret, struct err *e);
MUST_USE bool org_list(struct store *s, struct arena *a, struct org **ret, size_t *ret_len, struct err *e);

/* In a write transaction; writes an audit line. o->urn NULL: a new one, whose URN is in o->urn then. ERR_INPUT for a
 * name that is none, ERR_CONFLICT for one that is taken. */
MUST_USE bool org_save(struct store *s, struct org *o, const struct store_by *by, struct arena *a, struct err *e);
/* In a write transaction. Its users, roles, VDCs and catalogs must be gone (ERR_INPUT). */
MUST_USE bool org_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e);
