#include "flow/jwt.h"

#include "base/def.h"
#include "base/text.h"
#include "unit/check.h"

#define NOW INT64_C(1795428000000)
#define SESSION "urn:vcloud:session:11111111-2222-8333-8444-555555555555"

static void fill(struct secret *key, char with)
{
    struct err e;
    char bytes[JWT_KEY];
    memset(bytes, with, sizeof(bytes));
    CHECK_OK(secret_set(key, bytes, sizeof(bytes), &e), &e);
}

static void make(const struct secret *key, struct secret *ret)
{
    struct err e;
    const struct jwt_claims c = { .session = SESSION, .subject = "administrator", .issuer = "urn:vcloud:org:x",
                                  .issued_ms = NOW, .expires_ms = NOW + 10000 };
    CHECK_OK(jwt_write(key, &c, ret, &e), &e);
}

static void goes_round(void **state)
{
    (void)state;
    struct err e;
    struct jwt_claims c;
    AUTO(secret_done) struct secret key = { 0 }, other = { 0 }, token = { 0 };
    fill(&key, 'k');
    fill(&other, 'o');
    make(&key, &token);
    const char *text = (const char *)token.bytes;
    CHECK(token.len > 32); /* trap 20 */
    CHECK_EQ(strncmp(text, "eyJ", 3), 0);
    CHECK_OK(jwt_read(&key, text, NOW, &c, &e), &e);
    CHECK_STR(c.session, SESSION);
    CHECK_EQ(c.issued_ms, NOW);
    CHECK_EQ(c.expires_ms, NOW + 10000);
    CHECK_OK(jwt_read(&key, text, NOW + 9999, &c, &e), &e);
    CHECK_FAILS(jwt_read(&key, text, NOW + 10000, &c, &e), &e, ERR_DENIED);
    CHECK_FAILS(jwt_read(&other, text, NOW, &c, &e), &e, ERR_DENIED);
}

/* Every byte changed in each of three ways, cut at each byte, and with a byte more. */
static void tampered(void **state)
{
    (void)state;
    struct err e;
    struct jwt_claims c;
    AUTO(secret_done) struct secret key = { 0 }, token = { 0 };
    fill(&key, 'k');
    make(&key, &token);
    char text[JWT_MAX];
    static const char instead[] = { 1, 2, 0x40 };
    for (size_t i = 0; i < token.len; i++)
        for (size_t way = 0; way < sizeof(instead); way++) {
            memcpy(text, token.bytes, token.len + 1);
            text[i] = (char)(text[i] ^ instead[way]);
            CHECK_FAILS(jwt_read(&key, text, NOW, &c, &e), &e, ERR_DENIED);
        }
    for (size_t i = 0; i < token.len; i++) {
        memcpy(text, token.bytes, token.len + 1);
        text[i] = '\0';
        CHECK_FAILS(jwt_read(&key, text, NOW, &c, &e), &e, ERR_DENIED);
    }
    memcpy(text, token.bytes, token.len);
    memcpy(text + token.len, "A", 2);
    CHECK_FAILS(jwt_read(&key, text, NOW, &c, &e), &e, ERR_DENIED);
}

/* The token says how it wants to be verified; nobody listens (RFC 8725 sections 2.1 and 3.1). */
static void other_algorithms(void **state)
{
    (void)state;
    struct err e;
    struct jwt_claims c;
    AUTO(secret_done) struct secret key = { 0 }, token = { 0 };
    fill(&key, 'k');
    make(&key, &token);
    static const char *const headers[] = {
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0",     /* {"alg":"none","typ":"JWT"} */
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",    /* HS512 */
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",    /* RS256 */
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",    /* HS256, written the other way round */
    };
    const char *body = strchr((const char *)token.bytes, '.');
    const char *end = strrchr(body, '.');
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        char text[JWT_MAX];
        (void)snprintf(text, sizeof(text), "%s%s", headers[i], body);
        CHECK_FAILS(jwt_read(&key, text, NOW, &c, &e), &e, ERR_DENIED);
        (void)snprintf(text, sizeof(text), "%s%.*s.", headers[i], (int)(end - body), body);
        CHECK_FAILS(jwt_read(&key, text, NOW, &c, &e), &e, ERR_DENIED);
    }
}

static void no_tokens(void **state)
{
    (void)state;
    struct err e;
    struct jwt_claims c;
    AUTO(secret_done) struct secret key = { 0 };
    char longer[JWT_MAX + 100];
    fill(&key, 'k');
    memset(longer, 'A', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    const char *const texts[] = { "", ".", "..", "...", "a.b.c", longer, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.." };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        CHECK_FAILS(jwt_read(&key, texts[i], NOW, &c, &e), &e, ERR_DENIED);
}

GROUP(flow_jwt, cmocka_unit_test(goes_round), cmocka_unit_test(tampered), cmocka_unit_test(other_algorithms),
      cmocka_unit_test(no_tokens))
