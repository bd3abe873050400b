/* cell/assets.h - the web console's files, inside the program: made by tools/web out of web/, served under /ui/. Called by
 * wiring.c. Files with a digest in their name may be kept for ever; everything else is asked for again with its ETag. An
 * address under /ui/ that names no file is one of the console's own pages, and gets its first file. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "http/router.h"

struct asset {
    const char *path;         /* under /ui/ */
    const char *type, *etag;
    bool named_by_digest;
    struct asset_form {
        const unsigned char *bytes;
        size_t len;
    } plain, br, gz;          /* the packed ones may be empty */
};

extern const struct asset assets[];
extern const size_t assets_len;

/* Their routes. */
extern const struct http_route assets_routes[];
extern const size_t assets_routes_len;
