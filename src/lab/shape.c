#include "lab/shape.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum {
    ROOT_PREDATE_DAYS = 3,     /* certool --selfca --predate */
    ROOT_DAYS = 3650,
    MACHINE_SSL_DAYS = 730,
    SELF_SIGNED_DAYS = 1825,
    SUB_CA_DAYS = 1825,
    CERTOOL_DAYS = 3650,
    CERTOOL_PREDATE = 600,      /* seconds */
    INSTALLER_DAYS = 4015,
    ENTERPRISE_LEAF_DAYS = 397,
    ENTERPRISE_CA_DAYS = 3650,
    VALUE_MAX = 600,
};

const struct lab_terms lab_usual_terms = {
    .days = 1825, .minutes_before = 1440, .country = "US", .state = "California", .locality = "Palo Alto",
    .organization = "VMware", .unit = "VMware Engineering", .email = "vmca@vmware.com",
};

int64_t lab_terms_start(const struct lab_terms *t, int64_t now)
{
    return now - t->minutes_before * 60;
}

unsigned lab_shape_root_bits(enum lab_version v)
{
    return v >= LAB_80 ? 3072 : 2048;
}

static bool is_address(const char *name)
{
    return name[strspn(name, "0123456789.")] == '\0';
}

static void san_of(const char *name, char out[VALUE_MAX])
{
    (void)snprintf(out, VALUE_MAX, "%s:%s", is_address(name) ? "IP" : "DNS", name);
}

/* certificate-manager asks for an address too (vmca.md 2.2), and enterprises like it. */
static void san_of_endpoint(const struct lab_leaf_shape *s, char out[VALUE_MAX])
{
    san_of(s->name, out);
    size_t len = strlen(out);
    if (s->also)
        (void)snprintf(out + len, VALUE_MAX - len, ",IP:%s", s->also);
}

/* A faulty time keeps the length of the real one and moves it. */
static void move(struct lab_mint *m, const struct lab_leaf_shape *s)
{
    int64_t life = m->not_after - m->not_before;
    if (s->when == LAB_EXPIRED)
        m->not_after = s->made_at - LAB_DAY;
    else if (s->when == LAB_FUTURE)
        m->not_after = s->made_at + LAB_DAY * 30 + life;
    m->not_before = m->not_after - life;
}

/* VMCA never lets a leaf live longer than itself (vmca.md 1.1, "clipped"). */
static void clip(struct lab_mint *m, const struct lab_leaf_shape *s)
{
    struct tm end;
    if (m->issuer && s->when == LAB_NOW && ASN1_TIME_to_tm(X509_get0_notAfter(m->issuer), &end)) {
        int64_t at = timegm(&end);
        if (m->not_after > at)
            m->not_after = at;
        if (m->not_before >= at) /* the CA is over: what it signed was signed before */
            m->not_before = at - LAB_DAY;
    }
}

static struct lab_mint start(const struct lab_cut *c)
{
    struct lab_mint m = {
        .key = c->key,
        .issuer = c->by ? c->by->cert : NULL,
        .signer = c->by ? c->by->key : c->key,
        .mark = c->mark,
        .serial_len = sizeof(c->serial),
    };
    memcpy(m.serial, c->serial, sizeof(c->serial));
    m.serial[0] |= 0xc0; /* BN_pseudo_rand(64, top = 1): always nine bytes of DER */
    return m;
}

static X509 *mint_since_yesterday(struct lab_mint *m, const struct lab_leaf_shape *s, int64_t days, struct err *e)
{
    m->not_before = s->made_at - LAB_DAY;
    m->not_after = m->not_before + days * LAB_DAY;
    move(m, s);
    return lab_mint(m, e);
}

