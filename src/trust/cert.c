#include "trust/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "trust/cert_fields.h"
#include "trust/dn.h"
#include "trust/general_name.h"

uint64_t trust_hash_bytes(const void *bytes, size_t len)
{
    /* FNV-1a: an index of the administrator's own anchors needs spread, not secrecy; equality is always checked. */
    const uint8_t *p = bytes;
    uint64_t h = 14695981039346656037ull;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 1099511628211ull;
    return h;
}

bool dn_same(const struct dn *a, const struct dn *b)
{
    return a->hash == b->hash && a->len == b->len && memcmp(a->canonical, b->canonical, a->len) == 0;
}

void cert_defect(struct trust_cert *c, enum trust_rule rule, const char *text)
{
    if (c->defect == TRUST_OK) {
        c->defect = rule;
        c->defect_text = text;
    }
}

/* ---- decoding ---- */

/* The fields of one Certificate (RFC 5280 4.1), before anything is kept. */
struct raw {
    struct der tbs, outer_algorithm, signature;
    struct der serial, algorithm, issuer, not_before, not_after, subject, spki, extensions;
    uint8_t not_before_tag, not_after_tag;
    uint32_t version;
};

static bool split_validity(struct der validity, struct raw *r)
{
    return der_next(&validity, &r->not_before_tag, &r->not_before, NULL) &&
           der_next(&validity, &r->not_after_tag, &r->not_after, NULL) && validity.len == 0;
}

static const char *split_tbs(struct der in, struct raw *r)
{
    struct der field, validity, unused;
    uint8_t tag;
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(0))) {
        if (!der_take(&in, DER_CONTEXT_CONSTRUCTED(0), &field) || !der_take(&field, DER_INTEGER, &unused) ||
            field.len || !der_small(unused, &r->version) || r->version < 1 || r->version > 2)
            return "version";
    }
    if (!der_take(&in, DER_INTEGER, &r->serial) || !der_integer(r->serial))
        return "serial number";
    if (!der_take(&in, DER_SEQUENCE, &r->algorithm))
        return "signature algorithm";
    if (!der_take(&in, DER_SEQUENCE, &r->issuer))
        return "issuer";
    if (!der_take(&in, DER_SEQUENCE, &validity) || !split_validity(validity, r))
        return "validity";
    if (!der_take(&in, DER_SEQUENCE, &r->subject))
        return "subject";
    if (!der_next(&in, &tag, &unused, &r->spki) || tag != DER_SEQUENCE)
        return "public key";
    if ((der_at(&in, DER_CONTEXT(1)) && !der_take(&in, DER_CONTEXT(1), &unused)) ||
        (der_at(&in, DER_CONTEXT(2)) && !der_take(&in, DER_CONTEXT(2), &unused)))
        return "unique identifier";
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(3)) &&
        (!der_take(&in, DER_CONTEXT_CONSTRUCTED(3), &field) || !der_take(&field, DER_SEQUENCE, &r->extensions) ||
         field.len || r->extensions.len == 0))
        return "extensions";
    return in.len ? "bytes after the extensions" : NULL;
}

static const char *split(struct der in, struct raw *r)
{
    struct der certificate, inside, bits;
    uint8_t tag;
    if (!der_take(&in, DER_SEQUENCE, &certificate))
        return "not a DER certificate";
    if (in.len)
        return "bytes after the certificate";
    if (!der_next(&certificate, &tag, &inside, &r->tbs) || tag != DER_SEQUENCE)
        return "no certificate body";
    if (!der_take(&certificate, DER_SEQUENCE, &r->outer_algorithm))
        return "no signature algorithm";
    if (!der_take(&certificate, DER_BIT_STRING, &bits) || !der_bits(bits, &r->signature) || certificate.len)
        return "no signature";
    return split_tbs(inside, r);
}

/* The two names in canonical form, before the certificate's own memory exists. */
struct names {
    uint8_t issuer[TRUST_DN_MAX], subject[TRUST_DN_MAX];
    size_t issuer_len, subject_len;
};

static struct dn keep_name(struct trust_cert *c, size_t at, const uint8_t *canonical, size_t len, struct der der)
{
    memcpy(c->bytes + at, canonical, len);
    return (struct dn){ .canonical = c->bytes + at, .len = (uint32_t)len, .hash = trust_hash_bytes(canonical, len),
                        .der = der };
}

