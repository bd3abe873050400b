/* lab/zip.h - writes a zip archive of stored (uncompressed) files: what /certs/download.zip is.
 * Called by that page. Reading zips is wire/archive.h's. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum { LAB_ZIP_FILES = 512, LAB_ZIP_NAME = 128, LAB_ZIP_MAX = 4 * 1024 * 1024 };

struct lab_zip {
    struct buf *out;
    struct buf directory;
    size_t files;
};

void lab_zip_start(struct lab_zip *z, struct buf *out);
MUST_USE bool lab_zip_add(struct lab_zip *z, const char *name, const void *p, size_t len, struct err *e);
/* Writes the directory; frees, also after a failure. */
MUST_USE bool lab_zip_end(struct lab_zip *z, struct err *e);
