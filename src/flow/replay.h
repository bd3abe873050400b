/* flow/replay.h - every endpoint that the cell knows, with what it presented last, as questions for trust/replay.h: vCenter Servers,
 * NSX Managers, the hosts that vCenters list, and the addresses that a grant names. Called by the audit, what-if, the
 * consequences of a removal, and whoever looks for the fewest anchors that are enough.
 * It reads and asks nobody, and decides nothing: trust_replay does, under the live set or one that trust_set_changed made of it.
 * A certificate is decoded once, however many endpoints present it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "trust/replay.h"

struct site;
struct store;
struct trust_set;

enum {
    REPLAY_DAYS = 7,      /* what was not seen for so long is not known */
    REPLAY_STRAYS = 1000, /* forgotten at once; further ones the next time */
};

/* Texts live in the replay's arena. */
struct replay_endpoint {
    const char *key;       /* as in store/endpoint.h; "<urn>/" for the hosts of a vCenter that could not be listed */
    enum trust_behalf_kind kind;
    const char *name;      /* for people: "vc1", "esx1.example", "nsx1", "ldap.example:636" */
    const char *urn;       /* of the vCenter or NSX Manager; NULL for an address */
    const char *of;        /* its name; NULL likewise */
    const char *host;
    uint16_t port;
    int64_t seen_ms;       /* 0 = never */
    const char *unknown;   /* why it is not known what it presents now; NULL = it is */
};

/* replay_done. */
struct replay {
    struct arena arena;
    struct trust_set *set;             /* a reference to the live one */
    int64_t now_ms;
    struct replay_endpoint *endpoints; /* the same indexes .. */
    struct trust_replay_case *cases;   /* .. as here */
    size_t len;
    const char **strays;               /* keys of addresses that no grant names any more: to be forgotten */
    size_t strays_len;
    struct trust_cert **certs;         /* owned references: each certificate once */
    size_t certs_len, certs_cap;
};
void replay_done(struct replay *r);

struct replay_ask {
    int64_t now_ms;          /* 0 = now */
    int64_t looked_since_ms; /* everybody was looked at since then: who was not seen since is not known. 0 = nobody was */
};

/* Everything as of one moment. ret is zeroed by the caller. */
MUST_USE bool replay_load(const struct site *site, const struct replay_ask *ask, struct replay *ret, struct err *e);

/* The same within the caller's transaction. When it returns false ret is as replay_done leaves it. */
MUST_USE bool replay_load_in(const struct site *site, struct store *s, const struct replay_ask *ask, struct replay *ret, struct err *e);
/* The decoded certificate with this digest, from the set or out of a chain; NULL = nobody presents it. Borrowed. */
const struct trust_cert *replay_cert(const struct replay *r, const uint8_t sha256[DIGEST_SHA256]);

/* How an address is named in the store: "ldap.example:636". In the arena. */
const char *replay_address_key(const char *host, uint16_t port, struct arena *a);
/* What stands still for people when the endpoint can't be believed: "console proxy, power-on with .." */
const char *replay_stands_still(enum trust_behalf_kind k);
/* "vcenter", "host", "nsx", "address": stable. */
const char *replay_kind_name(enum trust_behalf_kind k);
