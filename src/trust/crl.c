#include "trust/crl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trust/crl_fields.h"
#include "trust/dn.h"
#include "trust/general_name.h"
#include "trust/oid.h"

enum { ISSUERS_MAX = 10000 };

static void defect(struct trust_crl *c, const char *text)
{
    if (!c->defect)
        c->defect = text;
}

struct extension {
    unsigned id; /* of 2.5.29.id; 0 for every other OID */
    bool critical;
    struct der value;
};

static bool take_extension(struct der *in, struct extension *ret)
{
    struct der s, oid, flag;
    *ret = (struct extension){ 0 };
    if (!der_take(in, DER_SEQUENCE, &s) || !der_take(&s, DER_OID, &oid) || !der_oid(oid))
        return false;
    if (der_at(&s, DER_BOOLEAN) && (!der_take(&s, DER_BOOLEAN, &flag) || !der_boolean(flag, &ret->critical)))
        return false;
    if (oid.len == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d)
        ret->id = oid.p[2];
    return der_take(&s, DER_OCTET_STRING, &ret->value) && s.len == 0;
}

bool point_name_read(struct der in, struct point_name *ret)
{
    *ret = (struct point_name){ 0 };
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(0)))
        return der_take(&in, DER_CONTEXT_CONSTRUCTED(0), &ret->full) && in.len == 0 && general_names_ok(ret->full);
    return der_take(&in, DER_CONTEXT_CONSTRUCTED(1), &ret->relative) && in.len == 0 && ret->relative.len;
}

/* ---- extensions of the list (5.2) ---- */

static bool take_flag(struct der *s, unsigned n, bool *ret)
{
    struct der v;
    return !der_at(s, DER_CONTEXT(n)) || (der_take(s, DER_CONTEXT(n), &v) && der_boolean(v, ret));
}

static bool read_point(struct trust_crl *c, struct der v)
{
    struct der s, field;
    c->has_point = true;
    c->point_der = v;
    if (!der_take(&v, DER_SEQUENCE, &s) || v.len)
        return false;
    if (der_at(&s, DER_CONTEXT_CONSTRUCTED(0)) &&
        (!der_take(&s, DER_CONTEXT_CONSTRUCTED(0), &field) || !point_name_read(field, &c->point)))
        return false;
    if (!take_flag(&s, 1, &c->only_users) || !take_flag(&s, 2, &c->only_cas))
        return false;
    if (der_at(&s, DER_CONTEXT(3)) &&
        (!der_take(&s, DER_CONTEXT(3), &field) || !der_flags(field, &c->only_reasons) || !c->only_reasons))
        return false;
    if (!take_flag(&s, 4, &c->indirect) || !take_flag(&s, 5, &c->only_attributes))
        return false;
    return s.len == 0 && c->only_users + c->only_cas + c->only_attributes <= 1;
}

static bool read_authority(struct trust_crl *c, struct der v)
{
    struct der s;
    if (!der_take(&v, DER_SEQUENCE, &s) || v.len)
        return false;
    return !der_at(&s, DER_CONTEXT(0)) || der_take(&s, DER_CONTEXT(0), &c->authority);
}

static bool read_number(struct der v, struct der *ret)
{
    return der_take(&v, DER_INTEGER, ret) && v.len == 0 && der_integer(*ret) && !(ret->p[0] & 0x80);
}

static void apply(struct trust_crl *c, const struct extension *x)
{
    bool ok = true, may_be_critical = false;
    if (x->id == EXT_ISSUING_POINT) {
        ok = read_point(c, x->value);
        may_be_critical = true;
    } else if (x->id == EXT_DELTA_CRL) {
        ok = read_number(x->value, &c->base_number);
        may_be_critical = true;
    } else if (x->id == EXT_CRL_NUMBER) {
        ok = read_number(x->value, &c->number);
    } else if (x->id == EXT_AUTHORITY_KEY_ID) {
        ok = read_authority(c, x->value);
    }
    if (!ok)
        defect(c, "a malformed extension");
    if (x->critical && !may_be_critical)
        defect(c, "a critical extension that can't be applied (RFC 5280 5.2)");
}

static bool read_extensions(struct trust_crl *c, struct der in)
{
    while (in.len) {
        struct extension x;
        if (!take_extension(&in, &x))
            return false;
        apply(c, &x);
    }
    return true;
}

/* ---- entries (5.3) ---- */

