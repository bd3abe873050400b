/* flow/issuers.h - fetches the certificates of CAs from URLs that a person named, to complete a chain that a server left
 * incomplete. Called by testConnection only. Each is one GET over http or https: no redirect is followed, at most
 * ISSUERS_BYTES are read, the addresses are asked of the deny list, and https is verified like everything else.
 * What comes is untrusted like any certificate that a peer sends; nothing is kept. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct deny;
struct site;
struct trust_cert;

enum {
    ISSUERS_URLS_MAX = 8,       /* of one request */
    ISSUERS_URL_MAX = 2048,     /* bytes of one */
    ISSUERS_BYTES = 64 * 1024,  /* of one answer */
    ISSUERS_CERTS_MAX = 8,      /* certificates taken from all answers */
};

struct issuers {
    const struct site *site;
    const struct deny *deny; /* NULL = nothing is denied */
    const char *org;         /* as in struct look_request */
    int64_t timeout_ms;      /* of each */
    struct trust_cert *certs[ISSUERS_CERTS_MAX]; /* references */
    size_t len;
};
void issuers_done(struct issuers *i);

/* Adds what lies at this URL; certificates already there are left out. ERR_INPUT, ERR_PEER, ERR_TIMEOUT, ERR_LIMIT. */
MUST_USE bool issuers_fetch(struct issuers *i, const char *url, struct err *e);
