/* trust/change.h - another trust than the live one: the same set with a grant more, less or narrower, to ask what would follow.
 * Called by trust/replay.h's users: audit, what-if, and whoever looks for the fewest anchors. Nothing is decoded again and the
 * set that it starts from is never touched. Pure; keeps and grants nothing. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "trust/set.h"

enum trust_change_kind {
    TRUST_CHANGE_REMOVE, /* the grant goes */
    TRUST_CHANGE_SCOPE,  /* it says `to` instead of what it said */
    TRUST_CHANGE_CERT,   /* it is of `cert` instead */
    TRUST_CHANGE_ADD,    /* System grants `cert` for `to` */
};

/* Everything is borrowed for the call. Which grants: those of the owner for this anchor. */
struct trust_change {
    enum trust_change_kind kind;
    const uint8_t *sha256;           /* of the anchor; not for ADD */
    const char *org;                 /* the owner; NULL = System */
    const struct trust_scope *scope; /* only the grant with this scope; NULL = each */
    const struct trust_scope *to;    /* SCOPE, ADD */
    const struct trust_cert *cert;   /* CERT, ADD */
};

/* A new set, of the same generation. What no grant fits changes nothing. */
struct trust_set *trust_set_changed(const struct trust_set *s, const struct trust_change *changes, size_t len);
