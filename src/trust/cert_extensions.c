/* The extensions of a certificate (RFC 5280 4.2): read where a rule needs them, refused where they are broken. */
#include <string.h>

#include "trust/cert_fields.h"
#include "trust/constraint.h"
#include "trust/general_name.h"
#include "trust/oid.h"

enum { EXTENSIONS_MAX = 64, EXTENDED_MAX = 64 };

static bool ends(struct der rest)
{
    return rest.len == 0;
}

static bool read_basic(struct trust_cert *c, struct der v)
{
    struct der s, field;
    if (!der_take(&v, DER_SEQUENCE, &s) || !ends(v))
        return false;
    if (der_at(&s, DER_BOOLEAN) && (!der_take(&s, DER_BOOLEAN, &field) || !der_boolean(field, &c->is_ca)))
        return false;
    if (der_at(&s, DER_INTEGER)) {
        if (!der_take(&s, DER_INTEGER, &field) || !der_small(field, &c->path_length))
            return false;
        c->has_path_length = true;
        if (!c->is_ca)
            return false; /* 4.2.1.9: MUST NOT unless cA is asserted */
    }
    c->has_basic = true;
    return ends(s);
}

static bool read_key_usage(struct trust_cert *c, struct der v)
{
    struct der bits;
    c->has_key_usage = true;
    return der_take(&v, DER_BIT_STRING, &bits) && ends(v) && der_flags(bits, &c->key_usage) && c->key_usage != 0;
}

static bool read_extended(struct trust_cert *c, struct der v)
{
    struct der s, oid;
    if (!der_take(&v, DER_SEQUENCE, &s) || !ends(v) || ends(s))
        return false;
    c->has_extended = true;
    for (unsigned n = 0; !ends(s); n++) {
        if (n == EXTENDED_MAX || !der_take(&s, DER_OID, &oid) || !der_oid(oid))
            return false;
        c->server_auth |= der_equal(oid, DER_OF(OID_SERVER_AUTH));
        c->any_extended |= der_equal(oid, DER_OF(OID_ANY_EKU));
    }
    return true;
}

static bool read_subject_key_id(struct trust_cert *c, struct der v)
{
    return der_take(&v, DER_OCTET_STRING, &c->key_id) && ends(v) && c->key_id.len != 0;
}

static bool read_authority(struct trust_cert *c, struct der v)
{
    struct der s, unused;
    if (!der_take(&v, DER_SEQUENCE, &s) || !ends(v))
        return false;
    if (der_at(&s, DER_CONTEXT(0)) && !der_take(&s, DER_CONTEXT(0), &c->authority))
        return false;
    if (der_at(&s, DER_CONTEXT_CONSTRUCTED(1)) && !der_take(&s, DER_CONTEXT_CONSTRUCTED(1), &unused))
        return false;
    if (der_at(&s, DER_CONTEXT(2)) && !der_take(&s, DER_CONTEXT(2), &unused))
        return false;
    return ends(s);
}

static bool read_alt_names(struct trust_cert *c, struct der v)
{
    return der_take(&v, DER_SEQUENCE, &c->alt_names) && ends(v) && general_names_ok(c->alt_names);
}

static bool read_policy_constraints(struct trust_cert *c, struct der v)
{
    struct der s, field;
    if (!der_take(&v, DER_SEQUENCE, &s) || !ends(v) || ends(s))
        return false;
    if (der_at(&s, DER_CONTEXT(0))) {
        if (!der_take(&s, DER_CONTEXT(0), &field) || !der_small(field, &c->require_explicit))
            return false;
        c->has_require_explicit = true;
    }
    if (der_at(&s, DER_CONTEXT(1))) {
        if (!der_take(&s, DER_CONTEXT(1), &field) || !der_small(field, &c->inhibit_mapping))
            return false;
        c->has_inhibit_mapping = true;
    }
    return ends(s);
}

static bool read_inhibit_any(struct trust_cert *c, struct der v)
{
    struct der field;
    c->has_inhibit_any = true;
    return der_take(&v, DER_INTEGER, &field) && ends(v) && der_small(field, &c->inhibit_any);
}

/* Kept for their own readers; here only the outer shape: a SEQUENCE that is not empty. */
static bool keep_sequence(struct der v, struct der *ret)
{
    return der_take(&v, DER_SEQUENCE, ret) && ends(v) && !ends(*ret);
}

static bool read_constraints(struct trust_cert *c, struct der v)
{
    return keep_sequence(v, &c->constraints) && constraints_ok(c->constraints);
}

/* 4.2.1.4: a critical certificatePolicies whose qualifiers can't all be interpreted MUST be refused. The two of the
 * RFC only inform people; every other is unknown. */
