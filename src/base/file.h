/* base/file.h - the small truths about files: whole reads, whole writes, and what "on disk" takes.
 * Blocks: pool threads and start-up only. Never decides who may own a file; the callers do. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/err.h"

/* AUTO(file_closep) closes a descriptor; -1 is nothing. */
void file_closep(int *fd);

/* All of it or an error (ERR_STORE). */
MUST_USE bool file_write_all(int fd, const void *p, size_t len, struct err *e);
/* Exactly len bytes and then the end of the file, or ERR_STORE. */
MUST_USE bool file_read_exactly(int fd, void *p, size_t len, struct err *e);

/* Content and size reach the disk before it returns. */
MUST_USE bool file_sync(int fd, struct err *e);
/* The entry `path` in its directory does: needed after creating, renaming or removing it. */
MUST_USE bool file_sync_parent(const char *path, struct err *e);

/* Everything of a file into a descriptor, on disk before it returns. ERR_NOT_FOUND, ERR_INPUT: it is no regular file. */
MUST_USE bool file_copy(const char *from, int to, struct err *e);

/* Appends a whole regular file, up to the buffer's maximum (ERR_LIMIT). ERR_NOT_FOUND, ERR_STORE. */
MUST_USE bool file_read(const char *path, struct buf *out, struct err *e);
/* Puts a file (mode 0600) in the place of what is there, on disk before it returns: a kill in between leaves the old one
 * or the new one. */
MUST_USE bool file_replace(const char *path, const void *p, size_t len, struct err *e);
/* A file that a person named, written beside it under a name of our own until it is whole: AUTO(file_draft_drop) struct file_draft d =
 * { .fd = -1 }; begin, write to fd, keep. Without replace keep is ERR_CONFLICT when it exists (begin as well, to say it early). */
struct file_draft {
    int fd;
    char fresh[4096];
    const char *path; /* borrowed */
};
MUST_USE bool file_draft_begin(struct file_draft *d, const char *path, unsigned mode, bool replace, struct err *e);
MUST_USE bool file_draft_keep(struct file_draft *d, bool replace, struct err *e);
void file_draft_drop(struct file_draft *d);
/* The same for a file that a person named, with that mode, through a name of our own beside it. Without replace ERR_CONFLICT when
 * it exists; what stands there is then untouched. */
MUST_USE bool file_put(const char *path, const void *p, size_t len, unsigned mode, bool replace, struct err *e);
