/* lab/keep.h - what the lab keeps under its directory: small files, written whole and durably.
 * Called by everything of the lab that must be the same after a restart. Never follows what a peer says: names are
 * the lab's own. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    LAB_FILE_MAX = 16 * 1024 * 1024, /* one file under the directory; the hosts file is the largest */
    LAB_PATH_MAX = 1024,
};

/* Makes DIR and its folders (0700 what holds secrets). ERR_STORE. */
MUST_USE bool lab_keep_prepare(const char *dir, struct err *e);
/* Makes DIR/name and the folders above it. */
MUST_USE bool lab_keep_folder(const char *dir, const char *name, unsigned mode, struct err *e);
/* Replaces DIR/name by rename, so that a reader sees the old or the new content, never a part. */
MUST_USE bool lab_keep_write(const char *dir, const char *name, const void *p, size_t len, unsigned mode, struct err *e);
/* Appends and syncs. */
MUST_USE bool lab_keep_append(const char *dir, const char *name, const void *p, size_t len, struct err *e);
/* ERR_NOT_FOUND when there is none. */
MUST_USE bool lab_keep_read(const char *dir, const char *name, struct buf *out, struct err *e);
/* Reads any file. */
MUST_USE bool lab_keep_load(const char *path, struct buf *out, struct err *e);
/* "DIR/name" into out; ERR_INPUT when it does not fit. */
MUST_USE bool lab_keep_path(const char *dir, const char *name, char out[LAB_PATH_MAX], struct err *e);
