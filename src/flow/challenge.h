/* flow/challenge.h - explicit trust: what a person was shown, and the confirmation that is bound to exactly that (product rule
 * 3.1). Called by inspect and confirm of the API and by the command line. The journey: challenge_inspect looks, remembers
 * session, host, port, addresses and the whole chain, and gives a challenge; challenge_confirm names the certificate to be
 * stored by its fingerprint, takes the challenge (once, within five minutes, whatever comes of it), looks again, and grants only when everything
 * is as it was shown. No credential is part of it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "flow/look.h"
#include "store/limits.h"

struct arena;
struct caller;
struct site;
struct trust_cert;

enum {
    CHALLENGE_MS = 5 * 60 * 1000,
    CHALLENGE_PER_SESSION = 100, /* open at once; more is ERR_LIMIT */
};

/* challenge_shown_done. */
struct challenge_shown {
    struct look look;               /* what was seen, with its chain sorted */
    const struct trust_cert *store; /* what would be stored; borrowed from the look; NULL without a chain */
    bool pins_one;                  /* "this pins one certificate" */
    struct trust_scope scope;       /* for what it would be granted */
    struct trust_verdict would_be;  /* the verdict once it is */
    bool has_challenge;             /* else it is trusted already, or confirming would not help */
    char id[STORE_ID_MAX + 1];
    int64_t until_ms;
};
void challenge_shown_done(struct challenge_shown *s);

struct challenge_ask {
    const char *host;
    uint16_t port;
    bool leaf;          /* store the peer's own certificate even where its CA was sent */
    int64_t timeout_ms; /* 0 = site_look_ms */
};

/* An endpoint that can't be reached is an answer, in the look. */
MUST_USE bool challenge_inspect(const struct site *site, const struct caller *c, const struct challenge_ask *ask,
                                struct challenge_shown *ret, struct err *e);

/* sha256: of the certificate to be stored, as the person read it: one of the chain shown, and so bound to all of it. alias NULL: made from host and time. ERR_NOT_FOUND: no such challenge, used,
 * or past its time; ERR_CONFLICT: the endpoint presents something else, or is granted already; ERR_INPUT: expired, not valid
 * yet, another fingerprint; ERR_DENIED: another session's. Nothing is saved then. */
MUST_USE bool challenge_confirm(const struct site *site, const struct caller *c, const char *id, const uint8_t sha256[32],
                                const char *alias, char ret_grant[STORE_ID_MAX + 1], struct err *e);
