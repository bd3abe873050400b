/* api/grant_rows.h - the grants of an owner as the rows of a list, whose certificates are read when they are written.
 * Called by the two faces of grants: trusted_certificates.c and vouchsafe_trust.c. */
#pragma once
#include "api/list.h"
#include "base/digest.h"
#include "store/grant.h"

struct arena;
struct store;

/* What only some questions ask for; read once. */
struct grant_more {
    bool has_not_after, has_state;
    int64_t not_after_ms; /* 0: it can't be read */
    const char *state;    /* as the last audit found it; NULL: it found nothing */
};

struct grant_row {
    struct store_grant grant; /* der is NULL: store_cert_get has it */
    struct store *store;      /* borrowed while the list is written */
    char sha256[3 * DIGEST_SHA256]; /* "AA:BB:.." */
    const char *scope;
    struct arena *arena;      /* of the call */
    struct grant_more *more;
};

int64_t grant_row_not_after(const struct grant_row *r);
const char *grant_row_state(const struct grant_row *r);


/* owner NULL = everybody's. */
MUST_USE bool grant_rows_answer(struct api_call *c, const struct api_list *shape, const char *owner, struct err *e);
