#include "lab/sign.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lab/key.h"
#include "lab/pem.h"
#include "lab/shape.h"
#include "unit/check.h"

static const int64_t NOW = 1700000000;
static const uint8_t secret[LAB_SECRET] = { 1 };

static struct lab_keys *keys;
static struct lab_ca ca;
static EVP_PKEY *key;

static int start(void **state)
{
    struct err e;
    (void)state;
    keys = lab_keys_create(secret, NULL);
    ca = (struct lab_ca){ .key = lab_keys_get(keys, "root", 2048, &e) };
    const struct lab_root_shape shape = { .version = LAB_70, .o = "vc1.lab.test", .san = true, .made_at = NOW };
    const struct lab_cut cut = { .key = ca.key };
    ca.cert = lab_shape_vmca_root(&cut, &shape, &e);
    key = lab_keys_get(keys, "leaf", 2048, &e);
    return ca.cert && key ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    X509_free(ca.cert);
    (void)lab_keys_destroy(keys);
    return 0;
}

static struct lab_sign usual(void)
{
    return (struct lab_sign){ .issuer = ca.cert, .key = ca.key, .now = NOW, .not_before = NOW - 600,
                              .not_after = NOW + 730 * LAB_DAY, .pnid = "vc1.lab.test", .serial = { 0x12 } };
}

static X509 *sign_names(const struct lab_sign *s, const struct lab_rdn *subject, const struct lab_ext *exts, int *code)
{
    struct err e;
    X509_REQ *req = lab_csr_make(subject, exts, key, &e);
    if (!req)
        fail_msg("%s", e.msg);
    X509 *x = lab_sign(s, req, code, &e);
    X509_REQ_free(req);
    CHECK(!x == (*code != 0));
    X509 *read = x ? X509_dup(x) : NULL;
    X509_free(x);
    return read;
}

/* The extensions in their order, by short name. */
static void exts_of(const X509 *x, char out[256])
{
    out[0] = '\0';
    for (int i = 0; i < X509_get_ext_count(x); i++) {
        size_t len = strlen(out);
        (void)snprintf(out + len, 256 - len, "%s ", OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(x, i)))));
    }
}

static void requests_become_what_vmca_makes_of_them(void **state)
{
    (void)state;
    static const struct lab_rdn machine[] = { { "CN", "vc1.lab.test" }, { "C", "US" }, { 0 } };
    static const struct lab_ext of_machine[] = {
        { NID_subject_alt_name, "DNS:vc1.lab.test" }, { NID_key_usage, "digitalSignature,keyEncipherment,keyAgreement" }, { 0 } };
    static const struct {
        const struct lab_ext exts[3];
        const char *pnid, *said;
    } cases[] = {
        { { { NID_subject_alt_name, "DNS:a.b" }, { NID_key_usage, "digitalSignature" } }, "vc1", "subjectAltName keyUsage authorityKeyIdentifier authorityInfoAccess " },
        { { { NID_subject_alt_name, "IP:10.0.0.1" } }, "vc1", "subjectAltName authorityKeyIdentifier authorityInfoAccess " },
        { { { NID_subject_alt_name, "IP:10.0.0.1" } }, NULL, "subjectAltName authorityKeyIdentifier " },
        { { { NID_ext_key_usage, "serverAuth" }, { NID_subject_alt_name, "email:a@b.c" } }, "vc1",
          "extendedKeyUsage subjectAltName authorityKeyIdentifier authorityInfoAccess " },
        { { { 0 } }, "vc1", "" }, /* a request without extensions gets none */
    };
    struct lab_sign s = usual();
    char said[256];
    int code;
    X509 *x = sign_names(&s, machine, of_machine, &code);
    CHECK(x && X509_verify(x, ca.key) == 1 && X509_check_private_key(x, key) == 1);
    CHECK_EQ(lab_time_of(X509_get0_notBefore(x)), NOW - 600);
    CHECK_EQ(lab_time_of(X509_get0_notAfter(x)), NOW + 730 * LAB_DAY);
    CHECK_EQ(ASN1_STRING_get0_data(X509_get0_serialNumber(x))[0], 0xd2);
    int len = i2d_X509(x, NULL);
    CHECK(len >= 930 && len <= 1000); /* a real one: 968 */
    X509_free(x);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        s.pnid = cases[i].pnid;
        x = sign_names(&s, machine, cases[i].exts, &code);
        exts_of(x, said);
        CHECK_STR(said, cases[i].said);
        X509_free(x);
    }
}

