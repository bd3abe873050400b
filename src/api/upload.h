/* api/upload.h - the catalog's upload link, and what templates and media show while their files come (vcd-api.md 4.2, 4.3). Called by
 * legacy_catalogs.c. Nouns: api. */
#pragma once
#include "api/legacy.h"

/* The catalog's two rel=add links, for who may. */
void api_upload_links(struct legacy *l, const char *catalog_urn);
/* The task that brings it, or brought it; "" = none. Clients look for it while the status is 0, and where an upload failed. */
void api_upload_tasks(struct legacy *l, const char *task_urn);
/* Its files on their way; nothing when there are none. */
void api_upload_files(struct legacy *l, const char *entity_urn);
/* A catalog item, as an answer (legacy_catalogs.c). */
MUST_USE bool api_answer_catalog_item(struct api_call *c, int status, const char *urn, struct err *e);
