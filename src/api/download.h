/* api/download.h - downloads as clients see them: the links and files that an entity shows while something of it lies in the spool (vcd-api.md
 * 4.3). Called by the resources that can be downloaded; the requests themselves are in download.c's table. */
#pragma once
#include <stdbool.h>

struct legacy;

/* Among the entity's links: rel=enable (without a type: trap 14), and of a template or vApp that can be had its four downloads. able: it is
 * in a state for that, and the caller has the right. */
void api_download_links(struct legacy *l, const char *urn, bool able);
/* A medium's Files, where it can be had. */
void api_download_files(struct legacy *l, const char *urn);
