/* vim/endpoint.h - where a vCenter Server or an NSX Manager listens, on whose behalf we speak to it, and a few kept
 * connections that were verified for exactly that. Shared by all threads; every call blocks: pool threads and the CLI.
 * A byte of a request is written only on a connection whose chain the engine accepted; there is no way to ask for
 * another. A kept connection remembers the generation of the trust set that it was decided under, and is decided again
 * on its kept chain before it is used under another: one that fails is closed, and a new one has to pass by itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/verdict.h"

struct arena;
struct chain;
struct http1_field;
struct http1_head;
struct resolver;
struct trust_live;
struct vim_endpoint;

enum {
    VIM_CONNS_MAX = 4,                     /* connections to one endpoint; the next caller waits for one */
    VIM_IDLE_MS = 50 * 1000,               /* a kept connection is not used after so long; peers close theirs at 60 s */
    VIM_CONNECT_MS = 10 * 1000,            /* to connect; to shake hands. Less when the call's deadline says so */
    VIM_HANDSHAKE_MS = 10 * 1000,
    VIM_CALL_MS = 60 * 1000,               /* deadline of one call where the caller has none of its own */
    VIM_ANSWER_MAX = 16 * 1024 * 1024,     /* bytes of one answer, unless the call allows less */
};

/* Everything is copied but live and resolver, which are borrowed. */
struct vim_peer {
    const char *host;                      /* as the administrator named it: dialled, sent as SNI and Host */
    uint16_t port;
    const char *const *names;              /* accepted names; NULL = host alone */
    size_t names_len;
    enum trust_names_mode names_mode;      /* TRUST_NAMES_NONE is refused: credentials go here */
    const uint8_t *pinned_key;             /* for TRUST_NAMES_OFF, as in trust_question */
    bool unpinned_acknowledged;
    struct trust_behalf behalf;
    enum trust_crl_mode crl_mode;
    struct trust_policy policy;
    struct trust_live *live;
    const struct resolver *resolver;
    const int64_t *connect_ms, *handshake_ms; /* borrowed; NULL, or 0 there: the constants. Another thread may set them */
};

/* ERR_INPUT: names_mode, too many names. Connects nowhere yet. */
MUST_USE bool vim_endpoint_create(const struct vim_peer *p, struct vim_endpoint **ret, struct err *e);
/* Nobody is in a call any more. */
struct vim_endpoint *vim_endpoint_destroy(struct vim_endpoint *ep);
DEFINE_AUTO(vim_endpoint_destroyp, struct vim_endpoint *, vim_endpoint_destroy)

/* "vc1.example:443", for error texts; borrowed. */
const char *vim_endpoint_name(const struct vim_endpoint *ep);

/* Decides the kept connections that nobody uses now, and closes those that fail or are too old: to be called when the
 * live set was swapped. One in use is decided before its next use. Returns how many were closed. */
size_t vim_endpoint_review(struct vim_endpoint *ep);
/* Closes all that nobody uses. */
void vim_endpoint_close(struct vim_endpoint *ep);

/* Connections that are open now: kept, or in use. */
size_t vim_endpoint_open(struct vim_endpoint *ep);

/* The verdict of the newest handshake, good or bad: for evidence, and for the text of an ERR_UNTRUSTED. False when there was
 * none yet. */
bool vim_endpoint_verdict(struct vim_endpoint *ep, struct trust_verdict *ret);
/* What the peer presented at the newest handshake that reached its certificate: a reference, or NULL. */
struct chain *vim_endpoint_chain(struct vim_endpoint *ep);

/* One request. Strings are borrowed. Host, Connection, Content-Length and User-Agent are added. */
struct vim_request {
    const char *method, *path;             /* path with its query, encoded */
    const struct http1_field *fields;
    size_t fields_len;
    const void *body;                      /* NULL with body_len 0: none */
    size_t body_len;
    size_t answer_max;                     /* 0 = VIM_ANSWER_MAX */
    bool once;                             /* must never be sent twice (a password, a task): no kept connection is
                                            * used, because the peer may be closing it at this moment */
};

struct vim_answer {
    int status;
    const struct http1_head *head;         /* in the call's arena */
    char *body;                            /* in the call's arena, NUL-terminated; "" when empty */
    size_t body_len;
};

/* Sends it and reads the answer within deadline_ms (clock_mono_ms). A kept connection that breaks is replaced
 * once, unless the request must not go twice. ERR_UNTRUSTED: the chain was refused, nothing was sent
 * (vim_endpoint_verdict); ERR_PEER: unreachable, broken off, not HTTP; ERR_TIMEOUT; ERR_LIMIT: an answer too large. */
MUST_USE bool vim_endpoint_call(struct vim_endpoint *ep, const struct vim_request *rq, int64_t deadline_ms,
                                struct arena *a, struct vim_answer *ret, struct err *e);

/* now + ms, as a deadline. */
int64_t vim_deadline(int64_t ms);
