/* gate/target.h - which host a client's bytes are to go to, for whom, and by what it is believed: everything that the gate has to
 * know of a session, as a plain struct that could cross a pipe. Filled by floors above on a pool thread; read by the gate. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"
#include "trust/verdict.h"

struct url_host;
struct trust_cert;

enum {
    GATE_THUMBPRINTS = 4,  /* second proofs of one ticket */
    GATE_PATH_MAX = 1024,  /* bytes of the path at the host */
};

/* What the vCenter says that the host's certificate is: the second proof. */
struct gate_thumbprint {
    uint8_t digest[DIGEST_SHA256];
    size_t len; /* DIGEST_SHA1 or DIGEST_SHA256 */
};

/* Counted; texts are owned, NULL counts as "". */
struct gate_target {
    /* For whom, for lists and the log. */
    char *session, *user, *user_name, *org, *org_name; /* URNs and names */
    char *vm, *vm_name;
    char *from;                  /* the client's address */
    /* Where. */
    char *vcenter;               /* URN */
    char *endpoint;              /* "<vcenter urn>/<host id>": store/endpoint.h */
    char *host_name;             /* in the inventory */
    char *host;                  /* dialled, and sent as SNI when it is a name */
    char *path;                  /* "/ticket/..": a capability, wiped when it was used */
    uint16_t port;
    /* By what. */
    char *names[TRUST_NAMES_MAX];
    size_t names_len;
    enum trust_names_mode names_mode;
    enum trust_crl_mode crl_mode;
    struct trust_policy policy;
    struct gate_thumbprint prints[GATE_THUMBPRINTS];
    size_t prints_len;           /* 0: the vCenter says none: the chain is the only proof */
    unsigned refs;
};

/* Zeroed, with one reference. */
struct gate_target *gate_target_create(void);
struct gate_target *gate_target_ref(struct gate_target *t);
struct gate_target *gate_target_unref(struct gate_target *t); /* NULL in, NULL out; wipes the path */
DEFINE_AUTO(gate_target_unrefp, struct gate_target *, gate_target_unref)

/* Reads "AA:BB:..", of 20 or 32 bytes; true when it is one and there was room. */
bool gate_target_thumbprint(struct gate_target *t, const char *text);
/* The second proof: this leaf is the certificate that the vCenter named. True where it names none. False: v (may be NULL), which was a
 * good one, says so. */
bool gate_target_proves(const struct gate_target *t, const struct trust_cert *leaf, struct trust_verdict *v);
/* The question that its connection asks; borrows. */
void gate_target_question(const struct gate_target *t, struct trust_question *ret);
/* For a Host field. ERR_INPUT: the host is no name and no address. */
MUST_USE bool gate_target_host(const struct gate_target *t, struct url_host *ret, struct err *e);
/* The ticket was used: it is wiped. */
void gate_target_settle(struct gate_target *t);
