/* flow/transfer.h - files on their way between a client and an ESXi host, as clients see them: /transfer/ID/NAME. Called by api (links, PUT,
 * GET) and by the workflows that own a transfer: flow/ovf_upload.h and its like, one for each `what`.
 *
 * The journey. Who begins one keeps its record with what it is about (transfer_put), and opens its live half (transfer_open): what
 * the owner remembers while bytes flow, behind struct transfer_ops. A request for one of its files is first looked up
 * (transfer_get: whose is it?), then the owner says where the body goes (transfer_admit). Nobody touches it for TRANSFER_IDLE_MS:
 * the owner is told, and ends it. The live half is this process's alone: after a restart there is none, and the owner's task takes
 * the record away. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/random.h"
#include "gate/piece.h"
#include "http/response.h"

struct arena;
struct caller;
struct gate_upload;
struct site;
struct store;

enum {
    TRANSFER_IDLE_MS = 60 * 60 * 1000, /* without a request (vcd-api.md 4.2) */
    TRANSFER_TICK_MS = 1000,           /* how often owners and idle ones are looked after */
    TRANSFER_FILES_MAX = 256,          /* of one transfer */
    TRANSFER_NAME_MAX = 255,           /* bytes of a file's name */
    TRANSFER_TABLE_MAX = 4096,         /* live ones of this process */
};

enum transfer_what { TRANSFER_TEMPLATE_UP, TRANSFER_MEDIA_UP, TRANSFER_DOWN, TRANSFER_WHATS };

struct transfer_file {
    const char *name;
    int64_t size;  /* -1 = not known */
    int64_t done;  /* bytes that are through; not in the record: transfer_progress */
};

/* Texts live in the arena of the call. */
struct transfer {
    const char *id;     /* the UUID in its links: a capability only for who may see the entity */
    enum transfer_what what;
    const char *org;    /* URN */
    const char *entity; /* URN of the template, medium or vApp */
    const char *task;   /* URN */
    struct transfer_file *files;
    size_t files_len;
    int64_t made_ms;
};

/* ---- the record ---- */

/* Within a write transaction. */
MUST_USE bool transfer_put(struct store *s, const struct transfer *t, struct err *e);
/* What is not there is fine. */
MUST_USE bool transfer_drop(struct store *s, const char *id, struct err *e);
/* One whose organization's things the caller may see. ERR_NOT_FOUND: there is none; ERR_DENIED: it is another organization's. */
MUST_USE bool transfer_get(struct store *s, const struct caller *c, const char *id, struct arena *a, struct transfer *ret, struct err *e);
/* Of an entity; ret->id NULL when it has none. */
MUST_USE bool transfer_of(struct store *s, const char *entity, struct arena *a, struct transfer *ret, struct err *e);
const struct transfer_file *transfer_file_of(const struct transfer *t, const char *name); /* NULL */
/* A name that may stand in a link and in a descriptor: no '/', no '\', not "." or "..", no control characters, UTF-8, 1 to
 * TRANSFER_NAME_MAX bytes. */
bool transfer_name_valid(const char *name);

/* ---- the live half ---- */

/* A PUT, as its head says. */
struct transfer_request {
    const char *name;     /* the file's */
    int64_t length;       /* Content-Length; -1: chunked */
    bool part;            /* it has a Content-Range */
    const char *from;     /* the client's address */
    gate_reply *reply;    /* how a TRANSFER_STREAM is answered; its status 0: as its error's kind says */
};

/* Where its body goes. */
enum transfer_how {
    TRANSFER_GATHER, /* small: gathered, at most `max` bytes, and handed to transfer_gathered on a pool thread */
    TRANSFER_RELAY,  /* to an ESXi host, as a piece of `upload` (gate/piece.h) */
    TRANSFER_STREAM, /* `onward` takes it and answers; without a stream: it takes no parts, and this is one */
};
struct transfer_way {
    enum transfer_how how;
    size_t max;
    struct gate_upload *upload; /* a reference, the caller's */
    struct http_onward onward;
};

/* What the owner of a transfer does; own is what it gave to transfer_open. It has its own lock: requests come on any pool thread. */
struct transfer_ops {
    /* ERR_NOT_FOUND: no such file, or not yet; ERR_CONFLICT: not now; ERR_LIMIT .. as they are. */
    bool (*admit)(void *own, const struct site *site, const struct caller *c, const struct transfer *t,
                  const struct transfer_request *rq, struct transfer_way *ret, struct err *e);
    bool (*gathered)(void *own, const struct site *site, const struct transfer *t, const char *name, const void *data, size_t len,
                     struct err *e);
    /* Bytes of this file that are through; any thread, must not wait. */
    int64_t (*done)(void *own, const char *name);
    /* Each TRANSFER_TICK_MS, one transfer after the other: must not wait. now_ms is monotonic. NULL = nothing to do. */
    void (*tick)(void *own, const struct site *site, int64_t now_ms);
    /* Nobody asked for it in time; once. Must not wait. */
    void (*idle)(void *own, const struct site *site);
    /* The last reference is gone. */
    void (*destroy)(void *own);
};

struct transfer_table *transfer_table_create(void);
struct transfer_table *transfer_table_destroy(struct transfer_table *t); /* nobody asks any more; NULL in, NULL out */
DEFINE_AUTO(transfer_table_destroyp, struct transfer_table *, transfer_table_destroy)

/* ERR_LIMIT: TRANSFER_TABLE_MAX are open; take_own is still the caller's then. */
MUST_USE bool transfer_open(const struct site *site, const char *id, const struct transfer_ops *ops, void *take_own, struct err *e);
/* It is over: requests find it no more. Its own goes when the last of them is through. */
void transfer_close(const struct site *site, const char *id);

/* A reference to a live one: AUTO(transfer_return) struct transfer_hold h = { 0 }; */
struct transfer_live;
struct transfer_hold {
    struct transfer_table *table;
    struct transfer_live *live;
    void *own;
};
/* False: there is none (any more) that these ops look after; NULL = any. */
bool transfer_borrow(const struct site *site, const char *id, const struct transfer_ops *ops, struct transfer_hold *ret);
void transfer_return(struct transfer_hold *h); /* harmless for a zeroed one */

/* Fills files[].done. */
void transfer_progress(const struct site *site, struct transfer *t);
/* Somebody makes use of it: it isn't idle. Any thread. */
void transfer_touch(const struct site *site, const char *id);
/* The whole way of a request, on a pool thread: whose it is, and where its body goes. */
MUST_USE bool transfer_admit(const struct site *site, const struct caller *c, const char *id, const struct transfer_request *rq,
                             struct transfer_way *ret, struct err *e);
/* The body of a TRANSFER_GATHER; asks anew whether he may. */
MUST_USE bool transfer_gathered(const struct site *site, const struct caller *c, const char *id, const char *name, const void *data,
                                size_t len, struct err *e);
/* Owners' ticks, idle ones, and tasks that found no place in the queue. Every TRANSFER_TICK_MS, by flow/timers.h. */
MUST_USE bool transfer_tick(const struct site *site, struct err *e);
