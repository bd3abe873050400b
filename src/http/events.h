/* http/events.h - a stream of server-sent events (HTML Living Standard 9.2) as the onward part of a straight-line answer: what
 * happens anywhere is told to a page when it happens, without polling. The mechanism only: who may hear what was decided
 * by the handler, and what is said comes from a teller.
 *
 * The journey: the handler makes a stream around a teller and sets it as the answer's onward. On the loop the stream asks its
 * teller once, and again each time that it was woken; between two events it holds back HTTP_EVENTS_HOLD_MS, so that
 * what comes in a rush goes together. It ends after HTTP_EVENTS_LIFE_MS with an event "again", so that who may listen is
 * asked anew: the page opens the next stream before it leaves this one. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "http/response.h"

struct buf;
struct http_events;

enum {
    HTTP_EVENTS_HOLD_MS = 250,
    HTTP_EVENTS_BEAT_MS = 25 * 1000,     /* a comment, so that a client that went is noticed and no proxy loses patience */
    HTTP_EVENTS_LIFE_MS = 5 * 60 * 1000,
    HTTP_EVENTS_MAX = 1024,              /* bytes of one event; a client that doesn't take so few has gone */
};

struct http_teller {
    /* Puts what is new into the buffer, as "event: ..\ndata: ..\n\n", or nothing. False: there will be no more. */
    bool (*tell)(void *self, struct buf *event);
    /* The last call, on the loop's thread or wherever an answer is dropped: no http_events_wake afterwards. */
    void (*done)(void *self);
    void *self;
};

/* NULL is not returned. Owned by the answer once it is set there (http_events_onward), until then by the caller. */
struct http_events *http_events_create(const struct http_teller *t);
struct http_onward http_events_onward(struct http_events *take);
/* From any thread: there is something to tell. Cheap, and harmless before the stream begins: it asks its teller then. */
void http_events_wake(struct http_events *s);
