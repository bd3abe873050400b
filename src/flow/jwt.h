/* flow/jwt.h - access tokens: JSON Web Tokens (RFC 7519) that this cell signs and reads back itself, HMAC-SHA-256 only.
 * Called by flow/session.h. Only tokens with exactly the header that it writes are read, so that a token can't choose how
 * it is verified (RFC 8725 section 3.1). Pure: key and clock are parameters. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "store/limits.h"

enum {
    JWT_MAX = 4096, /* bytes of a token */
    JWT_KEY = 32,   /* bytes of a key */
};

struct jwt_claims {
    char session[STORE_ID_MAX + 1]; /* sid: a URN */
    const char *subject;            /* sub: the user's name. Not read back */
    const char *issuer;             /* iss: the organization's URN. Not read back */
    int64_t issued_ms, expires_ms;  /* iat, exp: in the token they are seconds */
};

/* ERR_INPUT when a text is not UTF-8. */
MUST_USE bool jwt_write(const struct secret *key, const struct jwt_claims *c, struct secret *ret, struct err *e);
/* ERR_DENIED, always with the same text: not one of ours, changed, or expired at now_ms. */
MUST_USE bool jwt_read(const struct secret *key, const char *token, int64_t now_ms, struct jwt_claims *ret, struct err *e);
