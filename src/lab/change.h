/* lab/change.h - what can be changed in the estate, and its journal: each change is a line of DIR/journal, on the disk
 * before it is in force, and applied again in that order at every start. So the estate is the same after a restart.
 * Called by the control socket and the vCenters' faces, under lab_lock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/estate.h"

/* One line. Which: the table in change.c. */
struct lab_change {
    const char *what, *target; /* target: an endpoint's name */
    uint64_t value;
    int64_t at;                /* the estate's clock, seconds since 1970 */
    const char *text;          /* a password, PEM; NULL */
};

MUST_USE bool lab_change(struct lab_estate *s, const struct lab_change *c, struct err *e);
/* All of them with one sync: what a crash cuts off is the end. */
MUST_USE bool lab_change_all(struct lab_estate *s, const struct lab_change *c, size_t len, struct err *e);
/* The change itself, without the journal. */
MUST_USE bool lab_change_apply(struct lab_estate *s, const struct lab_change *c, struct err *e);

/* Reads the journal's first line: sets born, or writes that line. Then the rest. */
MUST_USE bool lab_journal_begin(struct lab_estate *s, struct err *e);
MUST_USE bool lab_journal_replay(struct lab_estate *s, struct err *e);

MUST_USE bool lab_set_faults(struct lab_endpoint *ep, unsigned faults, struct err *e);
/* Another certificate of the same kind, with another key. */
MUST_USE bool lab_replace(struct lab_endpoint *ep, int64_t now, struct err *e);
/* Another certificate for the key that it has. */
MUST_USE bool lab_reissue(struct lab_endpoint *ep, int64_t now, struct err *e);
/* The same, from now on signed by another (a vCenter or NSX Manager). */
MUST_USE bool lab_set_issuer(struct lab_endpoint *ep, enum lab_endpoint_cert issuer, int64_t now, struct err *e);
/* Only the newest root is published from now on. ERR_CONFLICT while a host's certificate is of an older one: a real
 * vCenter would lose that host. */
MUST_USE bool lab_retire(struct lab_vcenter *vc, struct err *e);
/* What logs in from now on; sessions live on. ERR_INPUT when it is empty or too long. */
MUST_USE bool lab_set_password(struct lab_vcenter *vc, const char *password, struct err *e);
/* A new root with the same name and another key; the old ones stay published. Hosts keep theirs until renewed. */
MUST_USE bool lab_rotate(struct lab_vcenter *vc, int64_t now, struct err *e);

/* In force for the next handshake, and for whoever waits for news. */
void lab_endpoint_touch(struct lab_endpoint *ep);
