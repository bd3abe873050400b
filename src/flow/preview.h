/* flow/preview.h - what the certificates that a person hands over would mean, before anything is trusted: which are granted already
 * and where, which are expired, and which of them verifies the hosts of which vCenter. Told by what they verify and never by
 * their subject (trust/vmca.h): the way by hand for 6.7, whose roots come as a zip. Called by api. Changes nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/grant.h"
#include "trust/vmca.h"

struct site;
struct trust_cert;

enum {
    PREVIEW_BYTES_MAX = 8 * 1024 * 1024, /* of what is handed over */
    PREVIEW_CERTS_MAX = 1000,            /* different certificates in it; more is ERR_LIMIT */
    PREVIEW_NAMES = 10,                  /* hosts that are named for one certificate and vCenter */
    PREVIEW_SIGNATURES_MIN = 5000,       /* signature checks for one vCenter when there are many */
};

/* What one certificate does for one vCenter. */
struct preview_use {
    size_t vcenter;               /* index */
    enum trust_vmca_use use;
    size_t hosts;                 /* that it verifies; for one that is no CA: that present it */
    bool endpoint;                /* it verifies the vCenter's own certificate */
    const char *names[PREVIEW_NAMES];
    size_t names_len;
};

enum preview_when { PREVIEW_VALID, PREVIEW_EXPIRED, PREVIEW_NOT_YET };

struct preview_cert {
    struct trust_cert *cert;      /* a reference */
    const char *from;             /* the file of the archive; "" */
    enum preview_when when;
    struct store_grant *grants;   /* of System, without DER */
    size_t grants_len;
    struct preview_use *uses;     /* only where it verifies something */
    size_t uses_len;
};

struct preview_vcenter {
    const char *urn, *name;
    size_t hosts, seen;           /* that it lists, and of which a chain is at hand */
    size_t verified;              /* by any of the certificates */
    bool looked;                  /* now; otherwise what was seen last */
    const char *problem;          /* why it was not looked at now, though that was asked for; "" */
};

/* preview_done. */
struct preview {
    struct arena arena;
    struct preview_cert *certs;
    size_t certs_len;
    struct preview_vcenter *vcenters;
    size_t vcenters_len;
    size_t crls, unreadable;
};
void preview_done(struct preview *p);

/* data: PEM, DER, PKCS#7, or a zip of them. vcenter: this one alone, whose hosts are looked at now (what was seen last counts when
 * it can't be reached); NULL: all that are registered, by what was seen last. ret is zeroed by the caller. */
MUST_USE bool preview_make(const struct site *site, const void *data, size_t len, const char *vcenter, struct preview *ret, struct err *e);
