/* flow/nsx.h - NSX-T Managers: registered, listed, edited and removed, each change one transaction. Called by api and the CLI.
 * A manager's certificate goes through step 1 as a vCenter's does: it is looked at before any credential leaves, and step 1's
 * grant becomes nsx:<urn>. Its password is sealed under NSX_PASSWORD. It has no task: there is one call to make. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/limits.h"

struct arena;
struct caller;
struct secret;
struct site;
struct store;

#define NSX_URN "urn:vcloud:nsxtmanager:"
#define NSX_PASSWORD "nsx-password"

/* Texts live in the arena of the call, or are the caller's; NULL counts as "". */
struct nsx {
    const char *urn, *name, *description;
    const char *url, *host; /* as of a vCenter (flow/vcenter.h) */
    uint16_t port;
    const char *username;
    const char *version;    /* as it said at the last login */
    const char *provider_scope;
    int64_t made_ms;
};

/* ERR_NOT_FOUND. */
MUST_USE bool nsx_get(struct store *s, const char *urn, struct arena *a, struct nsx *ret, struct err *e);
MUST_USE bool nsx_list(struct store *s, struct arena *a, struct nsx **ret, size_t *ret_len, struct err *e);

/* Looks, logs in, keeps. n->urn "" or NULL: a new one, which needs a password; its URN is in n->urn (in the arena) then. Else the
 * one of that URN becomes n; password NULL: as it was. Blocks for as long as the manager takes to answer. ERR_INPUT, ERR_CONFLICT
 * (the name), ERR_UNTRUSTED, ERR_DENIED, ERR_PEER: nothing was kept. */
MUST_USE bool nsx_save(const struct site *site, const struct caller *c, struct nsx *n, const struct secret *password,
                       struct arena *a, struct err *e);
/* Looks at one, or at all (NULL), and compares with what was believed (flow/rotation.h). The last error of several. */
MUST_USE bool nsx_look(const struct site *site, const char *urn, struct err *e);
/* With its grants, its password and what it presented. ERR_NOT_FOUND. */
MUST_USE bool nsx_remove(const struct site *site, const struct caller *c, const char *urn, struct err *e);
