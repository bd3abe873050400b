/* flow/pulse.h - that something changed, told to whoever shows it: kinds of things, never which ones or how, so that what
 * somebody may not see can't be read out of it. Who listens asks again through the doors that check rights.
 * Beaten by the store after each commit, heard by the API's stream of changes. Also for what no store keeps,
 * by a word of its own: "console". Any thread; nothing here waits. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/def.h"
#include "base/ring.h"

struct pulse;

/* Somebody who listens. `woke` is called once when something new is there, from any thread and under the pulse's lock: it
 * passes the word on (loop_post) and returns. It isn't called again before pulse_take. */
struct pulse_ear {
    void (*woke)(struct pulse_ear *ear);
    struct ring ring; /* the pulse's */
    uint32_t heard;   /* the pulse's */
};

struct pulse *pulse_create(void);
struct pulse *pulse_destroy(struct pulse *p); /* nobody listens any more */
DEFINE_AUTO(pulse_destroyp, struct pulse *, pulse_destroy)

/* kind: a word of the store (store_source_watch); one that nobody shows does nothing; NULL: anything may have changed. */
void pulse_beat(struct pulse *p, const char *kind);
enum { PULSE_EARS_MAX = 1000 };

/* False: the pulse is closed, or PULSE_EARS_MAX listen. */
MUST_USE bool pulse_listen(struct pulse *p, struct pulse_ear *ear);
/* When it returns, woke is not running and won't be called any more. Harmless when it does not listen. */
void pulse_leave(struct pulse *p, struct pulse_ear *ear);
/* What was heard since the last time: bits for pulse_name. *ret_closed: nothing will come any more. */
uint32_t pulse_take(struct pulse *p, struct pulse_ear *ear, bool *ret_closed);
/* Wakes everybody for the last time: the cell ends. */
void pulse_close(struct pulse *p);

/* The word of a bit, as clients read it: "vcenter"; NULL behind the last. */
const char *pulse_name(unsigned bit);
