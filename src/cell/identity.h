/* cell/identity.h - the cell's own certificate, made at its first start, and its name for other cells and the API. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct arena;
struct cell;
struct tls_identity;

/* What data_dir keeps; made now, self-signed for public_url, the host's name and localhost, when there is none. */
MUST_USE bool cell_identity_open(struct cell *c, struct tls_identity **ret, struct err *e);
/* "urn:vcloud:cell:<uuid>": chosen at the first start and kept in data_dir. In the cell's arena. */
MUST_USE bool cell_urn(struct cell *c, const char **ret, struct err *e);
