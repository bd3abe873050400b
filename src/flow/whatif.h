/* flow/whatif.h - what a change of trust would break or heal, before it is made: every endpoint's last chain decided again under the
 * changed set, and the live sessions that would end. Called by api (whatIf, the consequences of a removal).
 * It asks nobody and changes nothing. An endpoint that is not known is never called safe. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/evidence_sum.h"
#include "flow/replay.h"

struct site;
struct trust_cert;
struct trust_scope;

enum { WHATIF_GRANTS = 1000, WHATIF_SESSIONS = 100 /* kinds of live sessions that are named; all are counted */ };

enum whatif_action {
    WHATIF_DELETE,  /* the grants go */
    WHATIF_EXPIRE,  /* it is `at`: by default a second after the certificate's last */
    WHATIF_REPLACE, /* the grants are of `cert` */
    WHATIF_NARROW,  /* the grants say `scope` */
    WHATIF_GRANT,   /* System grants `cert` for `scope` as well */
};

/* Borrowed for the call. Which: the grants with these ids, or every grant of System for the certificate sha256. For EXPIRE also a
 * certificate that nobody granted and an endpoint presents. */
struct whatif_ask {
    enum whatif_action action;
    const char *const *ids;
    size_t ids_len;
    const uint8_t *sha256;
    const struct trust_scope *scope;
    const struct trust_cert *cert;
    int64_t at_ms;
    int64_t now_ms; /* 0 = now */
};

/* One endpoint: the same index in the answer's replay. */
struct whatif_row {
    struct trust_replay_result before, after;
    bool touched;  /* the change can matter to it: what is not known of it counts */
};

/* Live sessions that would end. Texts live in the replay's arena. */
struct whatif_session {
    const char *kind, *endpoint, *what;
    size_t count;
};

/* whatif_done. */
struct whatif {
    struct replay replay;
    struct whatif_row *rows; /* replay.len; in its arena */
    int64_t at_ms;           /* the moment that was asked about */
    size_t breaks;           /* believed now and not then */
    size_t heals;            /* the other way round */
    size_t verified;         /* believed then */
    size_t unknown;          /* not known, and the change can matter */
    struct whatif_session sessions[WHATIF_SESSIONS];
    size_t sessions_len, sessions_ending;
    struct evidence_sum carried; /* by the certificates that are asked about, until now; whatever their scopes */
};
void whatif_done(struct whatif *w);

/* ret is zeroed by the caller. ERR_NOT_FOUND: no such grant, no such certificate; ERR_INPUT: the new scope says more than the old
 * one, or something is missing. */
MUST_USE bool whatif_ask(const struct site *site, const struct whatif_ask *ask, struct whatif *ret, struct err *e);

/* "delete": stable; -1 when there is none of the name. */
int whatif_action_of(const char *name);