static bool qualifiers_known(struct der policies)
{
    struct der info, oid, qualifiers, qualifier;
    while (policies.len) {
        if (!der_take(&policies, DER_SEQUENCE, &info) || !der_take(&info, DER_OID, &oid))
            return false;
        if (ends(info))
            continue;
        if (!der_take(&info, DER_SEQUENCE, &qualifiers) || !ends(info))
            return false;
        while (qualifiers.len)
            if (!der_take(&qualifiers, DER_SEQUENCE, &qualifier) || !der_take(&qualifier, DER_OID, &oid) ||
                !(der_equal(oid, DER_OF(OID_CPS)) || der_equal(oid, DER_OF(OID_USER_NOTICE))))
                return false;
    }
    return true;
}

/* True for the extensions whose meaning is applied, so that they may be critical. */
static bool read_one(struct trust_cert *c, unsigned id, struct der v, bool *ret_processed)
{
    *ret_processed = true;
    switch (id) {
    case EXT_BASIC_CONSTRAINTS: return read_basic(c, v);
    case EXT_KEY_USAGE: return read_key_usage(c, v);
    case EXT_EXTENDED_KEY_USAGE: return read_extended(c, v);
    case EXT_SUBJECT_ALT_NAME: return read_alt_names(c, v);
    case EXT_NAME_CONSTRAINTS: return read_constraints(c, v);
    case EXT_POLICIES: return keep_sequence(v, &c->policies);
    case EXT_POLICY_MAPPINGS: return keep_sequence(v, &c->mappings);
    case EXT_POLICY_CONSTRAINTS: return read_policy_constraints(c, v);
    case EXT_INHIBIT_ANY: return read_inhibit_any(c, v);
    case EXT_CRL_POINTS: return keep_sequence(v, &c->crl_points);
    default: break;
    }
    /* The rest MUST NOT be critical (4.2.1.1, 4.2.1.2, 4.2.1.15) or is not applied here. */
    *ret_processed = false;
    switch (id) {
    case EXT_SUBJECT_KEY_ID: return read_subject_key_id(c, v);
    case EXT_AUTHORITY_KEY_ID: return read_authority(c, v);
    case EXT_FRESHEST_CRL: return keep_sequence(v, &c->freshest);
    default: return true;
    }
}

struct extension {
    struct der oid, value;
    bool critical;
};

static bool take_extension(struct der *in, struct extension *ret)
{
    struct der s, flag;
    ret->critical = false;
    if (!der_take(in, DER_SEQUENCE, &s) || !der_take(&s, DER_OID, &ret->oid) || !der_oid(ret->oid))
        return false;
    if (der_at(&s, DER_BOOLEAN) && (!der_take(&s, DER_BOOLEAN, &flag) || !der_boolean(flag, &ret->critical)))
        return false;
    return der_take(&s, DER_OCTET_STRING, &ret->value) && ends(s);
}

static void apply(struct trust_cert *c, const struct extension *x)
{
    bool standard = x->oid.len == 3 && x->oid.p[0] == 0x55 && x->oid.p[1] == 0x1d;
    bool processed = false;
    if (standard) {
        if (!read_one(c, x->oid.p[2], x->value, &processed))
            cert_defect(c, TRUST_BAD_EXTENSION, "an extension is malformed or contradicts itself");
        c->basic_critical |= x->oid.p[2] == EXT_BASIC_CONSTRAINTS && x->critical;
        c->san_critical |= x->oid.p[2] == EXT_SUBJECT_ALT_NAME && x->critical;
        if (x->critical && x->oid.p[2] == EXT_POLICIES && !qualifiers_known(c->policies))
            cert_defect(c, TRUST_CRITICAL_EXTENSION, "a critical policy with an unknown qualifier (RFC 5280 4.2.1.4)");
    }
    c->lab |= der_equal(x->oid, DER_OF(OID_LAB));
    if (der_equal(x->oid, DER_OF(OID_AUTHORITY_ACCESS)))
        c->access = x->value;
    if (x->critical && !processed)
        cert_defect(c, TRUST_CRITICAL_EXTENSION, "a critical extension that can't be applied (RFC 5280 4.2)");
}

void cert_extensions_read(struct trust_cert *c, struct der in)
{
    struct der oids[EXTENSIONS_MAX];
    size_t count = 0;
    while (!ends(in)) {
        struct extension x;
        if (!take_extension(&in, &x)) {
            cert_defect(c, TRUST_BAD_EXTENSION, "an extension is not well-formed DER");
            return;
        }
        for (size_t i = 0; i < count; i++)
            if (der_equal(oids[i], x.oid))
                cert_defect(c, TRUST_BAD_EXTENSION, "an extension appears twice (RFC 5280 4.2)");
        if (count == EXTENSIONS_MAX) {
            cert_defect(c, TRUST_BAD_EXTENSION, "more extensions than are read");
            return;
        }
        oids[count++] = x.oid;
        apply(c, &x);
    }
    if (c->constraints.p && !c->is_ca)
        cert_defect(c, TRUST_BAD_EXTENSION, "name constraints outside a CA certificate (RFC 5280 4.2.1.10)");
}
