/* gate/gate_parts.h - the inside of the gate, shared by gate.c (the table), lane.c (one loop's part), passage.c (what all kinds of session
 * have), console.c and console_jobs.c, upload.c and its files. Inside gate only.
 * Nouns: console, lane, passage. */
#pragma once
#include <pthread.h>

#include "base/ring.h"
#include "gate/gate.h"
#include "gate/leg.h"
#include "net/drive.h"
#include "net/loop.h"
#include "net/pool.h"

enum { GATE_LANES_MAX = 64 };

struct gate {
    struct gate_config config;
    pthread_mutex_t lock;     /* guards what follows, and of each session what a list shows */
    pthread_cond_t changed;
    struct gate_lane *lanes[GATE_LANES_MAX];
    size_t lanes_len;
    struct ring sessions;     /* whose hosts are believed */
    struct gate_counts counts;
    size_t taken[GATE_KINDS]; /* places, from the first byte of a session to its last */
    bool closed;
};

/* Whoever gave orders to all lanes and waits. Under the gate's lock; freed by the last. */
struct order_wait {
    unsigned refs, left; /* lanes that have not done it yet */
};

/* What a lane is told to do with its sessions. */
enum order_kind { ORDER_REVIEW, ORDER_DECREE, ORDER_CLOSE, ORDER_END };

struct order {
    struct loop_task task;
    struct ring ring;          /* in lane->waiting */
    struct gate_lane *lane;
    enum order_kind kind;
    uint8_t anchor[DIGEST_SHA256];
    enum gate_fate fate;
    uint64_t id;               /* of the session to be ended */
    struct order_wait *wait;   /* NULL: nobody waits */
};

struct gate_lane {
    struct gate *gate;
    struct loop *loop;
    struct relay_deck *deck;
    struct tls_client *tls;
    struct desk *desk;
    struct ring sessions;     /* all of this loop */
    uint64_t review;          /* number of the newest one */
    struct loop_task reviewing;
    struct ring waiting;      /* orders to be answered when the review is through */
    bool stopped;
};

struct passage;

/* What the gate and its lanes do with any session. */
struct passage_kind {
    enum gate_kind kind;
    /* The host's connection, which is decided again; NULL: nothing flows. */
    struct conn *(*host)(const struct passage *s);
    uint64_t (*bytes)(const struct passage *s, enum relay_way way); /* any thread, while it is listed */
    const char *(*name)(const struct passage *s);                   /* likewise */
    void (*withdraw)(struct passage *s, const struct trust_verdict *v);
    void (*stop)(struct passage *s, enum relay_end why);
    void (*abort)(struct passage *s); /* now, with no ceremony: its loop has ended */
};

/* What every session has, whatever it carries; first member. */
struct passage {
    const struct passage_kind *kind;
    struct gate_lane *lane;    /* its loop's. That of an upload changes, under the gate's lock */
    struct ring ring;          /* in lane->sessions */
    struct ring listed;        /* in gate->sessions, while its host is believed */
    uint64_t id;               /* at the lane's desk */
    struct gate_target *target;
    char uuid[RANDOM_UUID];
    int64_t since_ms;          /* wall clock: of the handshake, which a review judges by */
    struct chain *chain;       /* a reference */
    uint8_t anchor[DIGEST_SHA256];
    bool single_proof;
    bool end_wanted;           /* under the gate's lock: somebody ended it, wherever it is */
    enum gate_fate fate;
    uint64_t reviewed;         /* number of the review that has seen it */
};

enum console_state {
    CONSOLE_ADMITTING,  /* at the policy */
    CONSOLE_DIALLING,
    CONSOLE_TELLING,    /* the policy keeps an event; then the client is told */
    CONSOLE_SWITCHING,  /* our 101 is on its way */
    CONSOLE_RELAYING,
    CONSOLE_CLOSING,
    CONSOLE_OVER,
};

struct http_exchange;

struct console {
    struct passage s;          /* first */
    enum console_state state;
    struct http_exchange *exchange; /* NULL once the connection is ours */
    bool binary;               /* the client offered the subprotocol */
    bool asked_again;          /* the thumbprint differed once */
    struct leg *leg;           /* owned, until the relay begins */
    struct conn *client;       /* owned, between the 101 and the relay */
    uint8_t *early;            /* owned: what the client sent behind its handshake */
    size_t early_len;
    struct relay *relay;       /* frees itself */
    struct drive drive;
    struct loop_task burial;
    uint16_t code;             /* of the Close to come; 0: none */
    char reason[GATE_REASON];
};

/* News on their way to a pool thread; owned. */
struct passage_news {
    enum gate_what what;
    struct gate_target *target; /* a reference */
    bool has_verdict;
    struct trust_verdict verdict;
    char rule[32], text[sizeof(((struct err *)0)->msg)];
    char event[RANDOM_UUID];    /* the answer */
};

/* passage.c */
void passage_enter(struct passage *s, struct gate_lane *l); /* it is one of this lane's */
void passage_leave(struct passage *s);
void passage_proved(struct passage *s, const struct leg *l);
void passage_open(struct passage *s, struct gate *g, const struct conn *host); /* .. and its bytes may flow: it is listed */
/* It is not believed any more, and is left alone all the same: withdrawn trust, if that was said; never what is wrong with the
 * certificate itself. */
bool passage_spared(const struct passage *s, const struct gate *g, const struct trust_verdict *v);
void passage_news_copy(struct passage_news *ret, const struct gate_news *n);
struct gate_news passage_news_of(const struct passage_news *n); /* borrows */
void passage_news_done(struct passage_news *n);

/* console_jobs.c: to the policy and back. False: the pool takes no more. */
bool console_ask_admission(struct console *c, const char *ticket, const char *from, struct err *e);
bool console_ask_again(struct console *c, struct err *e);
bool console_tell(struct console *c, const struct gate_news *n, struct err *e);
/* .. and back, in console.c. */
void console_admitted(struct console *c, struct gate_target *take, const struct err *e);
void console_told(struct console *c, const char *event);

/* lane.c */
struct gate_lane *lane_of(struct gate *g, const struct loop *l);
void lane_take_order(struct loop_task *t);
bool lane_believes(const struct gate_lane *l, const struct passage *s, struct trust_verdict *ret);

/* gate.c */
bool gate_take_place(struct gate *g, enum gate_kind k, bool *ret_closed);
void gate_leave_place(struct gate *g, enum gate_kind k);
void gate_enlist(struct gate *g, struct passage *s);
void gate_strike(struct gate *g, struct passage *s, enum relay_end why); /* harmless when it is not listed */
void gate_want_end(struct passage *s); /* under the gate's lock */
void gate_saw(struct gate *g, enum leg_result r);
void gate_order_done(struct gate *g, struct order *take);
