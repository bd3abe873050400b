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

enum {
    LAB_SESSIONS_MAX = 500,      /* of one vCenter; the one longest idle goes */
    LAB_IDLE_MS = 30 * 60 * 1000, /* without a call */
    LAB_VIEWS_MAX = 100,         /* of one session */
    LAB_COLLECTORS_MAX = 50,
    LAB_FILTERS_MAX = 100,       /* of one collector */
    LAB_PAGES_MAX = 16,          /* answers begun and not read to their end; the oldest goes */
    LAB_TYPES_MAX = 32,          /* of one view */
    LAB_AGENT_MAX = 128,
};

struct lab_view {
    char moid[LAB_MOID_MAX];
    char container[LAB_MOID_MAX];
    bool recursive;
    char types[LAB_TYPES_MAX][64];
    size_t types_len;
    struct lab_view *next;
};

/* A request is kept as it came and read again when it is needed. */
struct lab_filter {
    char moid[LAB_MOID_MAX];
    char *request; /* owned */
    size_t request_len;
    struct lab_object *seen; /* owned: what the client knows of */
    size_t seen_len;
    uint64_t at;             /* estate version the client knows; 0: nothing yet */
    struct lab_filter *next;
};

struct lab_collector {
    char moid[LAB_MOID_MAX]; /* "" = the session's first one, called propertyCollector */
    struct lab_filter *filters;
    unsigned cancelled;
    uint64_t version; /* of the last answer */
    struct lab_collector *next;
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
    struct lab_view *views;
    struct lab_collector *collectors;
    struct lab_page *pages;
    struct lab_session *next;
};

/* ERR_DENIED: wrong, or locked out: the answer is the same. */
struct lab_session *lab_session_login(struct lab_vcenter *vc, const char *user, const char *password, bool rest,
                                      int64_t now_ms, struct err *e);
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
void lab_page_end(struct lab_session *s, struct lab_page *p);
