/* cli/certs.h - trusted certificates as the commands list, name and take them away: grants, each of one certificate to one owner
 * for one scope. Called by the commands of cert. */
#pragma once
#include <jansson.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "trust/scope.h"

struct remote;
struct trust_cert;

#define CERTS_PATH "/cloudapi/1.0.0/ssl/trustedCertificates"

/* One grant. Texts are escaped and live in the arena of the call. */
struct cert_grant {
    const char *id, *alias;
    const char *owner;       /* "System" or an organization's URN; NULL when the cell does not tell */
    const char *scope;       /* NULL when the cell does not tell */
    const char *scope_name;  /* the same with the name of what is registered instead of its URN: "vcenter:vc1/hosts" */
    const char *by, *flow, *made; /* who granted it, how, when; NULL when the cell does not tell */
    struct trust_cert *cert; /* owned by the list; NULL when it can't be decoded */
    const char *pem;
};

struct cert_list {
    struct cert_grant *items; /* in the arena */
    size_t len;
};
void cert_list_done(struct cert_list *l);

/* All that this session may see. */
MUST_USE bool certs_read(struct remote *r, struct arena *a, struct cert_list *ret, struct err *e);
/* Keeps those that the word names: an alias in any case, an id, or a SHA-256. ERR_NOT_FOUND when none is left. */
MUST_USE bool certs_named(struct cert_list *l, const char *word, struct err *e);

/* The members of `-o json` (docs/cli.md): a new reference. */
json_t *certs_json(const struct cert_grant *g);

/* A scope as a person writes it: as trust/scope.h, and a registered name may stand for its URN ("vcenter:vc1/hosts",
 * "nsx:nsx1"). ret: the text with the URN, in the arena. ERR_INPUT, ERR_NOT_FOUND. */
MUST_USE bool certs_scope(struct remote *r, const char *text, struct arena *a, const char **ret, struct err *e);
