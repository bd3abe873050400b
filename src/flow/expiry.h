/* flow/expiry.h - alarms before something expires: trusted certificates, and what endpoints and hosts really present, CAs first, as
 * vSphere has its soft and hard thresholds (240 and 30 days; both are settings). What answers under a wrong name is told as well.
 * Called by the timer of that name (flow/timers.h), by the audit and by api. Each alarm is a record until its reason is gone, an event
 * when it comes or grows worse, and all together one advisory. Looks at nobody; the clock is a parameter. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"

struct site;
struct store;

enum {
    EXPIRY_EVENTS = 200, /* of one check; the rest is counted in one more */
    EXPIRY_PERIOD_MS = 60 * 60 * 1000,
};

/* From bad to worse. */
enum expiry_level { EXPIRY_SOFT, EXPIRY_MISNAMED, EXPIRY_HARD, EXPIRY_PAST };

/* One certificate. Texts live in the arena of the call. */
struct expiry_alarm {
    uint8_t sha256[DIGEST_SHA256];
    enum expiry_level level;
    bool ca, trusted;        /* trusted: an anchor; else only presented */
    const char *subject;
    const char *where;       /* alias of a grant, or the name of the first endpoint that presents it */
    size_t endpoints;        /* that present it */
    int64_t not_after_ms;
};

/* What is wrong at this moment: CAs first, then the worst, then the soonest. */
MUST_USE bool expiry_find(const struct site *site, int64_t now_ms, struct arena *a, struct expiry_alarm **ret, size_t *ret_len,
                          struct err *e);
/* Finds, keeps and tells. now_ms: 0 = now. */
MUST_USE bool expiry_check(const struct site *site, int64_t now_ms, struct err *e);

/* What the last check kept, for the advisory. first: the gravest; "" when there is nothing. In the arena. */
struct expiry_summary {
    size_t count, hard, past, misnamed;
    const char *first;
};
MUST_USE bool expiry_kept(struct store *s, struct arena *a, struct expiry_summary *ret, struct err *e);

/* "expiring", "misnamed", "expiring-soon", "expired": stable. */
const char *expiry_level_name(enum expiry_level l);
