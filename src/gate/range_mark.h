/* gate/range_mark.h - which bytes of a file have been passed on, and which a client may send next. Pure: no I/O, no clock.
 * Called by gate/upload.c; the claims also by flow, which answers for files that are complete.
 *
 * A file is passed on from its first byte to its last, once. The mark is the number of bytes passed on. A client may go on at the mark;
 * or, because the answer to its last piece may have been lost, begin again inside that piece: at its start, or at most
 * RANGE_REPLAY bytes before the mark. What it repeats is compared with what was passed on, never passed on twice, and has to be the same. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/tally.h"

struct http1_head;

enum { RANGE_REPLAY = 256 * 1024 /* bytes before the mark that are kept as they were while a piece is unfinished */ };
#define RANGE_UNKNOWN UINT64_MAX

/* What a PUT says that it brings. */
struct range_claim {
    uint64_t from;
    uint64_t len;   /* RANGE_UNKNOWN: until its body ends */
    uint64_t total; /* of the file; RANGE_UNKNOWN: not said */
    bool part;      /* it had a Content-Range */
};

/* Reads Content-Range ("bytes 0-1048575/5242880", RFC 9110 section 14.4) and the length of the body. Without a Content-Range it is the
 * whole file. ERR_INPUT: another unit or form, a number that is none, an end before the start or not below the total, no
 * total, a length that differs, two of them. */
MUST_USE bool range_claim_read(const struct http1_head *h, struct range_claim *ret, struct err *e);

enum range_verdict {
    RANGE_GO,        /* send it: from the mark, or after a repetition that is compared */
    RANGE_COMPLETE,  /* the file is there already and as long as that: nothing is wanted */
    RANGE_ELSEWHERE, /* it begins where nothing can go on: 416 */
    RANGE_DISAGREES, /* about the length of the file: 416 */
};

struct range_mark {
    uint64_t total;          /* RANGE_UNKNOWN until a claim says it */
    uint64_t at;             /* the mark */
    uint64_t piece_from;     /* of the last piece */
    struct tally piece;      /* .. from there to the mark */
    uint8_t *window;         /* owned: a ring of the bytes before the mark; NULL while it is not needed */
    size_t window_len;       /* of them, kept */
    /* The piece under way. */
    struct range_claim claim;
    uint64_t seen;           /* of the file, compared or passed on */
    bool whole;              /* .. from the piece's start: by the tally, else by the window */
    struct tally repeated;
};

void range_mark_init(struct range_mark *m, uint64_t total);
void range_mark_done(struct range_mark *m);

/* A piece begins; with RANGE_GO it is under way until range_mark_rest. Changes nothing else. */
enum range_verdict range_mark_begin(struct range_mark *m, const struct range_claim *c);
/* How many bytes still have to be compared. */
uint64_t range_mark_repeats(const struct range_mark *m);
/* How many the piece may still bring; RANGE_UNKNOWN: until its body ends. */
uint64_t range_mark_left(const struct range_mark *m);
/* Compares; len is at most range_mark_repeats. False: these are other bytes than before, and the mark is where it was. */
bool range_mark_compare(struct range_mark *m, const uint8_t *p, size_t len);
/* Passed on: the mark moves. Nothing is left to compare, and len is at most range_mark_left. */
void range_mark_take(struct range_mark *m, const uint8_t *p, size_t len);
/* The piece ended: finished (it will not be repeated but from its start), or broken off (the window stays). */
void range_mark_rest(struct range_mark *m, bool finished);
bool range_mark_complete(const struct range_mark *m);
