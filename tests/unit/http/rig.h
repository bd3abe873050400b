/* tests/unit/http/rig.h - a server on a loop whose clock stands still, and one client end in memory. */
#pragma once
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/exchange.h"
#include "http/router.h"
#include "http/server.h"

struct conn;
struct loop;
struct pool;

enum { RIG_GOT_MAX = 8 * 1024 * 1024 };

struct rig {
    struct loop *loop;
    int64_t now;
    struct http_server *server;
    struct http_router *router;
    struct pool *pool;    /* NULL: no straight-line routes */
    struct conn *client;
    bool client_ended;    /* the server said that no more will come */
    struct buf got;       /* what the client has read */
    /* what the handlers of the tests record */
    int begun, ended, drained, failures;
    enum http_end how;
    struct err why;
    struct buf body;      /* request bodies */
    size_t limit;         /* a test's own */
    struct http_exchange *x;
    struct conn *taken;   /* after an upgrade */
    struct buf leftover;
    sem_t started, gate;  /* of /wait */
    pthread_t helper;
    bool helped;
};

struct rig_options {
    const struct http_route *routes;
    size_t routes_len;
    struct http_limits limits;
    size_t memory;        /* bytes that fit each way; 0 = 64 KiB */
    unsigned threads;     /* of the pool */
    size_t queue;
    bool shaped;          /* errors in the application's shape */
};

void rig_start(struct rig *r, const struct rig_options *o);
void rig_stop(struct rig *r);
/* Another client connection; the one before is closed. */
void rig_connect(struct rig *r);
void rig_hang_up(struct rig *r);
/* Runs the loop, and reads what the client can read, until nothing moves any more. */
void rig_turn(struct rig *r);
/* The same, but the client reads nothing. */
void rig_turn_deaf(struct rig *r);
void rig_later(struct rig *r, int64_t ms);
void rig_send(struct rig *r, const char *text);
void rig_send_bytes(struct rig *r, const void *p, size_t len);
/* As much as fits now; returns how much. */
size_t rig_offer(struct rig *r, const void *p, size_t len);
/* Until what the client got contains the text (a pool thread is at work). */
void rig_wait(struct rig *r, const char *text);
/* What the client got, with the Date field's value as "..."; then forgets it. Borrowed until the next call. */
const char *rig_take(struct rig *r);
/* Sends and checks the whole answer. */
void rig_check(struct rig *r, const char *request, const char *answer);
