/* flow/subject.h - everything registered that has a certificate of its own: vCenter Servers, the NSX-V Managers beside them, NSX-T
 * Managers, as one list of who is looked at, by which names, on whose behalf and what a grant for exactly it would be.
 * Called by the bulk trust and the rotation watch. Looks at nobody, decides nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/vcenter.h"
#include "trust/scope.h"
#include "trust/verdict.h"

struct arena;
struct look;
struct look_request;
struct site;
struct store;
struct trust_cert;

enum subject_kind { SUBJECT_VCENTER, SUBJECT_NSXV, SUBJECT_NSXT };

/* Texts live in the arena of the call. */
struct subject {
    enum subject_kind kind;
    const char *urn, *name, *host; /* the URN is its key as well (store/endpoint.h) */
    uint16_t port;
    bool enabled, checks_names, unpinned_acknowledged;
    struct vcenter vcenter; /* itself, or the one that an NSX-V Manager stands beside; zero for NSX-T */
};

MUST_USE bool subject_list(struct store *s, struct arena *a, struct subject **ret, size_t *ret_len, struct err *e);
/* The NSX-V Manager beside a vCenter Server; ret_there: it has one. */
MUST_USE bool subject_of_nsxv(struct store *s, const struct vcenter *v, struct arena *a, struct subject *ret, bool *ret_there,
                              struct err *e);
MUST_USE bool subject_of_vcenter(struct store *s, const struct vcenter *v, struct subject *ret, struct err *e);

/* The look that its own connections would have to pass. Borrows. */
void subject_request(const struct subject *x, struct look_request *ret);
/* The tightest grant for it. */
void subject_scope(const struct subject *x, struct trust_scope *ret);
/* vcenter:<urn>/hosts */
void subject_hosts_scope(const char *vcenter, struct trust_scope *ret);
/* What would be said of that look if this one certificate were granted to it and nothing else. */
void subject_would(const struct site *site, const struct subject *x, const struct look *l, const struct trust_cert *granted,
                   struct trust_verdict *ret);
/* "vCenter Server": for people. */
const char *subject_kind_text(enum subject_kind k);
