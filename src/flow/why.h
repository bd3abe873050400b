/* flow/why.h - from "the console is down" to the one certificate that heals it: which host runs a machine, what that host presents at
 * this moment, which rule refuses it, and what would have to be trusted for what. Called by api. It looks, and asks the
 * engine whether trusting would help; it grants nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/look.h"

struct site;
struct store;
struct trust_cert;

enum {
    WHY_VCENTER_MS = 20 * 1000, /* for one vCenter Server that is asked about a machine or a host .. */
    WHY_ALL_MS = 60 * 1000,     /* .. and for all of them together */
};

enum why_kind { WHY_VM, WHY_HOST, WHY_VCENTER };

struct why_ask {
    enum why_kind kind;
    const char *name;    /* of a machine also its id, "vm-12"; of a host any of its names and addresses, or its id */
    const char *vcenter; /* name or URN: only there; NULL = everywhere */
};

/* Where the certificate that heals was found. */
enum why_from {
    WHY_FROM_VMCA,    /* it is the vCenter's VMCA */
    WHY_FROM_BUNDLE,  /* the same, out of the bundle that 6.7 publishes */
    WHY_FROM_TRUSTED, /* it is trusted already, for something else */
    WHY_FROM_CHAIN,   /* the endpoint sent it: a CA that issued what it presents .. */
    WHY_FROM_LEAF,    /* .. or its own certificate: trusting pins this one */
};

/* Texts live in the arena. why_done. */
struct why {
    struct arena arena;
    bool found;               /* else text says what there is of that name, or why nobody could be asked */
    const char *vm, *vm_id;   /* NULL: nobody asked about a machine */
    const char *host;         /* the host's name; NULL: the endpoint is the vCenter Server */
    const char *key;          /* as in store/endpoint.h */
    const char *vcenter, *vcenter_name;
    const char *dialled;
    uint16_t port;
    struct look look;         /* made now */
    struct trust_cert *heal;  /* a reference; NULL: nothing to trust would help, or nothing has to */
    const char *heal_pem;
    struct trust_scope heal_scope;
    enum why_from heal_from;
    const char *text;         /* a sentence */
    const char *next;         /* what the reader can do; "" when all is well */
};
void why_done(struct why *w);

/* ret is zeroed by the caller. False only when this process can't look (and then ret is empty). */
MUST_USE bool why_ask(const struct site *site, const struct why_ask *ask, struct why *ret, struct err *e);

/* "vmca", "bundle", "trusted", "chain", "leaf": stable. */
const char *why_from_name(enum why_from f);
/* -1: none. */
int why_kind_of(const char *name);

/* ---- inside why ---- */

/* Looks for what would heal a look that refused, and fills heal*, text and next. rq: the look's. */
void why_heal(const struct site *site, const struct look_request *rq, struct why *w);
