/* gate/upload_parts.h - the inside of an upload, shared by upload.c (its life on a loop, and from loop to loop), upload_claim.c (any thread),
 * upload_host.c (the way to the host), upload_source.c (the bytes) and upload_jobs.c (to the policy and back). Inside gate only.
 * Nouns: upload. */
#pragma once
#include "gate/gate_parts.h"
#include "gate/upload.h"
#include "http/client.h"
#include "net/drive.h"
#include "net/loop.h"

enum upload_state {
    UPLOAD_NEW,      /* no piece has come to a loop yet */
    UPLOAD_DIALLING,
    UPLOAD_ASKING,   /* at the policy: the thumbprint differed */
    UPLOAD_SENDING,  /* its request is under way, or everything is dropped; also while it rests */
    UPLOAD_TELLING,  /* it failed, and the policy keeps an event */
    UPLOAD_OVER,
};

struct gate_upload {
    struct passage s;        /* first */
    unsigned refs;           /* atomic */
    struct gate *gate;
    const struct gate_sender *sender;
    void *self;              /* of the sender */
    char *name;
    uint64_t bytes;          /* atomic: what others see of the mark */
    /* Under the gate's lock. */
    bool claimed;            /* somebody brings a piece: the mark is his, then its loop's */
    bool begun;              /* a piece has come to a loop */
    bool placed;             /* it has one of the gate's places, and the gate a reference */
    bool over;               /* no further piece */
    bool complete;           /* .. for it has all of them */
    /* Whoever claimed it. */
    struct range_mark mark;
    /* From the feed's loop to where the upload is, and back with it. */
    struct loop_task move;
    struct gate_lane *next_lane;
    struct gate_feed next;
    bool arriving, next_gone; /* of the feed's loop */
    bool rooted;              /* of the other loop: it could not be moved just now */
    /* Its loop's. */
    enum upload_state state;
    struct gate_errand *errand; /* owned, until the request was written */
    struct leg *leg;            /* owned, while it dials */
    struct http_client *client; /* owned, from then on */
    struct http_source source;
    struct drive drive;
    struct loop_task turn;      /* of one that drops everything */
    struct loop_timer timer;
    int64_t due;                /* INT64_MAX: never */
    struct gate_feed feed;
    bool feeding;
    const uint8_t *shown;       /* what the source showed last */
    bool offered;               /* .. and the host has not taken */
    uint8_t *held;              /* owned: what a feed that went had shown */
    size_t held_at, held_len;
    bool all_in;                /* the last byte was taken */
    bool answering;             /* .. and the host's answer is waited for */
    bool piece_over;            /* the piece has ended in this step */
    struct err piece_err;       /* .. badly, unless ERR_NONE */
    bool asked_again;
    /* Its end. */
    enum relay_end why;
    enum gate_what what;
    bool has_verdict;
    struct trust_verdict verdict;
    struct err err;
    char event[RANDOM_UUID];
};

/* upload.c */
struct gate_upload *upload_of(const struct passage *s);
void upload_due(struct gate_upload *u, int64_t ms); /* its timer: fails it in so many ms, 0 = never */
void upload_rest(struct gate_upload *u);            /* no feed any more: it may be claimed */
void upload_reply(struct gate_upload *u, int status, const struct err *e); /* .. and the feed is told */
/* The request is under way: bytes may come. */
void upload_opened(struct gate_upload *u);
/* The host has taken all, and said so; or everything was dropped. */
void upload_complete(struct gate_upload *u);
struct upload_failure {
    enum relay_end why;
    enum gate_what what;
    const char *rule;
    const struct trust_verdict *verdict; /* or NULL */
    const struct err *err;
};
void upload_fail(struct gate_upload *u, const struct upload_failure *f);
void upload_move(struct loop_task *t);   /* on the loop where it is */
void upload_arrive(struct loop_task *t); /* on the loop of its feed */
void upload_told(struct gate_upload *u, const char *event);

/* upload_claim.c */
void upload_release(struct gate_upload *u);   /* the claim is given back */
void upload_give_up(struct gate_upload *u);   /* no claim is given any more */
/* The last step: its place, and the gate's reference. fed: the claim is its own loop's. */
void upload_leave_gate(struct gate_upload *u, bool fed);

/* upload_host.c */
void upload_dial(struct gate_upload *u);
void upload_drive(struct gate_upload *u);  /* the request goes on, on this loop */
void upload_cut(struct gate_upload *u);    /* nothing goes to the host any more */
void upload_asked(struct gate_upload *u, struct gate_errand *take, const struct err *e);

/* upload_source.c */
void upload_source_init(struct gate_upload *u);
void upload_drop_all(struct loop_task *t); /* a turn of one without a host */
void upload_settle(struct gate_upload *u); /* after each step: what of a piece has ended, and what is waited for */
void upload_hold(struct gate_upload *u);   /* the feed goes: what it shows counts */

/* upload_jobs.c. False: the pool takes no more. */
bool upload_ask_again(struct gate_upload *u, struct err *e);
bool upload_tell(struct gate_upload *u, const struct gate_news *n, struct err *e);
void upload_say_end(struct gate_upload *u); /* the sender's `ended`, elsewhere */
void upload_say_end_here(struct gate_upload *u);
