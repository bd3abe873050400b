/* http/blob.h - an answer of a known length, put together from pieces that lie in memory and in files, or one range of it. The onward
 * part of a straight-line answer (http/response.h). Called where downloads are served.
 *
 * The journey: a handler on a pool thread makes a blob, adds its pieces in order, narrows it to the range that was asked for, and
 * sets it as the answer's onward. On the loop it goes out as fast as the client takes it; files are read by jobs of the
 * pool, HTTP_BLOB_PIECE at a time and never ahead of the client, so a loop never waits for a disk and a slow client costs one
 * piece of memory. A file that is not as long as was said breaks the answer off: the client can tell. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "http/response.h"

struct http_blob;

enum {
    HTTP_BLOB_PIECE = 256 * 1024,
    HTTP_BLOB_PIECES = 4096, /* pieces of one blob */
};

struct http_blob *http_blob_create(void);
struct http_blob *http_blob_destroy(struct http_blob *b); /* one that was not set as an onward */
DEFINE_AUTO(http_blob_destroyp, struct http_blob *, http_blob_destroy)

/* Adds bytes, which are copied. */
void http_blob_bytes(struct http_blob *b, const void *p, size_t len);
/* Adds a file of so many bytes; it is opened when its turn comes, never through a link. */
void http_blob_file(struct http_blob *b, const char *path, uint64_t len);
uint64_t http_blob_len(const struct http_blob *b);
/* Only these bytes go out; within its length. */
void http_blob_narrow(struct http_blob *b, uint64_t first, uint64_t len);
/* may (may be NULL) is asked on a pool thread before each piece of a file is read: false, with e set, breaks the answer off. done is called once,
 * last, on the loop's thread: nobody reads its files any more. */
void http_blob_kept(struct http_blob *b, bool (*may)(void *self, struct err *e), void (*done)(void *self), void *self);

/* Sets it as what the answer goes on with; status and fields are set beside it. */
struct http_onward http_blob_onward(struct http_blob *take);
