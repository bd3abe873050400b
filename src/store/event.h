/* store/event.h - what happened: refusals, security events, changes of state. People and the API read it back.
 * Events may be trimmed: the newest STORE_EVENTS_KEPT of each severity stay, so that a flood of one kind never drives
 * out another. What must stay for ever belongs into the audit trail. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "base/random.h"
#include "store/limits.h"

struct arena;
struct store;

enum store_severity {
    STORE_INFO,
    STORE_WARNING,
    STORE_ERROR,
    STORE_SECURITY, /* somebody should look: a refused identity, a thumbprint that differs */
    STORE_SEVERITIES,
};

struct store_event {
    uint64_t seq;       /* rises; the order in which they came. Not read by store_event_add */
    const char *id;     /* a UUID. Not read by store_event_add */
    int64_t at_ms;
    const char *kind;   /* a word of ours: "tls.refused", "vcenter.lost" */
    enum store_severity severity;
    const char *entity; /* URN or endpoint key of what it is about; "" = the cell itself */
    const char *text;   /* a sentence for people */
    const char *data;   /* a JSON object made by the caller; "" = none */
};

MUST_USE bool store_event_add(struct store *s, const struct store_event *ev, char ret_id[RANDOM_UUID], struct err *e);
/* Copied into the arena. ERR_NOT_FOUND: never there, or trimmed. */
MUST_USE bool store_event_get(struct store *s, const char *id, struct arena *a, struct store_event *ret, struct err *e);

/* Those that fit everything that is given; newest first. */
struct store_event_query {
    const char *kind;                 /* NULL = all */
    const char *entity;               /* NULL = all */
    enum store_severity at_least;     /* STORE_INFO = all */
    int64_t since_ms, before_ms;      /* since <= at < before; before 0 = no end */
    uint64_t after;                   /* seq of the last row of the page before; 0 = from the newest */
    uint32_t limit;                   /* 0 = STORE_PAGE_MAX, which is the most */
};

/* Borrowed for the call; must not call the store. Return false (with e set) to stop. */
typedef bool store_event_sink(void *self, const struct store_event *ev, struct err *e);
MUST_USE bool store_event_list(struct store *s, const struct store_event_query *q, store_event_sink *sink, void *self,
                               struct err *e);
