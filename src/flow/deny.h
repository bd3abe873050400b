/* flow/deny.h - where testConnection may not lead a tenant: the provider's list of addresses, ranges and domain names, and
 * what no tenant may ever reach through the cell: loopback, link-local and the like, the addresses of the registered
 * infrastructure, and the cell's own networks.
 * Asked of every *resolved* address at connect time (flow/look.h), so that a name that changes its mind between a check
 * and the connection changes nothing; and of proxies and CA issuers likewise. Providers are not restricted.
 * The list is a setting; a change of it is in the audit trail. Opens no connection. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct address;
struct arena;
struct deny;
struct site;
struct store;
struct store_by;

enum {
    DENY_ENTRIES_MAX = 500,  /* of the provider's list */
    DENY_ENTRY_TEXT = 256,   /* bytes of one, with its NUL */
};

/* Everything that holds for a tenant now. In the arena. Looks up the names of vCenters and NSX Managers: blocks. */
MUST_USE bool deny_load(const struct site *site, struct store *s, struct arena *a, const struct deny **ret, struct err *e);

bool deny_address(const struct deny *d, const struct address *a);
/* host: a name or an address as it was asked for. A domain on the list stands for itself and all below it. */
bool deny_name(const struct deny *d, const char *host);

/* The provider's list: "10.0.0.7", "10.0.0.0/8", "corp.example"; canonical, in the order added. In the arena. */
MUST_USE bool deny_list(struct store *s, struct arena *a, const char *const **ret, size_t *ret_len, struct err *e);
/* ERR_INPUT; ERR_CONFLICT when it is there; ERR_LIMIT. Within the caller's transaction. */
MUST_USE bool deny_add(struct store *s, const char *text, const struct store_by *by, struct err *e);
/* ERR_NOT_FOUND. Within the caller's transaction. */
MUST_USE bool deny_remove(struct store *s, const char *text, const struct store_by *by, struct err *e);
