/* vim/roots.h - the roots that a vCenter Server keeps as trusted, and the CRLs beside them: over certificate management
 * (REST, both URL families), or from the bundle that 6.7 and others serve to anybody. Which of them is the VMCA is another
 * question (trust/vmca.h); nothing that is read here becomes trusted by that. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct trust_cert;
struct vim_endpoint;
struct vim_session;

enum {
    VIM_CHAINS_MAX = 1000,             /* trusted root chains of one vCenter; more is ERR_LIMIT */
    VIM_ROOTS_MAX = 2000,              /* certificates in them, or in a bundle */
    VIM_CRLS_MAX = 2000,               /* CRLs beside them */
    VIM_BUNDLE_MAX = 8 * 1024 * 1024,  /* bytes of the zip */
    VIM_ROOTS_MS = 2 * 60 * 1000,      /* deadline where the caller has none of its own: one call a chain */
};

struct vim_root {
    struct trust_cert *cert;   /* a reference */
    const char *from;          /* the chain's id, or the file in the bundle */
};

struct vim_root_crl {
    const uint8_t *der;
    size_t len;
    const char *from;
};

/* Owns what it holds; each certificate and CRL is in it once. Zeroed is empty. */
struct vim_roots {
    bool absent;               /* this server can't be asked so (6.7 and vcsim over REST, no bundle): not an error */
    struct vim_root *list;
    size_t len;
    struct vim_root_crl *crls; /* left out of the roots, in a list of their own */
    size_t crls_len;
    size_t unreadable;         /* blocks or files that are neither; first says why of the first */
    struct err first;
    struct arena arena;
};

void vim_roots_done(struct vim_roots *r);

/* GET .../certificate-management/vcenter/trusted-root-chains and each of its chains. A chain may hold several
 * certificates and CRLs, one after the other. ret is zeroed by the caller, and empty again on failure. */
MUST_USE bool vim_roots_rest(struct vim_session *s, int64_t deadline_ms, struct vim_roots *ret, struct err *e);

/* GET /certs/download.zip: asked without credentials, but over the connection that was verified for this vCenter. */
MUST_USE bool vim_roots_zip(struct vim_endpoint *ep, int64_t deadline_ms, struct vim_roots *ret, struct err *e);

/* The same from bytes: a zip, or one PEM or DER bundle, as a person handed it over. `from` names it. */
MUST_USE bool vim_roots_bytes(const void *data, size_t len, const char *from, struct vim_roots *ret, struct err *e);
