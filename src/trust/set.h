/* trust/set.h - the live trust: every anchor with its grants, and every CRL, as one immutable value.
 * Built once from rows by one thread, shared by reference, swapped as a whole: old handshakes keep the set that
 * they started with. An index by subject and key identifier makes many anchors of one name cost nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "trust/scope.h"

struct trust_set;
struct trust_cert;

/* One grant of one certificate. Several rows with the same DER make one anchor with several grants. */
struct trust_row {
    const uint8_t *der;
    size_t len;
    struct trust_scope scope;
    bool system; /* owner is the System organization: only such a grant counts for infrastructure */
    bool public_ca; /* from the operating system's public CAs: never together with names off */
    const char *org; /* URN of the owning organization when not System; NULL otherwise. Borrowed for the call */
};

/* One CRL and whose CAs it speaks of: a vCenter's URN, or NULL for every CA of the set. */
struct trust_crl_row {
    const uint8_t *der;
    size_t len;
    const char *urn;
};

struct trust_rows {
    const struct trust_row *anchors;
    size_t anchors_len;
    const struct trust_crl_row *crls;
    size_t crls_len;
    uint64_t generation; /* of the store that the rows came from */
};

/* What could not be used; the rest of the set is good. */
struct trust_set_report {
    size_t bad_anchors, bad_crls;
    struct err first; /* why the first of them was refused */
};

/* Never fails as a whole: one unreadable row must not take everybody's trust away. report may be NULL. */
struct trust_set *trust_set_create(const struct trust_rows *rows, struct trust_set_report *report);
struct trust_set *trust_set_ref(struct trust_set *s);
struct trust_set *trust_set_unref(struct trust_set *s); /* NULL in, NULL out */
DEFINE_AUTO(trust_set_unrefp, struct trust_set *, trust_set_unref)

uint64_t trust_set_generation(const struct trust_set *s);
size_t trust_set_count(const struct trust_set *s); /* anchors, not grants */
/* The anchor with this digest, or NULL; borrowed. */
const struct trust_cert *trust_set_find(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256]);

/* System has granted this anchor for such a connection (trust_scope_serves). */
bool trust_set_grants(const struct trust_set *s, const uint8_t sha256[DIGEST_SHA256], const struct trust_behalf *b);

/* The place that holds the live set: many readers, one publisher. */
struct trust_live;
struct trust_live *trust_live_create(struct trust_set *take_first);
struct trust_live *trust_live_destroy(struct trust_live *l);
DEFINE_AUTO(trust_live_destroyp, struct trust_live *, trust_live_destroy)
struct trust_set *trust_live_get(struct trust_live *l);                  /* a reference of one's own */
/* Returns the reference to the old set: dropping the last one frees every anchor (milliseconds with 10,000), so the
 * publisher does that after it has answered. */
MUST_USE struct trust_set *trust_live_swap(struct trust_live *l, struct trust_set *take_next);
