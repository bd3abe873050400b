/* An access token is read only when it was signed with the key; what was signed is read within its bounds. */
#include "flow/jwt.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define NOW INT64_C(1795428000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = { 0 };
    struct secret key = { 0 }, token = { 0 };
    struct jwt_claims c, back;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    MUST(secret_set(&key, "0123456789abcdef0123456789abcdef", JWT_KEY, &e));
    MUST(!jwt_read(&key, text, NOW, &back, &e) && e.kind == ERR_DENIED);
    memset(&c, 0, sizeof(c));
    (void)memccpy(c.session, text, '\0', sizeof(c.session) - 1);
    c.subject = c.issuer = text;
    c.issued_ms = NOW;
    c.expires_ms = NOW + 1000;
    if (jwt_write(&key, &c, &token, &e)) {
        bool read = jwt_read(&key, (const char *)token.bytes, NOW, &back, &e);
        MUST(read ? strcmp(back.session, c.session) == 0 : token.len > JWT_MAX);
        MUST(!jwt_read(&key, (const char *)token.bytes, NOW + 1000, &back, &e));
        token.bytes[size % token.len] ^= 1;
        MUST(!jwt_read(&key, (const char *)token.bytes, NOW, &back, &e));
    } else {
        MUST(e.kind == ERR_INPUT || e.kind == ERR_LIMIT);
    }
    secret_done(&token);
    secret_done(&key);
    free(text);
    return 0;
}
