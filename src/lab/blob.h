/* lab/blob.h - files that come and go over HTTP in pieces: a body into a file, a file into an answer with ranges.
 * Called by the handlers of leases, datastores and guest files, on the loop. Reads and writes of local files count as
 * quick here: this is a lab. */
#pragma once
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "http/exchange.h"
#include "lab/keep.h"
#include "lab/vmdk.h"

enum { LAB_BLOB_PIECE = 64 * 1024 };
#define LAB_BLOB_MAX (UINT64_C(64) << 30) /* bytes of one upload */

/* A body that becomes a file. Zeroed at first. */
struct lab_upload {
    char path[LAB_PATH_MAX], fresh[LAB_PATH_MAX + 8];
    int fd;
    uint64_t len, max;
    uint8_t sha1[20], sha256[32];   /* after the end */
    EVP_MD_CTX *sums[2];            /* owned */
    bool is_vmdk;                   /* it must be a stream-optimised disk */
    struct lab_vmdk vmdk;
};

/* Opens the file that it is written into until it is whole. */
MUST_USE bool lab_upload_start(struct lab_upload *u, const char *path, uint64_t max, struct err *e);
/* Takes what is there of the body; *ret_end: that was all, and the file has its name. */
MUST_USE bool lab_upload_take(struct lab_upload *u, struct http_exchange *x, bool *ret_end, struct err *e);
/* What is not whole is removed; before the client hears of it. Harmless the second time. */
void lab_upload_done(struct lab_upload *u);

/* A file that becomes an answer. Zeroed at first. */
struct lab_download {
    int fd;
    uint64_t at, left;
    uint8_t piece[LAB_BLOB_PIECE];
    size_t have, sent;
};

/* Answers with the file, or with the range of it that was asked for (RFC 9110 section 14: one range; several are answered with all).
 * chunked: no length is told. ERR_NOT_FOUND. */
MUST_USE bool lab_download_start(struct lab_download *d, struct http_exchange *x, const char *path, const char *type, bool chunked,
                                 struct err *e);
/* When there is room again. */
void lab_download_go(struct lab_download *d, struct http_exchange *x);
void lab_download_done(struct lab_download *d);

/* Both ways of one exchange: the first member of whatever a handler keeps of it. */
struct lab_carrier {
    struct lab_upload up;
    struct lab_download down;
};
/* Zeroed, of that size, the exchange's state until lab_carrier_ended. */
void *lab_carrier_make(struct http_exchange *x, size_t size);
/* For http_stream. */
void lab_carrier_writable(struct http_exchange *x);
void lab_carrier_ended(struct http_exchange *x, enum http_end how, const struct err *e);

/* "text" with that status. */
void lab_blob_say(struct http_exchange *x, int status, const char *text);
