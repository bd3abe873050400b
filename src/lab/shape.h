/* lab/shape.h - which certificate is shaped how: VMCA's root and leaves per release, ESXi's before it joins, an
 * enterprise CA's, a plain self-signed one. Data of docs/lab.md as code; makes lab_mint requests and nothing else.
 * Called by the estate. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "lab/mint.h"

enum lab_version { LAB_67, LAB_70, LAB_80, LAB_80U3 }; /* 6.7 U1, 7.0 U3, 8.0 U2, 8.0 U3h */

enum { LAB_ABOVE_MAX = 4 };

/* A CA of the estate. */
struct lab_ca {
    EVP_PKEY *key; /* borrowed from the key ring; NULL: only its certificate is known */
    X509 *cert;    /* owned */
    X509 *above[LAB_ABOVE_MAX]; /* owned: of a subordinate one, up to the self-signed root */
    size_t above_len;
    X509 *sound;   /* owned: what cert is when no fault is shown; NULL: cert itself */
    struct lab_revoked *revoked; /* owned */
    size_t revoked_len;
    X509_CRL *crl; /* owned: posted with it, or made */
    unsigned crl_number; /* of the one that was made */
    int64_t made_at;
};

struct lab_root_shape {
    enum lab_version version;
    const char *o;   /* the vCenter's name at first boot */
    bool san;        /* the placeholder mail and address of certool.cfg */
    int64_t made_at; /* notBefore is three days earlier */
    const struct lab_rdn *subject; /* NULL: VMCA's own, of o */
    const char *names; /* SAN, "DNS:vc1.lab.test"; NULL: as san says */
};

/* Subject and times of ESXi certificates: vpxd.certmgmt.certs.*. */
struct lab_terms {
    int64_t days, minutes_before;
    char country[8], state[64], locality[64], organization[64], unit[64], email[128];
    struct lab_terms *next; /* the ones before, which certificates still follow */
};
extern const struct lab_terms lab_usual_terms;

/* What the leaf shapes have in common. */
struct lab_leaf_shape {
    const char *name;   /* DNS name or IPv4 address, for CN and SAN */
    const char *also;   /* an address that stands in the SAN as well; NULL */
    const char *pnid;   /* the vCenter's name, for AIA; NULL = no AIA (6.7 and not VMCA) */
    const struct lab_terms *terms; /* of an ESXi host; NULL: the usual ones */
    int64_t made_at;
    int64_t days;       /* STS's alone: how long it lives; 0 = ten years */
    enum { LAB_NOW, LAB_EXPIRED, LAB_FUTURE } when;
};

/* key and the mark are taken from the request; serial is already there. All return owned certificates. */
struct lab_cut {
    EVP_PKEY *key;
    const struct lab_ca *by; /* NULL: self-signed */
    uint8_t serial[8];
    bool mark;
};

X509 *lab_shape_vmca_root(const struct lab_cut *c, const struct lab_root_shape *s, struct err *e);
/* VMCA's root in a release without its own key: signed by c->by, from now on. */
X509 *lab_shape_sub_ca(const struct lab_cut *c, const struct lab_root_shape *s, struct err *e);
X509 *lab_shape_machine_ssl(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_esxi(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
/* What certool makes: 6.x's machine SSL certificate, solution users, with cn other than name STS's. */
X509 *lab_shape_certool(const struct lab_cut *c, const struct lab_leaf_shape *s, const char *cn, struct err *e);
X509 *lab_shape_sts(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_installer(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_self_signed(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_enterprise_leaf(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
/* A root, or with c->by a CA under it, which may have so many CAs below itself. */
X509 *lab_shape_enterprise_ca(const struct lab_cut *c, const char *organization, const char *cn, unsigned below, int64_t made_at,
                              struct err *e);

/* When an ESXi certificate made now would begin. */
int64_t lab_terms_start(const struct lab_terms *t, int64_t now);
/* Key length of a VMCA root of that release. */
unsigned lab_shape_root_bits(enum lab_version v);
