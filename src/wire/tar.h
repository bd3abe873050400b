/* wire/tar.h - a tar archive read while it comes: which bytes are frame, and which are whose file's. Called where an OVA is taken apart in
 * passing (flow/ovf_archive.c). The bytes of files are never copied and never pass through here: the caller takes them where they lie. Pure.
 *
 * Read: POSIX ustar and what GNU tar writes, sizes in octal or base 256, GNU long names, pax records for path and size. An archive is hostile:
 * regular files only, no links, devices, directories and sparse files; no name that leads anywhere; checksums hold; two blocks of zeros
 * end it, and nothing but zeros follows. Nouns: tar. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/tar_write.h"

enum {
    TAR_FILE_NAME_MAX = 255,     /* bytes of a name that is read */
    TAR_EXTENSION_MAX = 16 * 1024, /* of a pax header or a long name */
    TAR_EXTENSIONS_MAX = 8,      /* of one file */
};

enum tar_at { TAR_AT_HEADER, TAR_AT_EXTENSION, TAR_AT_DATA, TAR_AT_PADDING, TAR_AT_ZEROS, TAR_AT_END };

/* What a header means for the file behind it. */
struct tar_file {
    char name[TAR_FILE_NAME_MAX + 1]; /* without '/', '\' and control characters; not "." or ".." */
    uint64_t size;
};

struct tar {
    struct tar_file file;       /* the one under way */
    uint64_t left;              /* of its bytes, to be taken by the caller */
    /* The reader's own. */
    enum tar_at at;
    uint8_t block[TAR_BLOCK];
    size_t block_len;
    size_t padding;
    struct buf extension;
    uint64_t extension_left;
    char kind;                  /* of the extension under way: 'x', 'g', 'L' */
    int extensions;             /* before this file */
    bool has_name, has_size;    /* they said: */
    struct tar_file said;
};

enum tar_event {
    TAR_MORE, /* all of it was frame: go on with what follows */
    TAR_FILE, /* a file begins: see file; its first byte is the next one, if it has any */
    TAR_DATA, /* the next byte is the file's: take `left` of them with tar_take */
    TAR_OVER, /* the archive has ended, and all of it was zeros */
    TAR_BAD,  /* e says why: ERR_INPUT, ERR_LIMIT */
};

void tar_init(struct tar *t);
void tar_done(struct tar *t);
/* Looks at p, and takes *ret_used of it. */
enum tar_event tar_read(struct tar *t, const uint8_t *p, size_t len, size_t *ret_used, struct err *e);
/* The caller has taken so many bytes of the file; at most `left`. */
void tar_take(struct tar *t, uint64_t len);
/* Nothing more comes. ERR_INPUT: that was not all. */
MUST_USE bool tar_ends(const struct tar *t, struct err *e);