static void names_and_rights_are_refused_by_number(void **state)
{
    (void)state;
    static const struct {
        const char *cn; /* NULL: no subject */
        int nid;
        const char *value;
        bool many;
        const char *policy;
        int code;
    } cases[] = {
        { "a.lab.test", NID_subject_alt_name, "DNS:a.lab.test", false, NULL, 0 },
        { NULL, NID_subject_alt_name, "DNS:a.lab.test", false, NULL, LAB_VMCA_FIELD },
        { "*.lab.test", NID_subject_alt_name, "DNS:a.lab.test", false, NULL, LAB_VMCA_NAME },
        { "a.lab.test", NID_subject_alt_name, "DNS:*.lab.test", false, NULL, LAB_VMCA_SAN },
        { "a.lab.test", NID_subject_alt_name, "DNS:a.lab.test,DNS:b.lab.test", false, NULL, LAB_VMCA_SAN },
        { "a.lab.test", NID_subject_alt_name, "DNS:a.lab.test,DNS:b.lab.test", true, NULL, 0 },
        { "a.lab.test", NID_subject_alt_name, "DNS:a.lab.test,IP:8.8.8.8,email:x@y.z", false, NULL, 0 },
        { "a", NID_basic_constraints, "critical,CA:TRUE", false, NULL, LAB_VMCA_FIELD },
        { "a", NID_basic_constraints, "critical,CA:FALSE", false, NULL, 0 },
        { "a", NID_key_usage, "keyCertSign", false, NULL, LAB_VMCA_FIELD },
        { "a", NID_key_usage, "digitalSignature,cRLSign", false, NULL, LAB_VMCA_FIELD },
        { "a", NID_key_usage, "dataEncipherment", false, NULL, LAB_VMCA_FIELD },
        { "a", NID_key_usage, "digitalSignature,nonRepudiation", false, NULL, 0 },
        { "a.lab.test", NID_subject_alt_name, "DNS:a.lab.test", false, "lab.test", 0 },
        { "a.lab.test", NID_subject_alt_name, "DNS:lab.test", false, "LAB.test", 0 },
        { "a.evil.test", NID_subject_alt_name, "DNS:a.lab.test", false, "lab.test", LAB_VMCA_POLICY },
        { "a.lab.test", NID_subject_alt_name, "DNS:a.evil-lab.test", false, "lab.test", LAB_VMCA_POLICY },
        { "solution-user", NID_subject_alt_name, "IP:10.1.1.1,IP:172.16.0.1,IP:192.168.0.1", false, "lab.test", 0 },
        { "solution-user", NID_subject_alt_name, "IP:8.8.8.8", false, "lab.test", LAB_VMCA_POLICY },
        { "solution-user", NID_subject_alt_name, "IP:172.32.0.1", false, "lab.test", LAB_VMCA_POLICY },
        { "solution-user", NID_subject_alt_name, "IP:fe80::1", false, "lab.test", LAB_VMCA_POLICY },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct lab_rdn subject[] = { { cases[i].cn ? "CN" : NULL, cases[i].cn }, { 0 } };
        const struct lab_ext exts[] = { { cases[i].nid, cases[i].value }, { 0 } };
        struct lab_sign s = usual();
        int code;
        s.many_names = cases[i].many;
        s.policy = cases[i].policy;
        X509_free(sign_names(&s, subject, exts, &code));
        if (code != cases[i].code)
            fail_msg("case %zu: %d", i, code);
    }
}

