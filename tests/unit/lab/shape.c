#include "lab/shape.h"

#include <openssl/x509v3.h>

#include "lab/key.h"
#include "lab/pem.h"
#include "unit/check.h"

enum { WORDS = 1024 };

static const int64_t NOW = 1700000000;
static const uint8_t secret[LAB_SECRET] = { 1 };

static const char *string_type(int type)
{
    return type == V_ASN1_UTF8STRING ? "utf8" : type == V_ASN1_PRINTABLESTRING ? "printable" : type == V_ASN1_IA5STRING ? "ia5" : "?";
}

static void say_name(const X509_NAME *name, char *out, size_t size)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        size_t len = strlen(out);
        CHECK(X509_NAME_ENTRY_set(entry) == i); /* each RDN single-valued */
        (void)snprintf(out + len, size - len, "%s:%s=%.*s ", OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
                       string_type(ASN1_STRING_type(value)), ASN1_STRING_length(value), ASN1_STRING_get0_data(value));
    }
}

/* The extensions in their order, ! for critical ones. */
static void say_extensions(const X509 *x, char out[WORDS])
{
    out[0] = '\0';
    for (int i = 0; i < X509_get_ext_count(x); i++) {
        X509_EXTENSION *ext = X509_get_ext(x, i);
        char oid[80];
        size_t len = strlen(out);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
        (void)OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(ext), 1);
        (void)snprintf(out + len, WORDS - len, "%s%s ", nid == NID_undef ? oid : OBJ_nid2sn(nid),
                       X509_EXTENSION_get_critical(ext) ? "!" : "");
    }
}

/* What all have: version 3, sha256WithRSAEncryption, UTCTime, a serial of nine bytes. */
static void check_common(const X509 *x)
{
    uint8_t *der = NULL;
    CHECK_EQ(X509_get_version(x), X509_VERSION_3);
    CHECK_EQ(X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
    CHECK_EQ(ASN1_STRING_type(X509_get0_notBefore(x)), V_ASN1_UTCTIME);
    CHECK_EQ(ASN1_STRING_type(X509_get0_notAfter(x)), V_ASN1_UTCTIME);
    int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &der);
    CHECK(len == 11 && der[1] == 9 && der[2] == 0 && der[3] >= 0xc0);
    OPENSSL_free(der);
}

static void check_shape(X509 *x, const char *subject, const char *exts, int64_t from, int64_t to)
{
    char said[WORDS] = "";
    CHECK(x);
    check_common(x);
    say_name(X509_get_subject_name(x), said, sizeof(said));
    CHECK_STR(said, subject);
    say_extensions(x, said);
    CHECK_STR(said, exts);
    CHECK_EQ(lab_time_of(X509_get0_notBefore(x)), from);
    CHECK_EQ(lab_time_of(X509_get0_notAfter(x)), to);
}

static const struct lab_root_shape root_70 = { .version = LAB_70, .o = "vc1.lab.test", .san = true, .made_at = NOW };
#define ROOT_NAME "CN:utf8=CA DC:ia5=vsphere DC:ia5=local C:printable=US ST:utf8=California O:utf8=vc1.lab.test " \
                  "OU:utf8=VMware Engineering "

static struct lab_ca make_root(struct lab_keys *k)
{
    struct err e;
    struct lab_ca ca = { .key = lab_keys_get(k, "root", 2048, &e) };
    struct lab_cut cut = { .key = ca.key, .serial = { 0x12, 2, 3, 4, 5, 6, 7, 8 } };
    ca.cert = lab_shape_vmca_root(&cut, &root_70, &e);
    CHECK(ca.cert);
    return ca;
}

