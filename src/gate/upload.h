/* gate/upload.h - one file on its way from a client to one URL of one ESXi host: no spool, no copy, as fast as the slower of the two.
 * Called by flow, which makes it on a pool thread, and by the streams that carry a client's PUT (gate/piece.h, an OVA's members).
 *
 * The journey. Floors above make an upload with an errand (gate/errand.h). Its first piece dials the host on the loop that the
 * client's connection belongs to: the full verdict, the second proof, and only then the request, the fields that open the host, and the
 * client's bytes, which are looked at where they lie and go out from there (http/client.h, a source). A piece ends; the upload rests,
 * with its connection, until the next one, which may come over another connection and another loop: then the upload is handed over to
 * that loop between the two. One piece at a time. Which bytes a piece may bring says gate/range_mark.h. When the last byte is in, the
 * last piece waits for the host's own answer: 200 or 201, everything else has failed.
 *
 * What ends it: complete; the host refuses, breaks off, takes nothing for GATE_STALL_MS or does not answer; nobody believes it (any
 * more); nothing comes for between_ms (gate/gate.h); somebody stops it; the cell ends. `ended` is told once, on a pool thread. An upload has one
 * host and one request: another try is another upload, made by floors above. Its memory is bounded whatever the file is: RANGE_REPLAY
 * and one input buffer, and while it rests after a finished piece neither. It stands in the gate's lists and figures beside
 * the consoles, and is decided again after each change of trust as they are. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/errand.h"
#include "gate/gate.h"
#include "gate/range_mark.h"

struct gate_upload;

enum {
    GATE_STALL_MS = 60 * 1000,            /* bytes are there and the host takes none of them */
    GATE_ANSWER_MS = 5 * 60 * 1000,       /* from the last byte to the host's answer */
};

/* How it ended. */
struct gate_upload_end {
    enum relay_end why;                  /* RELAY_DONE: complete; _HOST: see what; _IDLE, _WITHDRAWN, _STOPPED, _SHUTDOWN */
    enum gate_what what;                 /* of RELAY_HOST: GATE_REFUSED, GATE_THUMBPRINT, GATE_FAILED */
    const struct trust_verdict *verdict; /* NULL when it is not about a certificate; borrowed for the call, as the next two */
    const struct err *err;               /* in words; NULL when it is complete */
    const char *event;                   /* id of the event that was kept, or "" */
    uint64_t bytes;                      /* passed on */
};

/* Whoever sends it. self outlives `ended`. */
struct gate_sender {
    /* The host showed another certificate than the vCenter named: the same errand as the vCenter says it now. On a pool thread. NULL: it
     * can't be asked again. */
    bool (*again)(void *self, struct gate_errand **ret, struct err *e);
    /* Keeps an event; its id, or "". On a pool thread. */
    void (*tell)(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID]);
    /* The host was believed. On the loop: never waits. */
    void (*proved)(void *self, const struct gate_target *t, const struct trust_verdict *v);
    /* Sees each byte that is passed on, once and in order: for digests. On the loop. NULL: nobody looks. */
    void (*tap)(void *self, const uint8_t *p, size_t len);
    /* Once, the last call; no other is under way. On a pool thread, or on the one that takes the gate down. */
    void (*ended)(void *self, const struct gate_upload_end *end);
};

struct gate_upload_how {
    const struct gate_sender *sender;
    void *self;
    const char *name;  /* of the file, for lists; copied */
    uint64_t length;   /* of the file; RANGE_UNKNOWN: the first piece says it, or its body's end does (sent in chunks) */
};

/* With one reference. Without an errand nothing is dialled: bytes are counted, tapped and dropped. Dials nobody yet and takes no place. */
struct gate_upload *gate_upload_create(struct gate *g, struct gate_errand *take, const struct gate_upload_how *how);
struct gate_upload *gate_upload_ref(struct gate_upload *u);
struct gate_upload *gate_upload_unref(struct gate_upload *u); /* NULL in, NULL out. It does not stop it */
DEFINE_AUTO(gate_upload_unrefp, struct gate_upload *, gate_upload_unref)

/* ---- any thread ---- */

/* Ends it as RELAY_STOPPED; harmless when it has ended. `ended` follows, also when no byte had come. */
void gate_upload_stop(struct gate_upload *u);
uint64_t gate_upload_bytes(const struct gate_upload *u); /* passed on */
bool gate_upload_over(struct gate_upload *u);            /* it ended, however */

/* Somebody wants to bring a piece. On success it is his until he has fed it or unclaims it.
 *   ERR_CONFLICT   another piece is under way
 *   ERR_LIMIT      there are as many uploads as there may be; ERR_CANCELLED: the cell ends
 *   ERR_PEER       the upload has ended
 *   ERR_INPUT      the range is not one that can go on here: *ret_verdict says which, and gate_upload_bytes where it could
 * true with RANGE_COMPLETE: all is there already, nothing is to be fed or unclaimed. */
MUST_USE bool gate_upload_claim(struct gate_upload *u, const struct range_claim *c, enum range_verdict *ret_verdict, struct err *e);
void gate_upload_unclaim(struct gate_upload *u);

/* ---- on the loop of the piece ---- */

/* What became of a piece. */
struct gate_fed {
    bool ok;
    int status;           /* what the client is told: 200; 400, 409, 503 */
    const struct err *e;  /* NULL when ok */
    uint64_t bytes;       /* of the file, passed on */
    const char *event;    /* or "" */
};

/* Where the bytes of a piece come from. */
struct gate_feed {
    /* The host is believed: bytes may come. */
    void (*wanted)(void *self);
    /* What is there now: *ret_len 0 means none yet, or with *ret_end none any more. It stays until it is consumed. */
    void (*peek)(void *self, const uint8_t **ret_p, size_t *ret_len, bool *ret_end);
    void (*consume)(void *self, size_t len);
    /* Once, the last call: the piece was passed on (and the file is complete, if it was the last: the host has said so), or was not. */
    void (*fed)(void *self, const struct gate_fed *f);
    void *self;
};

/* After a claim, once. `fed` is not called from within. */
void gate_upload_feed(struct gate_upload *u, struct loop *l, const struct gate_feed *f);
/* There is more to peek at, or its end. */
void gate_upload_more(struct gate_upload *u);
/* The feed goes away before its end: what it shows now is kept and still passed on, `fed` is not called, and the upload rests. */
void gate_upload_leave(struct gate_upload *u);
