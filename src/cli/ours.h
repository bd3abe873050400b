/* cli/ours.h - the cell's own API beside VCD's (/cloudapi/vouchsafe/1.0.0): looking at endpoints, confirming what was seen, grants with a
 * scope, a vCenter's hosts and its VMCA. Called by the commands that walk the three steps. The only place that knows the
 * shapes of those answers. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "trust/verdict.h"
#include "wire/url.h"

struct remote;
struct trust_cert;

#define OURS_PATH "/cloudapi/vouchsafe/1.0.0"

enum { OURS_LOOK_MS = 6 * 60 * 1000 }; /* reading a VMCA looks at all hosts of its vCenter: the cell takes five minutes at most */

/* What an endpoint presented to the cell. ours_look_done. */
struct ours_look {
    json_t *json;                              /* owned */
    const char *challenge;                     /* single use, bound to this session and to chain[store]; NULL: nothing to confirm */
    bool believed;                             /* already anchored for it: nothing to confirm */
    const char *address;                       /* who answered; may be NULL */
    const char *problem;                       /* why it is not believed, escaped; in the arena of the call */
    const char *would_be, *would_be_rule;      /* why it would not be either if it were trusted; with neither belief nor challenge */
    struct trust_cert *chain[TRUST_PATH_MAX];  /* leaf first, decoded here; owned */
    size_t len;
    size_t store;                              /* which of them would be stored by default */
    size_t also_sent;                          /* others that it sent, and that can't be trusted from here */
};
void ours_look_done(struct ours_look *l);

/* The cell looks; nothing is stored and no credential leaves. leaf: store the endpoint's own certificate even where it sent its
 * CA. ERR_PEER: it could not be seen. */
MUST_USE bool ours_inspect(struct remote *r, const struct url_host *endpoint, bool leaf, struct arena *a, struct ours_look *ret,
                           struct err *e);
/* A person confirmed chain[store]: it is trusted for this endpoint. ERR_CONFLICT: the endpoint presents another certificate now. */
MUST_USE bool ours_confirm(struct remote *r, const struct ours_look *l, struct err *e);

/* The VMCA root of a vCenter. */
struct ours_vmca {
    struct trust_cert *cert; /* owned; NULL: there is none to show, and text says why */
    const char *pem;
    const char *text;        /* escaped, in the arena of the call; "" */
    bool granted;            /* trusted for this vCenter's hosts already */
    bool findable;           /* it can be looked for with find */
};
void ours_vmca_done(struct ours_vmca *v);
/* find: out of the bundle that 6.7 publishes, a proposal. */
MUST_USE bool ours_vmca(struct remote *r, const char *urn, bool find, struct arena *a, struct ours_vmca *ret, struct err *e);
/* The certificate that was shown is read again by the cell and trusted for this vCenter's hosts. ret: what is trusted then, as
 * ours_trust. ERR_CONFLICT: it is another one now. */
MUST_USE bool ours_trust_vmca(struct remote *r, const char *urn, const struct trust_cert *cert, bool find, struct arena *a,
                              json_t **ret, struct err *e);
/* A person saw the VMCA and leaves it untrusted. */
MUST_USE bool ours_review(struct remote *r, const char *urn, struct arena *a, struct err *e);

/* Trusts a certificate for a scope (trust/scope.h). ERR_CONFLICT: it is granted so already, or the alias is taken. */
MUST_USE bool ours_grant(struct remote *r, const char *alias, const char *pem, const char *scope, struct err *e);

/* What every host of a vCenter presents: an array of the cell's JSON, owned by the caller. */
MUST_USE bool ours_hosts(struct remote *r, const char *urn, struct arena *a, json_t **ret, struct err *e);
/* The cell looks at one of them now; ret: as ours_hosts has them, one. */
MUST_USE bool ours_look_at_host(struct remote *r, const char *urn, const char *id, struct arena *a, json_t **ret, struct err *e);
/* What is trusted of a vCenter: {"vmca", "vmca_sha256", "reviewed", "hosts", "verified", "verified_text", "text"}, owned by the
 * caller. */
MUST_USE bool ours_trust(struct remote *r, const char *urn, struct arena *a, json_t **ret, struct err *e);