/* The certificateIssuer of an indirect list's entry: its directory name, remembered once. */
static bool read_issuer(struct trust_crl *c, struct der v, int32_t *ret)
{
    struct der names;
    struct general_name n;
    uint8_t room[TRUST_DN_MAX];
    size_t len;
    if (!der_take(&v, DER_SEQUENCE, &names) || v.len)
        return false;
    while (general_name_next(&names, &n)) {
        if (n.kind != NAME_DIRECTORY)
            continue;
        if (!dn_canonical(n.value, room, sizeof(room), &len) || c->issuers_len == ISSUERS_MAX)
            return false;
        c->issuers = xreallocarray(c->issuers, c->issuers_len + 1, sizeof(c->issuers[0]));
        c->issuers[c->issuers_len] = (struct dn){ .canonical = xmemdup(room, len), .len = (uint32_t)len,
                                                  .hash = trust_hash_bytes(room, len), .der = n.value };
        *ret = (int32_t)c->issuers_len++;
        return true;
    }
    return false;
}

static bool read_entry_extensions(struct trust_crl *c, struct der in, struct crl_entry *entry, int32_t *issuer)
{
    while (in.len) {
        struct extension x;
        struct der reason;
        if (!take_extension(&in, &x))
            return false;
        if (x.id == EXT_REASON_CODE) {
            if (!der_take(&x.value, DER_ENUMERATED, &reason) || reason.len != 1 || reason.p[0] > 10)
                return false;
            entry->reason = reason.p[0];
        } else if (x.id == EXT_CERTIFICATE_ISSUER) {
            if (!read_issuer(c, x.value, issuer))
                return false;
        } else if (x.critical && x.id != EXT_INVALIDITY_DATE) {
            /* 5.3: then the list MUST NOT be used for any certificate. */
            defect(c, "a critical entry extension that can't be applied (RFC 5280 5.3)");
        }
    }
    return true;
}

static bool take_entry(struct trust_crl *c, struct der *in, struct crl_entry *ret, int32_t *issuer)
{
    struct der s, when, extensions;
    uint8_t tag;
    int64_t time;
    *ret = (struct crl_entry){ .issuer = -1 };
    if (!der_take(in, DER_SEQUENCE, &s) || !der_take(&s, DER_INTEGER, &ret->serial) || !der_integer(ret->serial) ||
        !der_next(&s, &tag, &when, NULL) || !der_time(tag, when, &time))
        return false;
    if (s.len && (!der_take(&s, DER_SEQUENCE, &extensions) || s.len ||
                  !read_entry_extensions(c, extensions, ret, issuer)))
        return false;
    /* 5.3.3: without the extension, the issuer of the entry before it. */
    ret->issuer = *issuer;
    return true;
}

static int compare_der(struct der a, struct der b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_serial(const void *left, const void *right)
{
    const struct crl_entry *a = left, *b = right;
    int order = compare_der(a->serial, b->serial);
    return order ? order : (a->issuer > b->issuer) - (a->issuer < b->issuer);
}

static const char *read_entries(struct trust_crl *c, struct der in)
{
    size_t room = 0;
    int32_t issuer = -1;
    while (in.len) {
        if (c->entries_len == TRUST_CRL_ENTRIES)
            return "more entries than are read";
        if (c->entries_len == room) {
            room = room ? room * 2 : 16;
            c->entries = xreallocarray(c->entries, room, sizeof(c->entries[0]));
        }
        if (!take_entry(c, &in, &c->entries[c->entries_len], &issuer))
            return "malformed entry";
        c->entries_len++;
    }
    if (c->entries_len)
        qsort(c->entries, c->entries_len, sizeof(c->entries[0]), by_serial);
    return NULL;
}

const struct crl_entry *crl_find(const struct trust_crl *c, struct der serial, const struct dn *issuer)
{
    size_t low = 0, high = c->entries_len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_der(c->entries[mid].serial, serial) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < c->entries_len && der_equal(c->entries[low].serial, serial); low++) {
        const struct crl_entry *entry = &c->entries[low];
        if (dn_same(entry->issuer < 0 ? &c->issuer : &c->issuers[entry->issuer], issuer))
            return entry;
    }
    return NULL;
}

/* ---- the list ---- */

