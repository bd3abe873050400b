/* flow/role.h - roles: named sets of rights. Some come with the cell and can't be changed; an organization may have its own.
 * Kept as records of the kind "role"; those that come with the cell belong to nobody and are there for every
 * organization, but "System Administrator", which is System's. Deeds with their rules are in flow/people.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "flow/caller.h"

struct arena;
struct store;
struct store_by;

#define ROLE_SYSTEM_ADMINISTRATOR "System Administrator"
#define ROLE_ORGANIZATION_ADMINISTRATOR "Organization Administrator"

enum {
    ROLE_NAME_MAX = 128,
    ROLE_TEXT_MAX = 1024, /* a description */
};

struct role {
    const char *urn, *name, *description;
    const char *org;  /* "" = everybody's */
    bool fixed;       /* comes with the cell */
    uint64_t rights;  /* bits of enum right */
};

/* What users of an organization other than System can have at all; the rest is masked from whatever role they have, so
 * that a mistaken role never hands out the infrastructure. */
uint64_t role_tenant_rights(void);
uint64_t role_all_rights(void);

/* "urn:vcloud:right:<uuid>", made of the right's name, so that it is the same in every cell. */
void role_right_urn(enum right r, char ret[STORE_ID_MAX + 1]);
/* RIGHTS when there is none. */
enum right role_right_of(const char *urn);

MUST_USE bool role_get(struct store *s, const char *urn, struct arena *a, struct role *ret, struct err *e);
/* The organization's own, else the one that is everybody's. */
MUST_USE bool role_find(struct store *s, const char *org, const char *name, struct arena *a, struct role *ret,
                        struct err *e);
/* Those that users of the organization can be given. */
MUST_USE bool role_list(struct store *s, const char *org, struct arena *a, struct role **ret, size_t *ret_len,
                        struct err *e);
bool role_serves(const struct role *r, const char *org);

/* In a write transaction, with an audit line. r->urn NULL: a new one. ERR_INPUT: fixed, or a bad name. */
MUST_USE bool role_save(struct store *s, struct role *r, const struct store_by *by, struct arena *a, struct err *e);
/* ERR_INPUT while a user has it. */
MUST_USE bool role_remove(struct store *s, const char *urn, const struct store_by *by, struct err *e);
/* Puts the roles that come with the cell where they are missing. */
MUST_USE bool role_save_fixed(struct store *s, const struct store_by *by, struct arena *a, struct err *e);
