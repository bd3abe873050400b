/* lab/session.h - who is logged in at a vCenter, over SOAP or REST, and what a session owns: views, property
 * collectors with their filters, and answers that go on over several pages. Called by the vCenter's faces, under
 * lab_lock. Everything a client can make has a cap. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "lab/inventory.h"

struct http1_head;

/* Whoever logs in, as sessions, events and permissions name him. */
#define LAB_PRINCIPAL "VSPHERE.LOCAL\\Administrator"

enum {
    LAB_SESSIONS_MAX = 500,      /* of one vCenter; the one longest idle goes */
    LAB_IDLE_MS = 30 * 60 * 1000, /* without a call */
    LAB_VIEWS_MAX = 100,         /* of one session */
    LAB_COLLECTORS_MAX = 50,
    LAB_FILTERS_MAX = 100,       /* of one collector */
    LAB_PAGES_MAX = 16,          /* answers begun and not read to their end; the oldest goes */
    LAB_MEMBERS_MAX = 10000,     /* of one list view */
    LAB_HISTORIES_MAX = 32,
    LAB_TYPES_MAX = 32,          /* of one view */
    LAB_AGENT_MAX = 128,
};

struct lab_view {
    char moid[LAB_MOID_MAX];
    char container[LAB_MOID_MAX];
    bool recursive;
    char types[LAB_TYPES_MAX][64];
    size_t types_len;
    bool list;               /* a ListView: of these moids instead */
    char (*members)[LAB_MOID_MAX]; /* owned */
    size_t members_len;
    struct lab_view *next;
};

/* What was told of one object: a hash for each of its properties. */
struct lab_told {
    uint64_t *hashes; /* owned; NULL: nothing yet */
};

struct lab_known {
    struct lab_object o;
    char *moid;              /* owned: of what belongs to the session */
    struct lab_told told;
    uint64_t version;        /* the object's, when it was told */
    unsigned round;          /* when it was selected last */
    bool used;
};

/* A request is kept as it came and read again when it is needed. */
struct lab_filter {
    char moid[LAB_MOID_MAX];
    char *request; /* owned */
    size_t request_len;
    struct lab_known *known; /* owned: what the client was told of, a table of known_cap places */
    size_t known_cap, known_len;
    uint64_t at;             /* estate version that was told whole; 0: nothing yet, or not whole */
    struct lab_filter *next;
};

struct lab_collector {
    char moid[LAB_MOID_MAX]; /* "" = the session's first one, called propertyCollector */
    struct lab_filter *filters;
    unsigned round;
    unsigned cancelled;
    uint64_t version; /* of the last answer */
    struct lab_collector *next;
};

/* A history collector: goes through events or tasks from the oldest that fits its filter. */
struct lab_history {
    char moid[LAB_MOID_MAX];
    bool tasks;
    char *request;           /* owned: its filter stands in it */
    size_t request_len;
    unsigned at;             /* everything before this key was read */
    int64_t page;            /* of latestPage */
    struct lab_history *next;
};

struct lab_page {
    char name[40]; /* what ContinueRetrievePropertiesEx calls a token */
    char *request; /* owned */
    size_t request_len;
    struct lab_object *objects; /* owned */
    size_t len, at, max;
    struct lab_page *next;
};

struct lab_session {
    char id[40], key[40];
    char user[LAB_NAME];
    char ip[48], agent[LAB_AGENT_MAX]; /* the login's client, and its User-Agent: printable ASCII, cut */
    int64_t login_ms, last_ms; /* wall clock */
    uint64_t calls;
    bool rest;
    char clone[40];  /* the ticket that opens another session like it, once; "": none */
    struct lab_view *views;
    struct lab_collector *collectors;
    struct lab_page *pages;
    struct lab_history *histories;
    struct lab_session *next;
};

/* ERR_DENIED: wrong, or locked out: the answer is the same. */
struct lab_session *lab_session_login(struct lab_vcenter *vc, const char *user, const char *password, bool rest,
                                      int64_t now_ms, struct err *e);
/* Another session of whom the ticket is; NULL. */
struct lab_session *lab_session_clone(struct lab_vcenter *vc, const char *ticket, int64_t now_ms);
/* NULL when there is none (any more). */
struct lab_session *lab_session_find(struct lab_vcenter *vc, const char *id, bool rest, int64_t now_ms);
void lab_session_end(struct lab_vcenter *vc, struct lab_session *s);
/* A cookie's value, when it is shorter than 40 bytes. */
bool lab_cookie(const struct http1_head *head, const char *name, char out[40]);
/* Basic with the right password: for one request, without a session. */
bool lab_session_basic(struct lab_vcenter *vc, const struct http1_head *head);
/* The session that a request's cookie names. */
struct lab_session *lab_session_of(struct lab_vcenter *vc, const struct http1_head *head, int64_t now_ms);
/* "session[..].." */
void lab_session_moid(const struct lab_session *s, char out[LAB_MOID_MAX]);

struct lab_view *lab_session_view(const struct lab_session *s, const char *moid);
struct lab_collector *lab_session_collector(struct lab_session *s, const char *moid);
void lab_session_view_end(struct lab_session *s, struct lab_view *v);
void lab_session_collector_end(struct lab_session *s, struct lab_collector *c);
bool lab_session_filter_end(struct lab_session *s, const char *moid);
struct lab_history *lab_session_history(const struct lab_session *s, const char *moid);
void lab_session_history_end(struct lab_session *s, struct lab_history *h);
void lab_page_end(struct lab_session *s, struct lab_page *p);
