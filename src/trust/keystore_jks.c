/* Sun's JKS, version 2, with trusted certificates only:
 *   FEEDFEED, version, count; of each entry 2, alias, milliseconds, "X.509", length, DER; SHA-1 over the password (UTF-16),
 *   "Mighty Aphrodite" and all of that (sun.security.provider.JavaKeyStore). Numbers are big-endian, texts as DataOutput.writeUTF. */
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/secret.h"
#include "trust/keystore.h"

enum { JKS_VERSION = 2, JKS_TRUSTED = 2, UTF_MAX = 65535 };

static bool put_number(struct buf *b, uint64_t v, unsigned bytes, struct err *e)
{
    uint8_t out[8];
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    return buf_append(b, out, bytes, e);
}

/* The next character of well-formed UTF-8. */
static uint32_t next_char(const uint8_t **p)
{
    const uint8_t *s = *p;
    unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    uint32_t c = more ? s[0] & (UINT32_C(0x3f) >> more) : s[0];
    for (unsigned i = 1; i <= more; i++)
        c = c << 6 | (s[i] & 0x3f);
    *p = s + more + 1;
    return c;
}

/* UTF-16 units of one character. */
static unsigned units(uint32_t c, uint16_t out[2])
{
    if (c < 0x10000) {
        out[0] = (uint16_t)c;
        return 1;
    }
    out[0] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
    out[1] = (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff));
    return 2;
}

/* Java's own UTF-8: characters beyond the first plane as two halves of three bytes each. */
static bool put_utf(struct buf *b, const char *text, struct err *e)
{
    AUTO(buf_done) struct buf utf;
    const uint8_t *p = (const uint8_t *)text;
    uint16_t half[2];
    buf_init(&utf, UTF_MAX);
    while (*p) {
        const uint8_t *start = p;
        uint32_t c = next_char(&p);
        unsigned n = units(c, half);
        bool ok = n == 1 ? buf_append(&utf, start, (size_t)(p - start), e) : true;
        for (unsigned i = 0; n == 2 && i < n && ok; i++) {
            const uint8_t three[] = { (uint8_t)(0xe0 | half[i] >> 12), (uint8_t)(0x80 | (half[i] >> 6 & 0x3f)), (uint8_t)(0x80 | (half[i] & 0x3f)) };
            ok = buf_append(&utf, three, sizeof(three), e);
        }
        if (!ok)
            return false;
    }
    return put_number(b, utf.len, 2, e) && buf_append(b, utf.data, utf.len, e);
}

static bool put_entry(struct buf *b, const struct trust_keystore_entry *entry, int64_t made_ms, struct err *e)
{
    return put_number(b, JKS_TRUSTED, 4, e) && put_utf(b, entry->alias, e) && put_number(b, (uint64_t)made_ms, 8, e) &&
           put_utf(b, "X.509", e) && put_number(b, entry->len, 4, e) && buf_append(b, entry->der, entry->len, e);
}

/* What is hashed before the store itself. Wiped by the caller. */
static bool put_key(struct buf *b, const struct secret *password, struct err *e)
{
    static const char whitener[] = "Mighty Aphrodite";
    const uint8_t *p = password->bytes, *end = p + password->len;
    uint16_t half[2];
    while (p < end) {
        unsigned n = units(next_char(&p), half);
        for (unsigned i = 0; i < n; i++)
            if (!put_number(b, half[i], 2, e))
                return false;
    }
    return buf_puts(b, whitener, e);
}

static bool put_digest(struct buf *out, size_t from, const struct secret *password, struct err *e)
{
    struct buf keyed;
    uint8_t digest[DIGEST_SHA1];
    uint8_t *room;
    size_t size = 2 * password->len + 64 + out->len - from;
    buf_init(&keyed, size);
    bool ok = buf_reserve(&keyed, size, &room, e) && put_key(&keyed, password, e) &&
              buf_append(&keyed, out->data + from, out->len - from, e);
    if (ok)
        digest_sha1(keyed.data, keyed.len, digest);
    if (keyed.data)
        secret_wipe(keyed.data, keyed.len);
    buf_done(&keyed);
    return ok && buf_append(out, digest, sizeof(digest), e);
}

bool trust_keystore_write_jks(const struct trust_keystore_entry *entries, size_t len, const struct secret *password, int64_t made_ms,
                              struct buf *out, struct err *e)
{
    size_t from = out->len;
    if (!put_number(out, UINT32_C(0xfeedfeed), 4, e) || !put_number(out, JKS_VERSION, 4, e) || !put_number(out, len, 4, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!put_entry(out, &entries[i], made_ms, e))
            return false;
    return put_digest(out, from, password, e);
}