static const char *read_list(struct trust_crl *c, struct der in, struct der outer_algorithm)
{
    struct der field, extensions, algorithm, name, when, entries = { 0 };
    uint32_t version = 0;
    uint8_t tag;
    size_t len;
    if (der_at(&in, DER_INTEGER) && (!der_take(&in, DER_INTEGER, &field) || !der_small(field, &version) || version != 1))
        return "version";
    if (!der_take(&in, DER_SEQUENCE, &algorithm) || !signature_algorithm_read(algorithm, &c->algorithm))
        return "signature algorithm";
    if (!der_take(&in, DER_SEQUENCE, &name) || name.len == 0 ||
        !dn_canonical(name, c->bytes + c->der.len, TRUST_DN_MAX, &len))
        return "issuer";
    c->issuer = (struct dn){ .canonical = c->bytes + c->der.len, .len = (uint32_t)len,
                             .hash = trust_hash_bytes(c->bytes + c->der.len, len), .der = name };
    if (!der_next(&in, &tag, &when, NULL) || !der_time(tag, when, &c->this_update))
        return "thisUpdate";
    c->next_update = INT64_MIN;
    if ((der_at(&in, DER_UTC_TIME) || der_at(&in, DER_GENERALIZED_TIME)) &&
        (!der_next(&in, &tag, &when, NULL) || !der_time(tag, when, &c->next_update)))
        return "nextUpdate";
    if (der_at(&in, DER_SEQUENCE) && !der_take(&in, DER_SEQUENCE, &entries))
        return "entries";
    if (der_at(&in, DER_CONTEXT_CONSTRUCTED(0)) &&
        (version != 1 || !der_take(&in, DER_CONTEXT_CONSTRUCTED(0), &field) ||
         !der_take(&field, DER_SEQUENCE, &extensions) || field.len || !read_extensions(c, extensions)))
        return "extensions";
    if (in.len)
        return "bytes after the extensions";
    if (!der_equal(algorithm, outer_algorithm))
        defect(c, "the two signature algorithms differ (RFC 5280 5.1.1.2)");
    const char *wrong = read_entries(c, entries);
    if (!wrong && !c->indirect && c->issuers_len)
        defect(c, "entries of another issuer in a list that is not indirect (RFC 5280 5.3.3)");
    return wrong;
}

static const char *decode(struct trust_crl *c)
{
    struct der in = c->der, list, inside, algorithm, bits;
    uint8_t tag;
    if (!der_take(&in, DER_SEQUENCE, &list) || in.len)
        return "not DER";
    if (!der_next(&list, &tag, &inside, &c->tbs) || tag != DER_SEQUENCE || !der_take(&list, DER_SEQUENCE, &algorithm) ||
        !der_take(&list, DER_BIT_STRING, &bits) || !der_bits(bits, &c->signature) || list.len)
        return "not a signed list";
    return read_list(c, inside, algorithm);
}

bool trust_crl_parse(const uint8_t *der, size_t len, struct trust_crl **ret, struct err *e)
{
    if (len > TRUST_CRL_MAX)
        return err_set(e, ERR_LIMIT, "a CRL of %zu bytes; at most %d are read", len, TRUST_CRL_MAX);
    struct trust_crl *c = xmalloc(sizeof(*c) + len + TRUST_DN_MAX);
    memset(c, 0, sizeof(*c));
    atomic_init(&c->refs, 1);
    if (len)
        memcpy(c->bytes, der, len);
    c->der = (struct der){ c->bytes, len };
    const char *wrong = decode(c);
    if (wrong) {
        (void)trust_crl_unref(c);
        return err_set(e, ERR_INPUT, "not a CRL: %s", wrong);
    }
    digest_sha256(c->bytes, len, c->sha256);
    *ret = c;
    return true;
}

struct trust_crl *trust_crl_ref(const struct trust_crl *c)
{
    struct trust_crl *mutable = (struct trust_crl *)(uintptr_t)c; /* the count is not part of the value */
    atomic_fetch_add_explicit(&mutable->refs, 1, memory_order_relaxed);
    return mutable;
}

struct trust_crl *trust_crl_unref(const struct trust_crl *c)
{
    struct trust_crl *mutable = (struct trust_crl *)(uintptr_t)c;
    if (mutable && atomic_fetch_sub_explicit(&mutable->refs, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < mutable->issuers_len; i++)
            free((void *)(uintptr_t)mutable->issuers[i].canonical);
        free(mutable->issuers);
        free(mutable->entries);
        free(mutable);
    }
    return NULL;
}

const uint8_t *trust_crl_sha256(const struct trust_crl *c)
{
    return c->sha256;
}

void trust_crl_issuer(const struct trust_crl *c, char *out, size_t size)
{
    dn_text(c->issuer.der, out, size);
}

void trust_crl_key_id(const struct trust_crl *c, char *out, size_t size)
{
    der_hex(c->authority, out, size);
}

void trust_crl_number(const struct trust_crl *c, char *out, size_t size)
{
    der_hex(der_magnitude(c->number), out, size);
}

int trust_crl_compare(const struct trust_crl *a, const struct trust_crl *b)
{
    return der_compare_integers(a->number, b->number);
}

int64_t trust_crl_this_update(const struct trust_crl *c)
{
    return c->this_update;
}

int64_t trust_crl_next_update(const struct trust_crl *c)
{
    return c->next_update;
}

bool trust_crl_is_delta(const struct trust_crl *c)
{
    return c->base_number.p != NULL;
}

size_t trust_crl_count(const struct trust_crl *c)
{
    return c->entries_len;
}
