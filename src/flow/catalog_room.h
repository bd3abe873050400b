/* flow/catalog_room.h - room for what clients bring into a catalog: where it goes, whose name it takes, and how it is stopped when somebody
 * removes it. Called by the workflows that upload and by catalog_change.c. Nouns: catalog. */
#pragma once
#include "flow/catalog.h"

struct vdc;

/* The organization's enabled VDC with this storage profile (URN); NULL: its first enabled one. ERR_INPUT: it has none. */
MUST_USE bool catalog_vdc(struct store *s, const char *org, const char *profile, struct arena *a, struct vdc *ret, struct err *e);
/* An item of this name whose upload failed goes. Within a write transaction. */
MUST_USE bool catalog_replace_failed(struct store *s, const char *catalog, const char *name, struct err *e);
/* Whoever brings something to this template or medium stops, a moment later: it is about to be removed. */
MUST_USE bool catalog_abort_uploads(const struct site *site, struct store *s, const char *entity, struct err *e);
