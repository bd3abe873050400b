/* gate/relay_parts.h - the inside of a relay, shared by its three parts: relay.c lives and watches, relay_pump.c moves, relay_close.c
 * says good-bye. Inside gate only. */
#pragma once
#include "base/buf.h"
#include "base/ring.h"
#include "gate/relay.h"
#include "net/io.h"
#include "net/loop.h"
#include "wire/ws.h"

enum { RELAY_RECORD = 16 * 1024 /* plain bytes of a TLS record at most: what one read or write of a connection moves */ };

enum relay_state {
    RELAY_PUMPING,
    RELAY_WAITING,   /* stopped; for relay_close */
    RELAY_CLOSING,   /* what is held, the Close and the end go to the client */
    RELAY_LINGERING, /* for the client's own end: a close with unread input is a reset, and could take the Close with it */
    RELAY_OVER,
};

struct relay_deck {
    struct loop *loop;
    struct ring relays;
    size_t count;
    uint8_t scratch[RELAY_SCRATCH];
};

struct relay_side {
    struct loop_watch watch; /* first: found by it */
    struct relay *relay;
    struct conn *conn;       /* owned */
};

/* One direction. */
struct relay_way_state {
    uint8_t *held; /* owned; read and not taken yet. NULL while nothing is */
    size_t at, len;
    bool ended;    /* its reader said so */
    bool finished; /* .. and its writer was told */
    bool deaf;     /* nobody takes it any more */
    uint64_t bytes;
};

struct relay {
    struct relay_deck *deck;
    struct ring ring;
    enum relay_state state;
    struct relay_side client, host;
    struct relay_way_state ways[RELAY_WAYS];
    struct ws_decoder *frames;  /* of RELAY_DOWN, owned; NULL: bytes */
    uint64_t fill;              /* zeros that a cut frame still needs */
    struct buf tail;            /* the Close */
    size_t tail_at;
    int64_t moved_ms, ends_ms;  /* ends: INT64_MAX = never */
    struct relay_config config; /* without connections and bytes */
    struct loop_timer timer;
    struct loop_task task;      /* another turn; the burial */
};

/* relay.c */
void relay_again(struct relay *r);  /* another turn, later in this round */
void relay_over(struct relay *r);   /* gone: `ended` is called */

/* relay_pump.c */
/* Writes until all is taken, or the taker has no room: *ret_len is what was. */
enum io relay_put(struct conn *c, const uint8_t *p, size_t len, size_t *ret_len, struct err *e);
void relay_hold(struct relay_way_state *w, const uint8_t *p, size_t len);
void relay_drop_held(struct relay_way_state *w);
/* Moves what can be moved one way. True: there may be more, it only gave way to others. */
bool relay_pump(struct relay *r, enum relay_way way);

/* relay_close.c */
void relay_say_close(struct relay *r);
