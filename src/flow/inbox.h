/* flow/inbox.h - identities that changed: an endpoint, a VMCA or a host that was believed before presents another key or CA now, and
 * nothing granted vouches for it. Each waits here for a person, with what speaks for and against it (product section 5).
 * Filled by the rotation watch and the bulk trust; read, approved and rejected through api. The inbox grants nothing but
 * what a person approved by its SHA-256, and never before the hold-down is over unless he says so.
 *
 * The life of an item: open when it is seen first; approved, or rejected, by a person; accepted, when the policy for renewals
 * with the same key took it; settled, when a grant made elsewhere vouches for it. A rejection is remembered: the same
 * certificate is never asked about again. What is seen no more is not present; when it comes back the hold-down begins anew. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "store/by.h"
#include "store/limits.h"
#include "trust/scope.h"

struct arena;
struct site;
struct store;
struct trust_cert;

enum {
    INBOX_ID = 33,            /* 32 hex digits and NUL: made of what, where and which certificate */
    INBOX_MAX = 10000,        /* items; a vCenter whose hosts change with every look can't fill the store */
    INBOX_REASON_MAX = 400,   /* bytes of a person's reason */
};

enum inbox_kind {
    INBOX_ENDPOINT, /* a vCenter Server's or NSX Manager's own certificate */
    INBOX_VMCA,     /* the root that signs a vCenter's hosts */
    INBOX_HOST,     /* an ESXi host's certificate, or the CA that signed it */
    INBOX_KINDS,
};

enum inbox_state { INBOX_OPEN, INBOX_APPROVED, INBOX_REJECTED, INBOX_ACCEPTED, INBOX_SETTLED, INBOX_STATES };

/* A changed identity as it is seen now. Everything is borrowed. */
struct inbox_sighting {
    enum inbox_kind kind;
    const char *key;               /* as in flow/believed.h */
    const char *urn;               /* of the vCenter Server or NSX Manager */
    const char *name;              /* for people: "vc1", "esx1.vc1.example of vc1" */
    const struct trust_cert *old;  /* believed last; NULL = not known any more */
    const struct trust_cert *now;  /* the identity: what a person approves by its SHA-256, and what is granted then */
    struct trust_scope scope;      /* of that grant */
    bool announced;                /* it came over a connection that was verified */
    size_t hosts, hosts_of;        /* live hosts that it verifies, of so many that answered; 0 of 0 for endpoints */
    int64_t old_until_ms;          /* when the old one was believed last */
    int64_t at_ms;
};

/* Texts live in the arena of the call. */
struct inbox_item {
    const char *id;
    enum inbox_kind kind;
    enum inbox_state state;
    const char *key, *urn, *name, *scope;
    const char *old_pem, *now_pem;     /* old "" = not known */
    uint8_t sha256[DIGEST_SHA256];     /* of now_pem */
    bool announced, same_key, same_issuer, present;
    size_t hosts, hosts_of;
    int64_t first_ms, last_ms;         /* seen unchanged from .. until; begins anew when it had gone meanwhile */
    int64_t hold_until_ms;             /* by the hold-down in force now; not read by who keeps an item */
    int64_t old_until_ms;
    size_t sightings, returns;         /* how often it was seen; how often it came back */
    const char *decided_by, *reason;   /* "" while it is open */
    int64_t decided_ms;
};

/* Within a write transaction. What was rejected stays rejected; what is open is brought up to date; anything else is open again.
 * The first sighting and a return are a security event and a line of the audit trail. ret_state may be NULL.
 * A full inbox is no error: the event says so. */
MUST_USE bool inbox_put(struct store *s, const struct inbox_sighting *seen, const struct store_by *by, enum inbox_state *ret_state,
                        struct err *e);
/* The same, taken at once because its key is the old one's: it is on record as accepted. The grant is the caller's. */
MUST_USE bool inbox_accepted(struct store *s, const struct inbox_sighting *seen, const struct store_by *by, struct err *e);
/* What is presented under the key now, and whether it is believed; NULL = nothing that anybody could see. Other open items of the
 * key are not present any more; an item of this very certificate is settled when it is believed. */
MUST_USE bool inbox_seen(struct store *s, const char *key, const struct trust_cert *now, bool believed, int64_t at_ms,
                         struct err *e);
/* Was this certificate rejected for this key? */
MUST_USE bool inbox_is_rejected(struct store *s, const char *key, const struct trust_cert *now, bool *ret, struct err *e);
/* All of a vCenter Server or NSX Manager that goes. */
MUST_USE bool inbox_drop(struct store *s, const char *urn, struct err *e);

/* Those of one vCenter Server or NSX Manager, in no order. */
MUST_USE bool inbox_of(struct store *s, const char *urn, struct arena *a, struct inbox_item **ret, size_t *ret_len, struct err *e);
/* Open and present first, then the newest. */
MUST_USE bool inbox_list(struct store *s, struct arena *a, struct inbox_item **ret, size_t *ret_len, struct err *e);
/* id: also a beginning of it that only one item has. ERR_NOT_FOUND; ERR_INPUT: several begin so. */
MUST_USE bool inbox_get(struct store *s, const char *id, struct arena *a, struct inbox_item *ret, struct err *e);
/* How many wait for somebody: open and present. ret_first: the name of one of them, in the arena. */
MUST_USE bool inbox_waiting(struct store *s, struct arena *a, size_t *ret, const char **ret_first, struct err *e);

/* A person's answer about the certificate with this SHA-256. */
struct inbox_answer {
    const char *id;
    const uint8_t *sha256; /* ERR_CONFLICT when the item is about another one */
    const char *reason;    /* may be NULL */
    bool now;              /* approve before the hold-down is over */
};
/* Grants it, in force when this returns. ERR_CONFLICT: it was decided already; ERR_INPUT: the hold-down is not over, or
 * it is not valid now. A rejected one can be approved after all. */
MUST_USE bool inbox_approve(const struct site *site, const struct inbox_answer *n, const struct store_by *by, struct err *e);
/* Remembers that it is not wanted. ERR_CONFLICT: it was approved. Rejecting twice is fine. */
MUST_USE bool inbox_reject(const struct site *site, const struct inbox_answer *n, const struct store_by *by, struct err *e);

/* "endpoint", "open": stable. */
const char *inbox_kind_name(enum inbox_kind k);
const char *inbox_state_name(enum inbox_state s);
