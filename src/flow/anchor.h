/* flow/anchor.h - trusted certificates as people and flows grant and take them away (product rules 2.1 to 2.3).
 * Called by api (trustedCertificates, confirm, grants), by the flows that register and unregister, and by the CLI. The
 * store keeps the rules of duplicates and the audit trail; here are the reading of PEM, who may touch what, and that a
 * change is in force before it is acknowledged. Decides nothing about a chain. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gate/gate.h"
#include "store/grant.h"

struct arena;
struct caller;
struct site;
struct store;
struct trust_cert;

enum {
    ANCHOR_PEM_MAX = 256 * 1024, /* bytes of text around and with one certificate */
    ANCHOR_PEM_WRITTEN = 96 * 1024, /* room for one certificate as PEM */
};

/* Exactly one certificate in PEM; text and white space around it, indentation and a PEM in one line are accepted. Refused:
 * none, several, a key or a CRL beside it (ERR_INPUT). ret: a reference. */
MUST_USE bool anchor_read(const char *text, size_t len, struct trust_cert **ret, struct err *e);
/* Normalised: LF, 64 columns, a line feed behind END. In the arena. */
MUST_USE bool anchor_write(const uint8_t *der, size_t len, struct arena *a, const char **ret, struct err *e);

/* What is to be granted. */
struct anchor_new {
    const char *owner;               /* STORE_SYSTEM or an organization's URN */
    const char *alias;
    const struct trust_scope *scope; /* NULL = any, as a plain VCD client expects. An organization's can only be any */
    const struct trust_cert *cert;
};

/* ERR_CONFLICT "Duplicate certificate .." when an equal or wider grant of it exists, "Duplicate alias ..": store/grant.h. */
MUST_USE bool anchor_add(const struct site *site, const struct anchor_new *n, const struct store_by *by,
                         char ret_id[STORE_ID_MAX + 1], struct err *e);
/* The same within the caller's transaction; who publishes it is the caller's business. */
MUST_USE bool anchor_add_in(struct store *s, const struct anchor_new *n, const struct store_by *by,
                            char ret_id[STORE_ID_MAX + 1], struct err *e);

/* NULL = as it was. */
struct anchor_edit {
    const char *alias;
    const struct trust_scope *scope;
    const struct trust_cert *cert;
    bool widen; /* the scope may say more than the old one: an explicit act */
};

/* ERR_NOT_FOUND also for what the caller may not see: an organization's user sees his organization's, a provider
 * everybody's (the SDK sends no tenant context here). ERR_DENIED when the scope would widen without `widen`. */
MUST_USE bool anchor_change(const struct site *site, const struct caller *c, const char *id, const struct anchor_edit *edit,
                            const struct store_by *by, struct err *e);
MUST_USE bool anchor_remove(const struct site *site, const struct caller *c, const char *id, const struct store_by *by,
                            struct err *e);
/* The same, saying what becomes of live sessions that stand on it (gate/gate.h). A grant of an organization carries none. */
MUST_USE bool anchor_withdraw(const struct site *site, const struct caller *c, const char *id, enum gate_fate fate,
                              const struct store_by *by, struct err *e);
/* In the arena. */
MUST_USE bool anchor_get(struct store *s, const struct caller *c, const char *id, struct arena *a, struct store_grant *ret,
                         struct err *e);

/* All grants that fit, without their DER (store_cert_get has it): der is NULL. owner NULL = everybody's; alias NULL = all. */
MUST_USE bool anchor_list(struct store *s, const char *owner, const char *alias, struct arena *a,
                          struct store_grant **ret, size_t *ret_len, struct err *e);

/* Grants of the System organization for host:<host>:<port> become `to`: what step 1 granted is bound to the endpoint that
 * was attached. One that `to` would repeat goes instead. Within the caller's transaction. */
MUST_USE bool anchor_promote(struct store *s, const char *host, uint16_t port, const struct trust_scope *to,
                             const struct store_by *by, size_t *ret_count, struct err *e);
/* Grants scoped to a vCenter or NSX Manager that is gone, and the CRLs it published. Within the caller's transaction. */
MUST_USE bool anchor_forget(struct store *s, const char *urn, const struct store_by *by, size_t *ret_count, struct err *e);
