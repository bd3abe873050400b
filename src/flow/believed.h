/* flow/believed.h - the identity of an endpoint that was believed last, which stays known when the endpoint presents another one:
 * without it a renewal with the same key could not be told from somebody else's certificate.
 * Called by look_keep and vmca_keep (they save), by the rotation watch and the bulk trust (they compare). Decides nothing
 * about belief. While an endpoint presents what was believed, its own row (store/endpoint.h) says so; a record is written only
 * when something else takes its place, so a healthy estate costs nothing. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/limits.h"

struct store;
struct trust_cert;

/* believed_done. */
struct believed {
    struct trust_cert *cert; /* a reference: an endpoint's leaf, a vCenter's VMCA; NULL = never believed */
    int64_t since_ms;        /* since when it was presented */
    int64_t until_ms;        /* when it was believed last */
};
void believed_done(struct believed *b);

/* What a certificate is beside the one that was believed last. */
enum believed_change {
    BELIEVED_FIRST,    /* nothing was ever believed here */
    BELIEVED_SAME,     /* the same certificate */
    BELIEVED_SAME_KEY, /* another certificate of the same key */
    BELIEVED_CHANGED,  /* another key: another identity, as far as anybody can tell */
};
enum believed_change believed_compare(const struct believed *b, const struct trust_cert *now);

/* The key of a vCenter's VMCA, beside those of store/endpoint.h: "<urn>/vmca". */
const char *believed_vmca_key(const char *vcenter, struct arena *a);

/* key as in store/endpoint.h. Never believed is an answer, not an error. */
MUST_USE bool believed_get(struct store *s, const char *key, struct believed *ret, struct err *e);
/* The row of `key` is about to be replaced by a chain with this leaf that is not believed: what it said is saved, if that was
 * believed. Within a write transaction. */
MUST_USE bool believed_save(struct store *s, const char *key, const char *urn, const struct trust_cert *next, struct err *e);
/* This certificate is believed now: for what has no row of its own. Within a write transaction. */
MUST_USE bool believed_put(struct store *s, const char *key, const char *urn, const struct trust_cert *cert, int64_t now_ms,
                           struct err *e);
/* All of a vCenter or NSX Manager that goes. Within a write transaction. */
MUST_USE bool believed_drop(struct store *s, const char *urn, struct err *e);
