/* gate/relay.h - bytes between two connections on one loop, both ways, until one side ends or somebody says stop.
 * Called by gate/console.c and whoever carries a transfer. It believes nobody and decides nothing: both handshakes are over,
 * and "may these bytes still flow" is asked of others, who call relay_stop.
 *
 * The life of a relay. It pumps: what was read from one side is written to the other at once; what that doesn't take is held,
 * and while something is held nothing is read, so each side feels how fast the other is. An idle relay holds no buffer: the
 * one that is read into belongs to the loop. Then it stops: a side ended or failed, a limit passed, or relay_stop was called. From that
 * moment no byte of the host's is read any more, its connection is gone, and `stopped` is called. Whoever owns the relay then says how
 * the client hears of it: relay_close, when it likes. What was held for the client goes out first; a WebSocket client gets a Close between
 * two frames (a frame that was cut is filled up with zeros up to RELAY_FILL_MAX: the host's own rest may not pass). Last, `ended`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct conn;
struct loop;
struct relay;
struct relay_deck;

enum {
    RELAY_SCRATCH = 64 * 1024,     /* read at once, and the most that is held each way */
    RELAY_ROUNDS = 4,              /* times that in a row, before other connections have their turn */
    RELAY_CLOSE_MS = 2000,         /* from relay_close until a client that does not take it is left alone */
    RELAY_FILL_MAX = 1024 * 1024,  /* zeros put into a frame that was cut; a longer rest ends the connection without a Close */
};

enum relay_way { RELAY_UP /* client to host */, RELAY_DOWN, RELAY_WAYS };

/* Why it stopped. */
enum relay_end {
    RELAY_DONE,      /* in order: both sides ended, or the host said Close and ended */
    RELAY_CLIENT,    /* the client ended or broke off */
    RELAY_HOST,      /* the host ended without a Close, broke off, or sent what is no frame */
    RELAY_IDLE,      /* nothing moved for too long */
    RELAY_LIFE,      /* it lasted as long as it may */
    RELAY_WITHDRAWN, /* the host is not believed any more */
    RELAY_STOPPED,   /* a person ended it */
    RELAY_SHUTDOWN,  /* the program ends */
    RELAY_ENDS,
};

struct relay_config {
    struct conn *take_client, *take_host; /* no host: it has stopped already, and waits for relay_close */
    const uint8_t *up, *down;       /* what was read of either side before: passed on first. Borrowed for the call, at most */
    size_t up_len, down_len;        /* RELAY_SCRATCH bytes */
    bool frames;                    /* WebSocket: the host's frames are followed. Either side's end ends both;
                                     * without, an end is passed on and the other way goes on */
    int64_t idle_ms, life_ms;       /* 0: no limit */
    /* Looks at each byte, once and in order, before it is passed on. NULL: nobody does. */
    void (*tap)(void *self, enum relay_way way, const uint8_t *p, size_t len);
    /* Once. e says what failed; NULL when nothing did. The owner calls relay_close, now or later. */
    void (*stopped)(void *self, enum relay_end why, const struct err *e);
    /* Once, the last call: the relay frees itself. */
    void (*ended)(void *self);
    void *self;
};

/* What all relays of one loop share. */
struct relay_deck *relay_deck_create(struct loop *l);
struct relay_deck *relay_deck_destroy(struct relay_deck *d); /* its relays have ended */
size_t relay_deck_count(const struct relay_deck *d);

/* Never fails: a descriptor that can't be watched stops it as RELAY_HOST. `stopped` is not called from within. */
struct relay *relay_start(struct relay_deck *d, const struct relay_config *c);
/* On the loop's thread; harmless when it has stopped. `stopped` is called from within. */
void relay_stop(struct relay *r, enum relay_end why, const struct err *e);
/* After `stopped`, once: code 0 says nothing to the client but the end of the stream. The reason is cut at 123 bytes. */
void relay_close(struct relay *r, uint16_t code, const char *reason);
/* Now, with no ceremony: `stopped` if that was not called, and `ended` from within. */
void relay_abort(struct relay *r);

/* Passed on so far; any thread while the relay is there. */
uint64_t relay_bytes(const struct relay *r, enum relay_way way);
/* Read and not taken yet by the other side. */
size_t relay_held(const struct relay *r);
/* The host's connection, for deciding again; NULL once it stopped. Borrowed. */
struct conn *relay_host(const struct relay *r);

/* "idle", "withdrawn": stable. */
const char *relay_end_name(enum relay_end why);
