/* gate/gate.h - the gate: who is connected to which ESXi host right now, on all loops, and the one place that says whether his
 * bytes may flow. Called by cell's wiring, by flow (lists, withdrawal) and by the sessions themselves (gate/console.c, gate/upload.h).
 *
 * One gate a process, one lane a loop, several kinds of session. A console is admitted by the policy (a pool thread: ticket, user, virtual machine, the vCenter's
 * own ticket), its host is believed by the one engine in the handshake of its own connection, and decided again on the kept chain after each
 * change of the live trust (gate_review). What is refused or ended is told to the policy, which keeps it as an event before
 * the client hears of it. It can't see the store. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/random.h"
#include "gate/relay.h"
#include "gate/target.h"
#include "trust/rule.h"

struct address;
struct chain;
struct conn;
struct gate;
struct gate_lane;
struct http_stream;
struct loop;
struct pool;
struct resolver;
struct tcp_options;
struct trust_live;

/* Makes a connection of addresses; as tcp_connect (net/tcp.h). */
typedef struct conn *gate_connect(const struct address *addresses, size_t len, const struct tcp_options *options);

enum {
    GATE_SESSIONS_MAX = 10000,
    GATE_TRANSFERS_MAX = 512,   /* uploads at once, and as many downloads */
    GATE_FILES_KEPT = 512,      /* descriptors for everything else: a session has two */
    GATE_DIAL_MS = 20 * 1000,   /* from the name to the host's 101, unless the configuration says otherwise */
    GATE_BETWEEN_MS = 60 * 60 * 1000, /* from one piece of an upload to the next, unless the configuration says otherwise */
    GATE_REVIEW_MS = 2000,      /* how long a change of trust waits for the loops to have looked at their sessions */
    GATE_REASON = 124,          /* of a Close, with its NUL */
    GATE_TICKET_MAX = 256,      /* bytes of a ticket in a path */
};

/* WebSocket Close codes (docs/gate.md). */
enum { GATE_CLOSE_IDLE = 4408, GATE_CLOSE_UNTRUSTED = 4403, GATE_CLOSE_WITHDRAWN = 4410, GATE_CLOSE_HOST = 4502,
       GATE_CLOSE_AWAY = 1001, GATE_CLOSE_ENDED = 1008 };

enum gate_kind { GATE_CONSOLE, GATE_UPLOAD, GATE_DOWNLOAD, GATE_KINDS };

enum gate_what {
    GATE_REFUSED,    /* the host's chain is not believed */
    GATE_THUMBPRINT, /* believed, and not the certificate that the vCenter named: twice */
    GATE_FAILED,     /* the host or the vCenter could not be reached, or broke off */
    GATE_WITHDRAWN,  /* a live session whose host is not believed any more */
    GATE_ENDED,      /* a limit, or a person */
};

/* What is told to the policy; borrowed for the call. */
struct gate_news {
    enum gate_what what;
    const struct gate_target *target;
    const struct trust_verdict *verdict; /* NULL when it is not about a certificate */
    const char *rule;                    /* "unknown-issuer", "host-failed", "idle-limit" */
    const char *text;                    /* a sentence */
};

/* What only floors above can say. All but `proved` run on pool threads and may block. */
struct gate_policy {
    /* Redeems a ticket and says where it leads. ERR_DENIED: it is none, or was used; ERR_LIMIT .. as they are. */
    bool (*admit)(void *self, const char *ticket, const char *from, struct gate_target **ret, struct err *e);
    /* The same target once more, with a new ticket of the vCenter's. */
    bool (*again)(void *self, const struct gate_target *t, struct gate_target **ret, struct err *e);
    /* Keeps an event; its id, or "". */
    void (*tell)(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID]);
    /* A connection was believed. On the loop: never waits. */
    void (*proved)(void *self, const struct gate_target *t, const struct trust_verdict *v);
};

