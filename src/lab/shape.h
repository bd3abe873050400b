/* lab/shape.h - which certificate is shaped how: VMCA's root and leaves per release, ESXi's before it joins, an
 * enterprise CA's, a plain self-signed one. Data of docs/lab.md as code; makes lab_mint requests and nothing else.
 * Called by the estate. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "lab/mint.h"

enum lab_version { LAB_67, LAB_70, LAB_80 };

/* A CA of the estate. */
struct lab_ca {
    EVP_PKEY *key; /* borrowed from the key ring */
    X509 *cert;    /* owned */
};

struct lab_root_shape {
    enum lab_version version;
    const char *o;   /* the vCenter's name at first boot */
    bool san;        /* the placeholder mail and address of certool.cfg */
    int64_t made_at; /* notBefore is three days earlier */
};

/* What the leaf shapes have in common. */
struct lab_leaf_shape {
    const char *name;   /* DNS name or IPv4 address, for CN and SAN */
    const char *also;   /* an address that stands in the SAN as well; NULL */
    const char *pnid;   /* the vCenter's name, for AIA; NULL = no AIA (6.7 and not VMCA) */
    int64_t made_at;
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
X509 *lab_shape_machine_ssl(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_esxi(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_installer(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_self_signed(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
X509 *lab_shape_enterprise_leaf(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e);
/* A root, or with c->by an issuing CA under it. */
X509 *lab_shape_enterprise_ca(const struct lab_cut *c, const char *organization, const char *cn, int64_t made_at,
                              struct err *e);

/* Key length of a VMCA root of that release. */
unsigned lab_shape_root_bits(enum lab_version v);