/* docs/lab.md: root. */
static void roots_are_vmcas(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    int64_t from = NOW - 3 * LAB_DAY;
    check_shape(ca.cert, ROOT_NAME, "subjectKeyIdentifier subjectAltName keyUsage! basicConstraints! ", from,
                from + 3650 * LAB_DAY);
    int len = i2d_X509(ca.cert, NULL);
    CHECK(len >= 1039 && len <= 1091);
    CHECK(X509_check_ca(ca.cert) == 1 && X509_get_pathlen(ca.cert) == 0);
    CHECK(X509_verify(ca.cert, ca.key) == 1 && X509_check_host(ca.cert, "vc1.lab.test", 0, 0, NULL) == 0);
    struct lab_cut cut = { .key = lab_keys_get(k, "root", 3072, &e) };
    const struct lab_root_shape root_80 = { .version = LAB_80, .o = "vcsa01.corp.example", .san = false, .made_at = NOW };
    X509 *late = lab_shape_vmca_root(&cut, &root_80, &e);
    char exts[WORDS];
    say_extensions(late, exts);
    CHECK_STR(exts, "subjectKeyIdentifier keyUsage! basicConstraints! ");
    len = i2d_X509(late, NULL);
    CHECK(len >= 1250 && len <= 1343);
    CHECK(lab_shape_root_bits(LAB_67) == 2048 && lab_shape_root_bits(LAB_70) == 2048 && lab_shape_root_bits(LAB_80) == 3072);
    X509_free(late);
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

static void the_mark_is_last_and_not_critical(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    char exts[WORDS];
    struct lab_cut cut = { .key = lab_keys_get(k, "root", 2048, &e), .mark = true };
    X509 *x = lab_shape_vmca_root(&cut, &root_70, &e);
    say_extensions(x, exts);
    CHECK_STR(exts, "subjectKeyIdentifier subjectAltName keyUsage! basicConstraints! " LAB_OID " ");
    X509_free(x);
    (void)lab_keys_destroy(k);
}

static void leaves_are_vmcas(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    struct lab_cut cut = { .key = lab_keys_get(k, "leaf", 2048, &e), .by = &ca, .serial = { 1 } };
    struct lab_leaf_shape shape = { .name = "127.20.0.1", .pnid = "vc1.lab.test", .made_at = NOW };
    X509 *x = lab_shape_esxi(&cut, &shape, &e);
    check_shape(x, "C:printable=US ST:utf8=California L:utf8=Palo Alto O:utf8=VMware OU:utf8=VMware Engineering "
                "CN:utf8=127.20.0.1 emailAddress:ia5=vmca@vmware.com ", "subjectAltName authorityKeyIdentifier authorityInfoAccess ",
                NOW - LAB_DAY, NOW + 1825 * LAB_DAY);
    CHECK(X509_check_ip_asc(x, "127.20.0.1", 0) == 1 && X509_verify(x, ca.key) == 1);
    int len = i2d_X509(x, NULL);
    CHECK(len >= 1040 && len <= 1100); /* a real one, by a 2048 bit root: 1071 */
    X509_free(x);
    shape.name = "vc1.lab.test";
    x = lab_shape_machine_ssl(&cut, &shape, &e);
    check_shape(x, "CN:utf8=vc1.lab.test C:printable=US ", "subjectAltName keyUsage authorityKeyIdentifier authorityInfoAccess ",
                NOW, NOW + 730 * LAB_DAY);
    CHECK(X509_check_host(x, "vc1.lab.test", 0, 0, NULL) == 1);
    CHECK_EQ(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT);
    len = i2d_X509(x, NULL);
    CHECK(len >= 930 && len <= 1000); /* a real one: 968 */
    X509_free(x);
    shape.pnid = NULL; /* 6.7 */
    x = lab_shape_esxi(&cut, &shape, &e);
    CHECK_EQ(X509_get_ext_count(x), 2);
    X509_free(x);
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

static void leaves_never_outlive_the_root(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    struct lab_cut cut = { .key = lab_keys_get(k, "leaf", 2048, &e), .by = &ca };
    struct lab_leaf_shape shape = { .name = "a.lab.test", .made_at = NOW + 3000 * LAB_DAY };
    X509 *x = lab_shape_esxi(&cut, &shape, &e);
    CHECK(x && ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(ca.cert)) == 0);
    X509_free(x);
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

static void faulty_times_are_faulty(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    struct lab_cut cut = { .key = lab_keys_get(k, "leaf", 2048, &e), .by = &ca };
    X509 *(*const shapes[])(const struct lab_cut *, const struct lab_leaf_shape *, struct err *) = {
        lab_shape_esxi, lab_shape_machine_ssl, lab_shape_installer, lab_shape_self_signed, lab_shape_enterprise_leaf };
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct lab_leaf_shape shape = { .name = "a.lab.test", .made_at = NOW, .when = LAB_EXPIRED };
        X509 *x = shapes[i](&cut, &shape, &e);
        CHECK(x && lab_time_of(X509_get0_notAfter(x)) < NOW && lab_time_of(X509_get0_notBefore(x)) < lab_time_of(X509_get0_notAfter(x)));
        X509_free(x);
        shape.when = LAB_FUTURE;
        x = shapes[i](&cut, &shape, &e);
        CHECK(x && lab_time_of(X509_get0_notBefore(x)) > NOW && lab_time_of(X509_get0_notBefore(x)) < lab_time_of(X509_get0_notAfter(x)));
        X509_free(x);
    }
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

static void the_installers_names_nobody_can_verify(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    struct lab_cut cut = { .key = lab_keys_get(k, "leaf", 2048, &e), .by = &ca };
    struct lab_leaf_shape shape = { .name = "a.lab.test", .made_at = NOW };
    char said[WORDS] = "";
    X509 *x = lab_shape_installer(&cut, &shape, &e);
    say_name(X509_get_issuer_name(x), said, sizeof(said));
    CHECK_STR(said, "O:utf8=VMware Installer ");
    CHECK(X509_verify(x, ca.key) == 1 && X509_verify(x, cut.key) != 1);
    X509_free(x);
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

static void crls_are_vmcas(void **state)
{
    (void)state;
    struct lab_keys *k = lab_keys_create(secret, NULL);
    struct err e;
    struct lab_ca ca = make_root(k);
    X509_CRL *crl = lab_mint_crl(ca.cert, ca.key, NOW, 7, NULL, 0, &e);
    CHECK(crl && X509_CRL_verify(crl, ca.key) == 1 && X509_CRL_get_version(crl) == X509_CRL_VERSION_2);
    CHECK(X509_CRL_get_ext_count(crl) == 2 && !X509_CRL_get_REVOKED(crl));
    CHECK_EQ(OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, 0))), NID_crl_number);
    CHECK_EQ(OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, 1))), NID_authority_key_identifier);
    CHECK_EQ(lab_time_of(X509_CRL_get0_nextUpdate(crl)) - lab_time_of(X509_CRL_get0_lastUpdate(crl)), 30 * LAB_DAY);
    X509_CRL_free(crl);
    X509_free(ca.cert);
    (void)lab_keys_destroy(k);
}

GROUP(lab_shape, cmocka_unit_test(roots_are_vmcas), cmocka_unit_test(the_mark_is_last_and_not_critical),
      cmocka_unit_test(leaves_are_vmcas), cmocka_unit_test(leaves_never_outlive_the_root),
      cmocka_unit_test(faulty_times_are_faulty), cmocka_unit_test(the_installers_names_nobody_can_verify),
      cmocka_unit_test(crls_are_vmcas))
