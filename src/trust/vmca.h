/* trust/vmca.h - which of the roots that a vCenter keeps is its VMCA, the authority that signs its hosts.
 * Told by what a root verifies and never by its subject: a regenerated VMCA keeps its name, another vCenter's has the
 * same one, and an administrator may have put any CA beside it (docs/vsphere.md). Called by flow and the CLI with what
 * vim read. Pure: the engine of trust/verdict.h decides; no socket, no clock, and nothing becomes trusted here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/verdict.h"

struct arena;
struct trust_cert;

enum {
    TRUST_VMCA_ROOTS = 256,        /* roots looked at; further ones are TRUST_VMCA_UNREAD */
    TRUST_VMCA_HOSTS = 5000,       /* hosts looked at; a vCenter Server 8.0 manages 2500 */
    TRUST_VMCA_SIGNATURES = 60000, /* signature checks of one search: hosts' worth and room, some 3 s of RSA 2048 */
};

/* What a peer presented, leaf first; borrowed. An empty chain is a host without evidence. */
struct trust_vmca_chain {
    const struct trust_cert *const *certs;
    size_t len;
};

struct trust_vmca_question {
    const struct trust_cert *const *roots;  /* candidates, in any order; borrowed */
    size_t roots_len;
    const struct trust_vmca_chain *hosts;   /* what live hosts present */
    size_t hosts_len;
    struct trust_vmca_chain endpoint;       /* what the vCenter itself presents; len 0 = not known */
    int64_t now;                            /* seconds since 1970, wall clock */
    struct trust_policy policy;
    uint32_t signatures;                    /* at most so many checks; 0 = TRUST_VMCA_SIGNATURES */
};

enum trust_vmca_use {
    TRUST_VMCA_CHOSEN,        /* this is the VMCA */
    TRUST_VMCA_ALSO,          /* verifies hosts as well, but not the most: a rotation, or a second authority */
    TRUST_VMCA_ENDPOINT_ONLY, /* verifies the vCenter's own certificate, and hosts are verified by another */
    TRUST_VMCA_FOREIGN,       /* verifies neither a host nor the vCenter */
    TRUST_VMCA_EXPIRED,
    TRUST_VMCA_NOT_YET_VALID,
    TRUST_VMCA_NOT_A_CA,
    TRUST_VMCA_DUPLICATE,     /* the same certificate stands before it */
    TRUST_VMCA_UNREAD,        /* past TRUST_VMCA_ROOTS */
};

enum trust_vmca_basis {
    TRUST_VMCA_NOTHING,     /* no root verifies anything: there is no VMCA to propose */
    TRUST_VMCA_BY_HOSTS,
    TRUST_VMCA_BY_ENDPOINT, /* no live host spoke for any root; the vCenter's own certificate did */
};

struct trust_vmca_root {
    enum trust_vmca_use use;
    uint32_t hosts;  /* hosts that it verifies and no nearer root does */
    bool endpoint;   /* it verifies the vCenter's own certificate */
};

enum { TRUST_VMCA_NO_ROOT = UINT16_MAX };

/* Arrays live in the arena of the call. */
struct trust_vmca_answer {
    enum trust_vmca_basis basis;
    size_t chosen;                 /* index into roots; only with a basis */
    struct trust_vmca_root *roots; /* roots_len */
    uint16_t *host_root;           /* hosts_len: the root that verifies this host (of several the chosen, else the
                                    * first), or TRUST_VMCA_NO_ROOT */
    size_t hosts_verified, hosts_unverified;
    bool spent;                    /* the signature checks ran out: counts are at least so high */
};

/* A host counts for the root nearest to its leaf on a path that the engine accepts (names, CRLs and grants aside), so
 * that a subordinate VMCA comes before the enterprise CA above it. A certificate never speaks for itself. Of equal
 * counts wins who verifies the endpoint too, then the youngest. Never fails. */
void trust_vmca_find(const struct trust_vmca_question *q, struct arena *a, struct trust_vmca_answer *ret);

/* "verifies no host and not the vCenter", for people and lists. */
const char *trust_vmca_use_text(enum trust_vmca_use use);
/* A stable word: "chosen", "foreign", .. */
const char *trust_vmca_use_name(enum trust_vmca_use use);