static void times_have_their_rules(void **state)
{
    (void)state;
    static const struct lab_rdn subject[] = { { "CN", "a" }, { 0 } };
    const int64_t root = NOW - 3 * LAB_DAY, end = root + 3650 * LAB_DAY;
    const struct {
        int64_t from, to;
        int code;
        int64_t until; /* 0: to */
    } cases[] = {
        { NOW, NOW + LAB_DAY, 0, 0 },
        { root + 1, NOW + LAB_DAY, 0, 0 },
        { root, NOW + LAB_DAY, LAB_VMCA_START, 0 }, /* VMCA's comparison refuses the same second too */
        { root - 1, NOW + LAB_DAY, LAB_VMCA_START, 0 },
        { NOW - 14 * LAB_DAY, NOW + LAB_DAY, LAB_VMCA_START, 0 },
        { NOW - 14 * LAB_DAY - 1, NOW + LAB_DAY, LAB_VMCA_TIME, 0 },
        { NOW, NOW + 3660 * LAB_DAY, 0, end }, /* clipped */
        { NOW, NOW + 3660 * LAB_DAY + 1, LAB_VMCA_TIME, 0 },
        { NOW, NOW, LAB_VMCA_TIME, 0 },
        { NOW, NOW - 1, LAB_VMCA_TIME, 0 },
        { NOW, end, 0, end },
        { NOW, end + 1, 0, end },
        { NOW + 90 * LAB_DAY, NOW + 91 * LAB_DAY, 0, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct lab_sign s = usual();
        int code;
        s.not_before = cases[i].from;
        s.not_after = cases[i].to;
        X509 *x = sign_names(&s, subject, NULL, &code);
        if (code != cases[i].code)
            fail_msg("case %zu: %d", i, code);
        if (x)
            CHECK_EQ(lab_time_of(X509_get0_notAfter(x)), cases[i].until ? cases[i].until : cases[i].to);
        X509_free(x);
    }
}

static X509_REQ *read(const char *pem, int *code)
{
    struct err e;
    return lab_csr_read(pem, strlen(pem), code, &e);
}

static void keys_and_signatures_are_checked(void **state)
{
    (void)state;
    static const struct lab_rdn subject[] = { { "CN", "a" }, { 0 } };
    struct lab_sign s = usual();
    struct err e;
    int code = 0;
    CHECK(!read("", &code) && code == LAB_VMCA_DECODE);
    CHECK(!read("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", &code) && code == LAB_VMCA_DECODE);
    X509_REQ *req = lab_csr_make(subject, NULL, lab_keys_get(keys, "short", 1024, &e), &e);
    CHECK(req && !lab_sign(&s, req, &code, &e) && code == LAB_VMCA_KEY && strstr(e.msg, "70015"));
    X509_REQ_free(req);
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    req = lab_csr_make(subject, NULL, ec, &e);
    CHECK(req && !lab_sign(&s, req, &code, &e) && code == LAB_VMCA_KEY);
    X509_REQ_free(req);
    EVP_PKEY_free(ec);
    /* Bytes that are no RSA key, under the name of one. */
    req = lab_csr_make(subject, NULL, key, &e);
    CHECK(req && X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(req), OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL, NULL,
                                        OPENSSL_memdup("\x30\x03\x02\x01", 4), 4));
    CHECK(!lab_sign(&s, req, &code, &e) && code == LAB_VMCA_FIELD);
    X509_REQ_free(req);
    /* Signed by another key than the one inside. */
    req = lab_csr_make(subject, NULL, key, &e);
    CHECK(req && X509_REQ_sign(req, ca.key, EVP_sha256()) > 0);
    CHECK(!lab_sign(&s, req, &code, &e) && code == LAB_VMCA_FIELD && strstr(e.msg, "70012"));
    X509_REQ_free(req);
    CHECK_STR(lab_vmca_text(LAB_VMCA_START), "Start Time Error");
    CHECK_STR(lab_vmca_text(1), "");
}

int group_lab_sign(void);
int group_lab_sign(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_become_what_vmca_makes_of_them), cmocka_unit_test(names_and_rights_are_refused_by_number),
        cmocka_unit_test(times_have_their_rules), cmocka_unit_test(keys_and_signatures_are_checked),
    };
    return cmocka_run_group_tests_name("lab_sign", tests, start, stop); /* keys are made once */
}
