#include "flow/jwt.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/def.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/text.h"
#include "wire/json.h"

/* base64url of {"alg":"HS256","typ":"JWT"} */
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

enum { SIGNATURE = 43 }; /* characters of 32 bytes in base64url */

/* Appends base64url without padding (RFC 7515 section 2). */
static bool encode(struct buf *b, const void *p, size_t len, struct err *e)
{
    size_t start = b->len;
    if (!text_base64(b, p, len, e))
        return false;
    while (b->len > start && b->data[b->len - 1] == '=')
        b->len--;
    for (size_t i = start; i < b->len; i++)
        b->data[i] = b->data[i] == '+' ? '-' : b->data[i] == '/' ? '_' : b->data[i];
    return true;
}

static bool decode(const char *s, size_t len, struct buf *b, struct err *e)
{
    AUTO(buf_done) struct buf plain;
    buf_init(&plain, JWT_MAX + 4);
    if (memchr(s, '+', len) || memchr(s, '/', len) || memchr(s, '=', len))
        return err_set(e, ERR_INPUT, "not base64url");
    if (!buf_append(&plain, s, len, e) || !buf_append(&plain, "===", (4 - len % 4) % 4, e))
        return false;
    for (size_t i = 0; i < plain.len; i++)
        plain.data[i] = plain.data[i] == '-' ? '+' : plain.data[i] == '_' ? '/' : plain.data[i];
    return text_unbase64(buf_str(&plain), plain.len, false, b, e);
}

static bool sign(const struct secret *key, const void *p, size_t len, struct buf *out, struct err *e)
{
    uint8_t mac[DIGEST_SHA256];
    digest_hmac(key->bytes, key->len, p, len, mac);
    return encode(out, mac, sizeof(mac), e);
}

static bool write_claims(const struct jwt_claims *c, struct buf *out, struct err *e)
{
    char id[RANDOM_UUID];
    random_uuid(id);
    AUTO(buf_done) struct buf text;
    buf_init(&text, JWT_MAX);
    json_t *j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "sid", c->session, "sub", c->subject, "iss", c->issuer, "iat",
                          (json_int_t)(c->issued_ms / 1000), "exp", (json_int_t)(c->expires_ms / 1000), "jti", id);
    bool ok = j ? wire_json_write(&text, j, e) : err_set(e, ERR_INPUT, "a token's texts are not UTF-8");
    json_decref(j);
    return ok && encode(out, text.data, text.len, e);
}

bool jwt_write(const struct secret *key, const struct jwt_claims *c, struct secret *ret, struct err *e)
{
    AUTO(buf_done) struct buf signature, token;
    buf_init(&signature, JWT_MAX);
    buf_init(&token, JWT_MAX);
    bool ok = buf_puts(&token, HEADER, e) && write_claims(c, &token, e) &&
              sign(key, token.data, token.len, &signature, e) && buf_puts(&token, ".", e) &&
              buf_append(&token, signature.data, signature.len, e) && secret_set(ret, token.data, token.len, e);
    secret_wipe(token.data, token.len);
    secret_wipe(signature.data, signature.len);
    return ok;
}

static bool read_claims(const char *s, size_t len, int64_t now_ms, struct jwt_claims *ret)
{
    struct err none;
    AUTO(buf_done) struct buf text;
    AUTO(wire_json_decrefp) json_t *j = NULL;
    buf_init(&text, JWT_MAX);
    if (!decode(s, len, &text, &none) || !wire_json_read(buf_str(&text), text.len, NULL, &j, &none))
        return false;
    const char *session = json_string_value(json_object_get(j, "sid"));
    const json_t *from = json_object_get(j, "iat"), *to = json_object_get(j, "exp");
    if (!session || !json_is_integer(from) || !json_is_integer(to) ||
        !text_copy(ret->session, sizeof(ret->session), session))
        return false;
    ret->issued_ms = json_integer_value(from) * 1000;
    ret->expires_ms = json_integer_value(to) * 1000;
    return now_ms < ret->expires_ms;
}

bool jwt_read(const struct secret *key, const char *token, int64_t now_ms, struct jwt_claims *ret, struct err *e)
{
    struct jwt_claims c = { .subject = "", .issuer = "" };
    const size_t head = sizeof(HEADER) - 1, len = strnlen(token, JWT_MAX + 1);
    AUTO(buf_done) struct buf signature;
    buf_init(&signature, JWT_MAX);
    if (len > JWT_MAX || len < head + 2 + SIGNATURE || !secret_bytes_equal(token, HEADER, head))
        return err_set(e, ERR_DENIED, "the access token is not valid");
    const size_t body = len - SIGNATURE - 1; /* what is signed, without the dot behind it */
    if (token[body] != '.' || !sign(key, token, body, &signature, e) || signature.len != SIGNATURE ||
        !secret_bytes_equal(signature.data, token + body + 1, SIGNATURE) ||
        !read_claims(token + head, body - head, now_ms, &c))
        return err_set(e, ERR_DENIED, "the access token is not valid");
    *ret = c;
    return true;
}