struct gate_config {
    const struct gate_policy *policy;
    void *self;                     /* of the policy */
    struct pool *pool;              /* borrowed, as the next two */
    const struct resolver *resolver;
    struct trust_live *live;
    gate_connect *connect;          /* NULL: tcp_connect; tests: a connection in memory */
    size_t sessions_max;            /* consoles; 0: gate_sessions_max() */
    size_t transfers_max;           /* uploads, and as many downloads; 0: GATE_TRANSFERS_MAX, or the former if that is less */
    int64_t idle_ms, life_ms;       /* of a console; 0: no limit */
    int64_t between_ms;             /* from one piece of an upload to the next; 0: GATE_BETWEEN_MS */
    int64_t dial_ms;                /* 0: GATE_DIAL_MS */
    int64_t (*mono_ms)(void);       /* of exchanges, which have no loop; NULL: clock_mono_ms; tests: a clock that they move */
    bool finish;                    /* a withdrawal leaves live sessions alone, unless it says otherwise */
};

/* min(GATE_SESSIONS_MAX, (file limit - GATE_FILES_KEPT) / 2). */
size_t gate_sessions_max(void);

struct gate *gate_create(const struct gate_config *c);
/* Its lanes are gone, and its pool's jobs are answered. */
struct gate *gate_destroy(struct gate *g);
DEFINE_AUTO(gate_destroyp, struct gate *, gate_destroy)

/* Before the loop runs. */
MUST_USE bool gate_lane_create(struct gate *g, struct loop *l, struct gate_lane **ret, struct err *e);
/* When the loop's thread has ended: what is there is broken off. The lane stays until the loop is destroyed. */
void gate_lane_stop(struct gate_lane *l);
struct gate_lane *gate_lane_destroy(struct gate_lane *l);

/* The handler of "/{port};{*ticket}", whose route has the gate for its tag (http/router.h). */
extern const struct http_stream gate_console_stream;

/* ---- any thread ---- */

/* After the live set was swapped: every session is decided again. Waits until all loops have, GATE_REVIEW_MS at most. */
void gate_review(struct gate *g);
/* What becomes of the sessions that stand on this anchor when it is withdrawn: told before that, waits likewise. */
enum gate_fate { GATE_FATE_DEFAULT, GATE_FATE_END, GATE_FATE_FINISH };
void gate_decree(struct gate *g, const uint8_t anchor[DIGEST_SHA256], enum gate_fate fate);
/* Ends all, consoles with GATE_CLOSE_AWAY, and takes no more. */
void gate_close(struct gate *g);

/* A live session; all borrowed for the call. */
struct gate_session {
    enum gate_kind kind;
    const char *id;                 /* a UUID */
    const char *name;               /* of the file, "" for a console */
    const struct gate_target *target;
    int64_t since_ms;               /* wall clock */
    uint64_t bytes[RELAY_WAYS];
    const struct chain *chain;      /* that the host presented */
    const uint8_t *anchor;          /* that vouches for it */
    bool single_proof;
};
/* In no order. Must not call the gate. */
void gate_list(struct gate *g, void (*sink)(void *self, const struct gate_session *s), void *self);
/* False: there is none of this id (any more). It ends a moment later. */
bool gate_end(struct gate *g, const char *id);

/* Of one kind. */
struct gate_figures {
    size_t sessions, sessions_max;
    uint64_t admitted, turned_away;   /* since the start; away: there were too many */
    uint64_t ends[RELAY_ENDS];
    uint64_t bytes[RELAY_WAYS];       /* of ended sessions and live ones */
};
struct gate_counts {
    struct gate_figures of[GATE_KINDS];
    uint64_t handshakes[5];           /* ok, untrusted, thumbprint, failed, refused: as gate_handshake_name */
    uint64_t refusals[TRUST_RULE_COUNT];
};
void gate_count(struct gate *g, struct gate_counts *ret);
/* What others tell it for its figures: a look at a host before a deed (NULL: it was not reached), and what was refused one, by the rule. */
void gate_looked(struct gate *g, const struct trust_verdict *v);
void gate_refused(struct gate *g, enum trust_rule rule);
const char *gate_handshake_name(size_t n);
const char *gate_kind_name(enum gate_kind k); /* "console", "upload": stable */
