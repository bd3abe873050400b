/* http/peer.h - one client connection of a server as a state machine; used inside http/ only.
 * Nouns: answer.
 *
 *   HANDSHAKE -> IDLE -> HEAD -> EXCHANGE -> IDLE ..        each answered request
 *                          |        |`--> UPGRADE -> OVER   handed over
 *                          `--------+---> CLOSING -> LINGER -> OVER
 *
 * peer_step does whatever can be done without waiting and says IO_DONE when the connection is over. It is run by one
 * driver; one timer stands for whatever is waited for (peer_waits). Handlers are called from within the step, and
 * call back into http/exchange.c, which only changes fields and has the driver step again. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/ring.h"
#include "http/exchange.h"
#include "http/limits.h"
#include "http/response.h"
#include "http/router.h"
#include "http/server.h"
#include "net/address.h"
#include "net/drive.h"

enum peer_state { PEER_HANDSHAKE, PEER_IDLE, PEER_HEAD, PEER_EXCHANGE, PEER_UPGRADE, PEER_CLOSING, PEER_LINGER, PEER_OVER };

/* What a connection waits for: one limit each. */
enum peer_wait {
    WAIT_NONE,      /* for a handler: nobody's limit but its own */
    WAIT_HANDSHAKE,
    WAIT_IDLE,
    WAIT_HEAD,
    WAIT_BODY,      /* progress of the request */
    WAIT_TAKEN,     /* progress of the answer */
    WAIT_LINGER,
};

enum answer_state { ANSWER_NONE, ANSWER_STARTED, ANSWER_ENDED };

struct http_exchange {
    bool begun;                  /* begin was called, ended was not */
    const struct http_stream *handler;
    void *state;
    struct http_match match;
    struct arena arena;
    bool body_wanted, body_ended;
    bool continue_due;           /* the client waits for a 100 */
    struct url_span piece;       /* body bytes not consumed yet, inside peer->in */
    bool news;                   /* the handler has not heard of the piece, or of the end */
    enum answer_state answer;
    bool chunked, head_only;     /* of the answer */
    uint64_t answer_left;        /* bytes of a counted answer still to be written by the handler */
    bool starved;                /* http_answer_write took less than it was given */
    const uint8_t *tail;         /* rest of a body that lies in memory */
    size_t tail_len;
    struct http_response refusal; /* the server's own answer */
    bool refusing;
    bool upgrading;
};

struct peer {
    struct http_server *server;
    struct listener *listener;   /* NULL: adopted */
    struct ring ring;            /* in server->peers */
    struct conn *conn;           /* owned until it is over or handed over */
    struct address client;
    bool local;                  /* over a socket with a path, and admitted */
    unsigned uid;                /* .. as this user of the machine */
    enum peer_state state;
    bool stepping;               /* inside peer_step: nobody needs to wake the driver */
    bool over_limit;             /* one connection too many: 503 */
    bool keep;                   /* another request may follow on this connection */
    bool in_ended;               /* the client will send no more */
    bool timed_out;              /* what is waited for did not come */
    bool failed;                 /* break off; error says why */
    struct err error;
    size_t requests;
    struct http1_reader reader;
    uint8_t *in;                 /* owned; NULL while idle */
    size_t in_at, in_len, in_cap, in_most; /* most: bytes that it ever held */
    struct buf out;
    size_t out_at;               /* written of it */
    struct http_exchange x;
    size_t lingered;             /* bytes thrown away */
    enum peer_wait wait;
    size_t moved;                /* bytes read and written since this wait began */
    int64_t due;                 /* when it has lasted too long; INT64_MAX = never */
    struct loop_timer timer;     /* fires at or before due: most requests need not touch it */
    struct drive drive;
    struct loop_task burial;
};

struct peer *peer_create(struct http_server *s, struct conn *take, const struct address *client, struct listener *l);
void peer_wake(struct peer *p);                         /* asks the driver for another step */
void peer_cancel(struct peer *p);                       /* ends it now; not from within a step */
bool peer_is_idle(const struct peer *p);                /* nothing of a request has come */
void peer_fail(struct peer *p, const struct err *why);  /* breaks it off at the next step */

/* peer_io.c */
/* Fills p->in, all of which was used. IO_DONE: something came, or the client ended (in_ended). */
enum io peer_read(struct peer *p, struct err *e);
/* Writes p->out and the answer's tail. IO_DONE: nothing is left. */
enum io peer_flush(struct peer *p, struct err *e);
bool peer_unsent(const struct peer *p);
void peer_free_buffers(struct peer *p); /* those that are empty */
void peer_free_input(struct peer *p);

/* exchange.c */
void exchange_begin(struct peer *p);
/* One turn of a request: IO_DONE when something moved, else what to wait for. */
enum io exchange_turn(struct peer *p, struct err *e);
bool exchange_over(const struct peer *p); /* answered, and the answer is out */
/* The server answers by itself. A handler that had begun is told that the client is gone. */
void exchange_refuse(struct peer *p, int status, const char *reason);
void exchange_end(struct peer *p, enum http_end how, const struct err *e); /* harmless when there is none */
/* Passes over what has come of a body that nobody wants; the connection is not kept when that was not all. */
void exchange_discard(struct peer *p);

/* answer.c */
void answer_response(struct peer *p, struct http_response *r);

/* server.c */
const struct http_server_config *server_config(const struct http_server *s);
struct loop *server_loop(const struct http_server *s);
struct desk *server_desk(const struct http_server *s);
bool server_draining(const struct http_server *s);
const char *server_date(struct http_server *s);
/* The peer is over; its connection counts on when it was handed over. */
void server_forget(struct http_server *s, struct peer *p, bool handed_over);
/* While a job of its is at the pool the server stays, for its desk is where the answer asks. */
void server_hold(struct http_server *s);
void server_let_go(struct http_server *s);
/* Room for so many bytes of request bodies (http_limits.bodies). */
bool server_reserve(struct http_server *s, size_t len);
void server_give_back(struct http_server *s, size_t len);
