/* flow/audit_file.h - the audit trail outside of the store: its lines as JSON, a file of them that anybody can check without a cell, and
 * what the cell's key signs of it (docs/store.md, "The audit trail outside"). Called by api, which hands lines out, and by the
 * command line, which writes and checks files. Pure but for the hashes: no store is open here.
 *
 * A file is JSON lines: a head {"format", "store", "count", "head", "at_ms"}, then every line from 1 on as it is hashed. Who can rewrite
 * all of it can rewrite the head as well: a signature, or a head that was noted elsewhere, is what that hand does not reach. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/random.h"
#include "store/audit.h"

#define AUDIT_FILE_FORMAT "vouchsafe audit 1"
#define AUDIT_SIGNATURE_FORMAT "vouchsafe audit signature 1"

enum {
    AUDIT_LINE_MAX = 1024 * 1024,       /* bytes of one line of a file: all texts at their caps, escaped */
    AUDIT_SIGNED_MAX = 256,             /* bytes that are signed */
    AUDIT_SIGNATURE_MAX = 256 * 1024,   /* bytes of a signature's file */
};

/* What a trail is known by: the store's identity, how many lines, and the hash of the last one. */
struct audit_head {
    char store[RANDOM_UUID];
    uint64_t count;
    uint8_t hash[DIGEST_SHA256];
    int64_t at_ms; /* when it was read */
};

/* "seq", "id", "at_ms", "who", "from", "flow", "action", "entity", "sha256" (AA:BB:.. or null), "text", "data" (a text),
 * "hash". A new reference. */
json_t *audit_line_write(const struct store_audit *line);
/* Strictly that. Texts live in the arena. ERR_INPUT. */
MUST_USE bool audit_line_read(const json_t *o, struct arena *a, struct store_audit *ret, struct err *e);

/* "store", "count", "head", "at_ms" beside "format". */
json_t *audit_head_write(const char *format, const struct audit_head *h);
MUST_USE bool audit_head_read(const char *format, const json_t *o, struct audit_head *ret, struct err *e);
/* Appends what is signed: 64 spaces, a tag, then the fields with fixed lengths, so that it can be taken for nothing else that the
 * same key signs (TLS 1.3 starts its own with 64 spaces and another tag). */
MUST_USE bool audit_head_signed(const struct audit_head *h, struct buf *out, struct err *e);

/* ---- checking a file, line by line ---- */

struct audit_check {
    struct audit_head head;
    bool begun;
    uint64_t file_line;          /* read so far */
    uint8_t hash[DIGEST_SHA256]; /* of the line before */
    uint64_t next;               /* the line that should come */
    uint64_t missing;            /* this one did not, and may stand further down; 0 = none */
    uint64_t instead;            /* what stood there */
    uint8_t noted[DIGEST_SHA256]; /* the hash that line `noted_at` should have */
    uint64_t noted_at;           /* 0 = nobody noted one */
    struct store_audit_report report; /* checked, broken_at, why */
    uint64_t broken_line;        /* of the file; 0 = sound, or a line that is not there */
};

/* noted: a head that was written down elsewhere; NULL. */
void audit_check_start(struct audit_check *c, const struct audit_head *noted);
/* One line of the file without its line break. False: it can't go on; the report says why already. */
bool audit_check_line(struct audit_check *c, const char *text, size_t len);
/* At the end of the file; true when all of it is as it was written. */
bool audit_check_end(struct audit_check *c);