static const char *fill(struct trust_cert *c, const struct raw *r, const struct names *n)
{
    c->tbs = r->tbs;
    c->serial = r->serial;
    c->spki = r->spki;
    c->signature = r->signature;
    c->version = (uint8_t)(r->version + 1);
    c->issuer = keep_name(c, c->der.len, n->issuer, n->issuer_len, r->issuer);
    c->subject = keep_name(c, c->der.len + n->issuer_len, n->subject, n->subject_len, r->subject);
    if (!der_time(r->not_before_tag, r->not_before, &c->not_before) ||
        !der_time(r->not_after_tag, r->not_after, &c->not_after))
        return "malformed validity";
    if (!signature_algorithm_read(r->algorithm, &c->algorithm))
        return "malformed signature algorithm";
    if (!key_read(r->spki, &c->key_info))
        return "malformed public key";
    if (!der_equal(r->algorithm, r->outer_algorithm))
        cert_defect(c, TRUST_BAD_CERTIFICATE, "the two signature algorithms differ (RFC 5280 4.1.1.2)");
    if (c->issuer.len == 0)
        cert_defect(c, TRUST_BAD_CERTIFICATE, "the issuer is empty (RFC 5280 4.1.2.4)");
    if (r->extensions.p && c->version != 3)
        cert_defect(c, TRUST_BAD_VERSION, "extensions in a certificate that is not version 3 (RFC 5280 4.1.2.9)");
    if (r->extensions.p)
        cert_extensions_read(c, r->extensions);
    if (c->is_ca && c->subject.len == 0)
        cert_defect(c, TRUST_BAD_CERTIFICATE, "a CA with an empty subject (RFC 5280 4.1.2.6)");
    return NULL;
}

/* Reads the names first, so that the certificate takes exactly the memory that it needs. */
static const char *decode(const uint8_t *der, size_t len, struct trust_cert **ret)
{
    struct raw r = { 0 };
    struct names n;
    const char *wrong = split((struct der){ der, len }, &r);
    if (wrong)
        return wrong;
    if (!dn_canonical(r.issuer, n.issuer, sizeof(n.issuer), &n.issuer_len))
        return "malformed issuer";
    if (!dn_canonical(r.subject, n.subject, sizeof(n.subject), &n.subject_len))
        return "malformed subject";
    struct trust_cert *c = xmalloc(sizeof(*c) + len + n.issuer_len + n.subject_len);
    memset(c, 0, sizeof(*c));
    atomic_init(&c->refs, 1);
    memcpy(c->bytes, der, len);
    c->der = (struct der){ c->bytes, len };
    r = (struct raw){ 0 };
    wrong = split(c->der, &r); /* again, so that everything points into our own copy */
    if (!wrong)
        wrong = fill(c, &r, &n);
    if (wrong) {
        free(c);
        return wrong;
    }
    *ret = c;
    return NULL;
}

bool trust_cert_parse(const uint8_t *der, size_t len, struct trust_cert **ret, struct err *e)
{
    if (len > TRUST_CERT_MAX)
        return err_set(e, ERR_LIMIT, "a certificate of %zu bytes; at most %d are read", len, TRUST_CERT_MAX);
    struct trust_cert *c;
    const char *wrong = decode(der, len, &c);
    if (wrong)
        return err_set(e, ERR_INPUT, "not a certificate: %s", wrong);
    digest_sha256(c->bytes, len, c->sha256);
    digest_sha256(c->spki.p, c->spki.len, c->key_sha256);
    *ret = c;
    return true;
}

struct trust_cert *trust_cert_ref(const struct trust_cert *c)
{
    struct trust_cert *mutable = (struct trust_cert *)(uintptr_t)c; /* the count is not part of the value */
    atomic_fetch_add_explicit(&mutable->refs, 1, memory_order_relaxed);
    return mutable;
}

struct trust_cert *trust_cert_unref(const struct trust_cert *c)
{
    struct trust_cert *mutable = (struct trust_cert *)(uintptr_t)c;
    if (mutable && atomic_fetch_sub_explicit(&mutable->refs, 1, memory_order_acq_rel) == 1) {
        EVP_PKEY_free(atomic_load(&mutable->key));
        free(mutable);
    }
    return NULL;
}

EVP_PKEY *cert_key(const struct trust_cert *c)
{
    struct trust_cert *mutable = (struct trust_cert *)(uintptr_t)c; /* a cache, not part of the value */
    EVP_PKEY *key = atomic_load_explicit(&mutable->key, memory_order_acquire);
    if (key)
        return key;
    key = key_decode(c->spki);
    EVP_PKEY *first = NULL;
    if (key && !atomic_compare_exchange_strong_explicit(&mutable->key, &first, key, memory_order_acq_rel,
                                                        memory_order_acquire)) {
        EVP_PKEY_free(key);
        key = first;
    }
    return key;
}

