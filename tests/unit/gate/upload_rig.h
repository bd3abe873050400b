/* unit/gate/upload_rig.h - a gate with two loops in the test's hand, an ESXi host at the other end of a connection in memory that really
 * speaks TLS, a sender that notes what it hears, and clients that feed an upload with bytes of one file. Consoles stand on
 * it too (unit/gate/console.c). */
#pragma once
#include "fixture/mint.h"
#include "gate/gate.h"
#include "gate/upload.h"
#include "net/loop.h"
#include "net/memory.h"
#include "trust/set.h"
#include "unit/check.h"

enum { RIG_FILE = 300 * 1024, RIG_GOT = 512 * 1024, RIG_LOOPS = 2 };

/* A client that brings bytes [at, end) of the file; more of them only up to `ready`. */
struct client {
    uint64_t at, end, ready;
    size_t run;          /* shows at most so many at a time */
    const uint8_t *bytes; /* of the file, as he has it */
    int wanted, fed;
    bool ok;
    int status;
    uint64_t said;        /* bytes */
    char event[RANDOM_UUID];
    struct err err;
};

struct rig {
    struct mint *mint;
    const struct mint_made *root, *leaf, *other; /* other: the same names, another key */
    struct trust_live *live;
    uint64_t generation;
    struct pool *pool;
    struct resolver *resolver;
    struct gate *gate;
    struct loop *loops[RIG_LOOPS];
    struct gate_lane *lanes[RIG_LOOPS];
    int64_t now;
    struct gate_upload *upload;
    /* The host. */
    struct tls_server *server;
    struct conn *host;   /* NULL until it was dialled, or after it was cut */
    struct conn *near;   /* what the next dial gets, when rig_socket made one */
    int dials;
    bool refuses;        /* connections can't be made */
    size_t takes;        /* it reads so many bytes in all and then waits */
    uint8_t got[RIG_GOT]; /* what it was sent, decrypted */
    size_t got_len;
    bool got_end;
    const char *answers; /* as soon as the request is whole, or at once with at_once */
    bool at_once, hangs_up;
    size_t answered;
    /* The sender. */
    int again, told, proved, ended; /* atomic */
    bool again_fails;
    const char *again_print;
    struct gate_upload_end end;
    struct trust_verdict end_verdict;
    struct err end_err;
    char end_event[RANDOM_UUID], told_rule[64];
    enum gate_what told_what;
    uint8_t tapped[RIG_FILE];
    size_t tapped_len;
};

extern uint8_t rig_file[RIG_FILE];

void rig_start(struct rig *r, const char *print); /* the thumbprint of the errand: NULL = none, "" = the host's own */
/* The same gate with a policy of consoles and its limits: policy, self, sessions_max, idle_ms, life_ms. No upload is made. */
void rig_start_gate(struct rig *r, const struct gate_config *more);
/* The next dial gets a real descriptor, for gate_fetch, which waits in place on a thread of its own; the host's end is the caller's. */
void rig_socket(struct rig *r);
void rig_stop(struct rig *r);
/* The host as a target, with that path. */
struct gate_target *rig_target(struct rig *r, const char *print, const char *path);
/* An upload of the file whose length is known, or not. */
void rig_upload(struct rig *r, const char *print, uint64_t length);
/* Replaces what is trusted: with the root for this scope, or nothing; the caller has the gate look. */
void rig_trust(struct rig *r, const char *scope);
/* Runs both loops and the host until nothing happens for a while; jobs of the pool are waited for with `until`. */
void rig_turn(struct rig *r, int64_t ms);
void rig_until(struct rig *r, const int *what, int n);
/* Claims bytes [from, from + len) and feeds them on that loop; none at all are the whole of a file without any. */
void rig_bring(struct rig *r, struct client *c, int loop, uint64_t from, uint64_t len);
void rig_ready(struct rig *r, struct client *c, uint64_t until); /* he has sent so much by now */
void rig_leave(struct rig *r, struct client *c);                 /* his connection broke */
/* The body that the host got so far, and how much of it is the file's beginning; fails when they differ. */
size_t rig_body(struct rig *r);
