/* flow/busy.h - how much slow work may be under way at once, in all and for one owner: so that whoever asks for looks at
 * hosts that never answer can't hold all threads that others need. Called around testConnection and inspect. */
#pragma once
#include <stdbool.h>

#include "base/def.h"
#include "base/err.h"

struct busy;

enum {
    BUSY_ALL = 12,      /* looks of people at once; a cell has more request threads than that */
    BUSY_PER_OWNER = 4, /* of one organization */
};

struct busy *busy_create(unsigned all, unsigned per_owner);
struct busy *busy_destroy(struct busy *b); /* nobody is at work */
DEFINE_AUTO(busy_destroyp, struct busy *, busy_destroy)

/* A turn: AUTO(busy_end) struct busy_turn t = { 0 }; */
struct busy_turn {
    struct busy *busy;
    unsigned slot;
};
/* ERR_LIMIT at once when there is no room. b NULL: always. owner is copied. */
MUST_USE bool busy_begin(struct busy *b, const char *owner, struct busy_turn *ret, struct err *e);
void busy_end(struct busy_turn *t); /* harmless for a zeroed one */