bool cert_may_be(const struct trust_cert *c, const struct dn *subject, struct der key_id)
{
    return dn_same(&c->subject, subject) && (!key_id.p || !c->key_id.p || der_equal(key_id, c->key_id));
}

bool trust_cert_may_be_issued_by(const struct trust_cert *c, const struct trust_cert *issuer)
{
    return cert_may_be(issuer, &c->issuer, c->authority);
}

bool trust_cert_issued_by(const struct trust_cert *c, const struct trust_cert *issuer)
{
    EVP_PKEY *key = trust_cert_may_be_issued_by(c, issuer) ? cert_key(issuer) : NULL;
    return key && signature_verify(key, &c->algorithm, c->tbs, c->signature);
}

/* ---- what people read ---- */

const uint8_t *trust_cert_der(const struct trust_cert *c, size_t *ret_len)
{
    *ret_len = c->der.len;
    return c->der.p;
}

const uint8_t *trust_cert_sha256(const struct trust_cert *c)
{
    return c->sha256;
}

void trust_cert_sha1(const struct trust_cert *c, uint8_t out[DIGEST_SHA1])
{
    digest_sha1(c->der.p, c->der.len, out);
}

const uint8_t *trust_cert_key_sha256(const struct trust_cert *c)
{
    return c->key_sha256;
}

int64_t trust_cert_not_before(const struct trust_cert *c)
{
    return c->not_before;
}

int64_t trust_cert_not_after(const struct trust_cert *c)
{
    return c->not_after;
}

bool trust_cert_is_ca(const struct trust_cert *c)
{
    return c->is_ca;
}

bool trust_cert_self_issued(const struct trust_cert *c)
{
    return cert_self_issued(c);
}

void trust_cert_subject(const struct trust_cert *c, char *out, size_t size)
{
    dn_text(c->subject.der, out, size);
}

void trust_cert_issuer(const struct trust_cert *c, char *out, size_t size)
{
    dn_text(c->issuer.der, out, size);
}

void der_hex(struct der v, char *out, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    for (size_t i = 0; i < v.len && at + 2 < size; i++) {
        out[at++] = digits[v.p[i] >> 4];
        out[at++] = digits[v.p[i] & 15];
    }
    out[at] = '\0';
}

void trust_cert_serial(const struct trust_cert *c, char *out, size_t size)
{
    struct der v = der_magnitude(c->serial);
    der_hex(v.len ? v : c->serial, out, size);
}

static const char *const key_names[] = { "unknown", "RSA", "RSA-PSS", "EC", "Ed25519", "Ed448", "DSA" };

void trust_cert_key_text(const struct trust_cert *c, char *out, size_t size)
{
    const struct key_info *k = &c->key_info;
    if (k->kind == KEY_RSA || k->kind == KEY_RSA_PSS)
        (void)snprintf(out, size, "%s %u", key_names[k->kind], k->bits);
    else if (k->kind == KEY_EC)
        (void)snprintf(out, size, "EC %s", k->curve ? k->curve : "with an unknown curve");
    else
        (void)text_copy(out, size, key_names[k->kind]);
}

void trust_cert_signature(const struct trust_cert *c, char *out, size_t size)
{
    static const char *const hashes[] = { "", "MD5", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512" };
    const struct signature_algorithm *a = &c->algorithm;
    (void)snprintf(out, size, "%s%s%s", key_names[a->key], a->hash == HASH_NONE ? "" : " with ", hashes[a->hash]);
}

void trust_cert_names(const struct trust_cert *c, char *out, size_t size)
{
    struct der names = c->alt_names;
    struct general_name n;
    out[0] = '\0';
    while (general_name_next(&names, &n)) {
        char text[300];
        general_name_text(&n, text, sizeof(text));
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s%s", len ? ", " : "", text);
    }
}

void trust_cert_key_id(const struct trust_cert *c, char *out, size_t size)
{
    uint8_t sha1[DIGEST_SHA1];
    if (c->key_id.p) {
        der_hex(c->key_id, out, size);
        return;
    }
    digest_sha1(c->spki.p, c->spki.len, sha1);
    der_hex(DER_OF(sha1), out, size);
}
