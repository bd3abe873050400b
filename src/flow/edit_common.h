/* flow/edit_common.h - what the files of flow/edit.h share; nobody else includes it. Nouns: edit. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct arena;
struct site;
struct store;
struct vcenter;

#define EDIT_OWNER_TYPE "application/vnd.vmware.admin.vmwvirtualcenter+xml"

MUST_USE bool edit_get(const struct site *site, const char *urn, struct arena *a, struct vcenter *ret, struct err *e);
/* What was committed is in force, or will be as soon as the store answers again: then it returns true as well. */
MUST_USE bool edit_publish(const struct site *site, struct err *e);
/* What endpoints of this vCenter or NSX Manager presented. Within the caller's transaction. */
MUST_USE bool edit_drop_endpoints(struct store *s, const char *urn, struct err *e);
