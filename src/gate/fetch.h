/* gate/fetch.h - one HTTP exchange with an ESXi host from beginning to end, straight-line: a file read from a lease or a datastore, a
 * small one sent into a guest. Called by flow on pool threads; never on a loop. What clients send while they wait goes through
 * gate/upload.h instead.
 *
 * A connection of its own, believed by the one engine and by the second proof (gate/leg.h) before anything of the request is written: method,
 * path and fields open the host. While it lasts it is decided again on its kept chain whenever the live trust was
 * swapped, within GATE_FETCH_TICK_MS; and it ends when the gate closes. It keeps nothing and tells nobody: the caller has the verdict. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gate/leg.h"
#include "trust/verdict.h"

struct chain;
struct gate;
struct gate_target;
struct http1_field;
struct http1_head;

enum {
    GATE_FETCH_TICK_MS = 100,        /* how often it looks whether it may go on */
    GATE_FETCH_STALL_MS = 60 * 1000, /* a host that moves no byte for so long has failed */
};

/* All borrowed; functions may be NULL. */
struct gate_fetch {
    const char *method;                 /* of target->path */
    const struct http1_field *fields;   /* not Host, Content-Length, Connection */
    size_t fields_len;
    const void *body;                   /* sent with exactly this Content-Length; NULL: none */
    size_t body_len;
    /* The host is believed, by this chain, at this time (wall clock): nothing was sent yet. */
    void (*believed)(void *self, const struct chain *c, int64_t since_ms);
    /* The head of the host's answer, whatever its status; then each piece of its body, in order. False (with e set) ends it. */
    bool (*answered)(void *self, const struct http1_head *h, struct err *e);
    bool (*take)(void *self, const uint8_t *p, size_t len, struct err *e);
    bool (*cancelled)(void *self);      /* asked every tick */
    void *self;
    int64_t stall_ms;                   /* 0: GATE_FETCH_STALL_MS */
};

struct gate_fetched {
    enum leg_result result;             /* LEG_OK: the request was sent */
    bool seen, single_proof;            /* verdict is one; no thumbprint was there to compare with */
    struct trust_verdict verdict;       /* of the handshake, or of the decision that ended it */
    bool withdrawn;                     /* it was believed, and is not any more */
    int status;                         /* 0: no answer came */
    uint64_t bytes;                     /* of the answer's body */
};

/* True: the host has answered with a 2xx and all of it was taken. *ret is filled either way.
 * ERR_UNTRUSTED: it is not believed, and nothing was sent, or not believed any more (withdrawn); ERR_PEER: unreachable, broken off, or an answer
 * of another status; ERR_TIMEOUT: it stalled; ERR_CANCELLED: the caller, or the gate is closed. */
MUST_USE bool gate_fetch(struct gate *g, struct gate_target *t, const struct gate_fetch *ask, struct gate_fetched *ret, struct err *e);