X509 *lab_shape_vmca_root(const struct lab_cut *c, const struct lab_root_shape *s, struct err *e)
{
    const struct lab_rdn subject[] = { { "CN", "CA" }, { "DC", "vsphere" }, { "DC", "local" }, { "C", "US" },
                                       { "ST", "California" }, { "O", s->o }, { "OU", "VMware Engineering" }, { 0 } };
    static const struct lab_ext with_san[] = {
        { NID_subject_key_identifier, "hash" },
        { NID_subject_alt_name, "email:email@acme.com,IP:127.0.0.1" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { 0 },
    };
    static const struct lab_ext without_san[] = {
        { NID_subject_key_identifier, "hash" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { 0 },
    };
    const struct lab_ext named[] = {
        { NID_subject_key_identifier, "hash" },
        { NID_subject_alt_name, s->names },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { 0 },
    };
    struct lab_mint m = start(c);
    m.subject = s->subject ? s->subject : subject;
    m.exts = s->names ? named : s->san ? with_san : without_san;
    m.not_before = s->made_at - (int64_t)ROOT_PREDATE_DAYS * LAB_DAY;
    m.not_after = m.not_before + (int64_t)ROOT_DAYS * LAB_DAY;
    return lab_mint(&m, e);
}

/* What an administrator typed for the request, and what an enterprise's CA makes of it: it begins now, so that a host's
 * certificate, which begins yesterday, can't be signed yet (error 70034). */
X509 *lab_shape_sub_ca(const struct lab_cut *c, const struct lab_root_shape *s, struct err *e)
{
    const struct lab_rdn subject[] = { { "CN", s->o }, { "C", "US" }, { "ST", "California" }, { "L", "Palo Alto" },
                                       { "O", "VMware" }, { "OU", "VMware Engineering" }, { 0 } };
    static const struct lab_ext exts[] = {
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid" },
        { 0 },
    };
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    m.not_before = s->made_at;
    m.not_after = m.not_before + (int64_t)SUB_CA_DAYS * LAB_DAY;
    return lab_mint(&m, e);
}

X509 *lab_shape_machine_ssl(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    char san[VALUE_MAX], aia[VALUE_MAX];
    const struct lab_rdn subject[] = { { "CN", s->name }, { "C", "US" }, { 0 } };
    const struct lab_ext exts[] = {
        { NID_subject_alt_name, san },
        { NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement" },
        { NID_authority_key_identifier, "keyid" },
        { s->pnid ? NID_info_access : 0, aia },
        { 0 },
    };
    san_of_endpoint(s, san);
    (void)snprintf(aia, sizeof(aia), "caIssuers;URI:https://%s/afd/vecs/ca", s->pnid ? s->pnid : "");
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    m.not_before = s->made_at;
    m.not_after = m.not_before + (int64_t)MACHINE_SSL_DAYS * LAB_DAY;
    move(&m, s);
    clip(&m, s);
    return lab_mint(&m, e);
}

X509 *lab_shape_esxi(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    char san[VALUE_MAX], aia[VALUE_MAX];
    const struct lab_terms *t = s->terms ? s->terms : &lab_usual_terms;
    const struct lab_rdn subject[] = {
        { "C", t->country }, { "ST", t->state }, { "L", t->locality }, { "O", t->organization }, { "OU", t->unit },
        { "CN", s->name }, { "emailAddress", t->email }, { 0 },
    };
    const struct lab_ext exts[] = {
        { NID_subject_alt_name, san },
        { NID_authority_key_identifier, "keyid" },
        { s->pnid ? NID_info_access : 0, aia },
        { 0 },
    };
    san_of(s->name, san);
    (void)snprintf(aia, sizeof(aia), "caIssuers;URI:https://%s/afd/vecs/ca", s->pnid ? s->pnid : "");
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    m.not_before = lab_terms_start(t, s->made_at);
    m.not_after = s->made_at + t->days * LAB_DAY;
    move(&m, s);
    clip(&m, s);
    return lab_mint(&m, e);
}

/* certool.cfg gives the subject, ten minutes ago the start, the root the end (vmca.md 2.2, 2.4). */
static X509 *mint_certool(const struct lab_cut *c, const struct lab_leaf_shape *s, const struct lab_rdn *subject, struct err *e)
{
    char san[VALUE_MAX], aia[VALUE_MAX];
    const struct lab_ext exts[] = {
        { NID_key_usage, "digitalSignature,nonRepudiation,keyEncipherment" },
        { NID_subject_alt_name, san },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid" },
        { s->pnid ? NID_info_access : 0, aia },
        { 0 },
    };
    san_of_endpoint(s, san);
    (void)snprintf(aia, sizeof(aia), "caIssuers;URI:https://%s/afd/vecs/ca", s->pnid ? s->pnid : "");
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    m.not_before = s->made_at - CERTOOL_PREDATE;
    m.not_after = s->days ? s->made_at + s->days * LAB_DAY : m.not_before + (int64_t)CERTOOL_DAYS * LAB_DAY;
    move(&m, s);
    clip(&m, s);
    return lab_mint(&m, e);
}

X509 *lab_shape_certool(const struct lab_cut *c, const struct lab_leaf_shape *s, const char *cn, struct err *e)
{
    const struct lab_rdn subject[] = { { "CN", cn }, { "C", "US" }, { "ST", "California" }, { "L", "Palo Alto" },
                                       { "O", "VMware" }, { "OU", "VMware Engineering" }, { 0 } };
    return mint_certool(c, s, subject, e);
}

X509 *lab_shape_sts(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    static const struct lab_rdn subject[] = { { "CN", "ssoserverSign" }, { 0 } };
    return mint_certool(c, s, subject, e);
}

X509 *lab_shape_installer(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    char san[VALUE_MAX], unstructured[64];
    const struct lab_rdn issuer[] = { { "O", "VMware Installer" }, { 0 } };
    const struct lab_rdn subject[] = {
        { "C", "US" }, { "ST", "California" }, { "L", "Palo Alto" }, { "O", "VMware, Inc" },
        { "OU", "VMware ESX Server Default Certificate" }, { "emailAddress", "ssl-certificates@vmware.com" },
        { "CN", "localhost.localdomain" }, { "unstructuredName", unstructured }, { 0 },
    };
    const struct lab_ext exts[] = {
        { NID_subject_alt_name, san },
        { NID_key_usage, "digitalSignature,nonRepudiation,keyEncipherment" },
        { 0 },
    };
    san_of("localhost.localdomain", san);
    (void)snprintf(unstructured, sizeof(unstructured), "%lld,564d7761726520496e632e", (long long)s->made_at);
    struct lab_mint m = start(c);
    m.issuer = NULL;
    m.issuer_name = issuer;
    m.subject = subject;
    m.exts = exts;
    m.not_before = s->made_at;
    m.not_after = m.not_before + (int64_t)INSTALLER_DAYS * LAB_DAY;
    move(&m, s);
    return lab_mint(&m, e);
}

X509 *lab_shape_self_signed(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    char san[VALUE_MAX];
    const struct lab_rdn subject[] = { { "C", "US" }, { "O", "VMware, Inc" }, { "CN", s->name }, { 0 } };
    const struct lab_ext exts[] = {
        { NID_subject_alt_name, san },
        { NID_subject_key_identifier, "hash" },
        { NID_basic_constraints, "CA:FALSE" },
        { NID_ext_key_usage, "serverAuth" },
        { 0 },
    };
    san_of(s->name, san);
    struct lab_mint m = start(c);
    m.issuer = NULL;
    m.signer = c->key;
    m.subject = subject;
    m.exts = exts;
    return mint_since_yesterday(&m, s, SELF_SIGNED_DAYS, e);
}

X509 *lab_shape_enterprise_leaf(const struct lab_cut *c, const struct lab_leaf_shape *s, struct err *e)
{
    char san[VALUE_MAX];
    const struct lab_rdn subject[] = { { "C", "SE" }, { "O", "Example Enterprise" }, { "CN", s->name }, { 0 } };
    const struct lab_ext exts[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature,keyEncipherment" },
        { NID_ext_key_usage, "serverAuth" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid" },
        { NID_subject_alt_name, san },
        { 0 },
    };
    san_of_endpoint(s, san);
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    return mint_since_yesterday(&m, s, ENTERPRISE_LEAF_DAYS, e);
}

X509 *lab_shape_enterprise_ca(const struct lab_cut *c, const char *organization, const char *cn, unsigned below, int64_t made_at,
                              struct err *e)
{
    char constraints[64] = "critical,CA:TRUE";
    const struct lab_rdn subject[] = { { "C", "SE" }, { "O", organization }, { "CN", cn }, { 0 } };
    const struct lab_ext exts[] = {
        { NID_basic_constraints, constraints },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_subject_key_identifier, "hash" },
        { c->by ? NID_authority_key_identifier : 0, "keyid" },
        { 0 },
    };
    if (c->by)
        (void)snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%u", below);
    struct lab_mint m = start(c);
    m.subject = subject;
    m.exts = exts;
    m.not_before = made_at - 365 * LAB_DAY;
    m.not_after = m.not_before + (int64_t)ENTERPRISE_CA_DAYS * LAB_DAY;
    return lab_mint(&m, e);
}
