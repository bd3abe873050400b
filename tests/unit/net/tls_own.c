#include "net/tls_own.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "net/tls_server.h"
#include "unit/check.h"

enum { NOW = 1795428000 };

static const char *const names[] = { "cell.example", "10.0.0.7", "::1" };

static void what_is_made_carries_the_names_and_its_key(void **state)
{
    (void)state;
    struct err e;
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    CHECK_OK(tls_own_make(names, ARRAY_LEN(names), NOW, &pem, &e), &e);
    AUTO(tls_identity_unrefp) struct tls_identity *i = tls_identity_parse(pem.data, pem.len, pem.data, pem.len, &e);
    CHECK_OK(i, &e);
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    CHECK(x);
    CHECK_EQ(X509_check_host(x, "cell.example", 0, 0, NULL), 1);
    CHECK_EQ(X509_check_ip_asc(x, "10.0.0.7", 0), 1);
    CHECK_EQ(X509_check_ip_asc(x, "::1", 0), 1);
    CHECK_EQ(X509_check_host(x, "other.example", 0, 0, NULL), 0);
    time_t now = NOW, late = NOW + (time_t)TLS_OWN_DAYS * 86400 + 1;
    CHECK(X509_cmp_time(X509_get0_notBefore(x), &now) < 0);
    CHECK(X509_cmp_time(X509_get0_notAfter(x), &late) < 0);
    X509_free(x);
    BIO_free(bio);
}

static void senseless_names_are_refused(void **state)
{
    (void)state;
    struct err e;
    const char *const smuggled[] = { "a,DNS:b" }, *const empty[] = { "" };
    const char *many[TLS_OWN_NAMES + 1];
    AUTO(tls_own_wipe) struct buf pem;
    buf_init(&pem, TLS_OWN_PEM);
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = "a.example";
    CHECK_FAILS(tls_own_make(names, 0, NOW, &pem, &e), &e, ERR_INPUT);
    CHECK_FAILS(tls_own_make(smuggled, 1, NOW, &pem, &e), &e, ERR_INPUT);
    CHECK_FAILS(tls_own_make(empty, 1, NOW, &pem, &e), &e, ERR_INPUT);
    CHECK_FAILS(tls_own_make(many, ARRAY_LEN(many), NOW, &pem, &e), &e, ERR_INPUT);
    CHECK_EQ(pem.len, 0);
    CHECK_OK(tls_own_make(many, TLS_OWN_NAMES, NOW, &pem, &e), &e);
}

static void a_request_asks_for_the_names_with_a_new_key(void **state)
{
    (void)state;
    struct err e;
    AUTO(tls_own_wipe) struct buf csr, key;
    buf_init(&csr, TLS_OWN_PEM);
    buf_init(&key, TLS_OWN_PEM);
    CHECK_OK(tls_own_request(names, ARRAY_LEN(names), &csr, &key, &e), &e);
    BIO *bio = BIO_new_mem_buf(csr.data, (int)csr.len);
    X509_REQ *r = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    CHECK(r);
    CHECK_EQ(X509_REQ_verify(r, X509_REQ_get0_pubkey(r)), 1);
    CHECK(strstr(buf_str(&key), "PRIVATE KEY") && !strstr(buf_str(&csr), "PRIVATE KEY"));
    X509_REQ_free(r);
    BIO_free(bio);
}

static void only_a_pair_that_fits_is_kept(void **state)
{
    (void)state;
    struct err e;
    char dir[] = "/tmp/own-XXXXXX", path[64];
    struct stat st;
    AUTO(tls_identity_unrefp) struct tls_identity *kept = NULL;
    AUTO(tls_own_wipe) struct buf one, two;
    buf_init(&one, TLS_OWN_PEM);
    buf_init(&two, TLS_OWN_PEM);
    CHECK(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/" TLS_OWN_FILE, dir);
    CHECK_FAILS(tls_own_load(dir, &kept, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(tls_own_make(names, 1, NOW, &one, &e), &e);
    CHECK_OK(tls_own_make(names, 1, NOW, &two, &e), &e);
    CHECK_OK(tls_own_keep(dir, one.data, one.len, &e), &e);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    /* the key of one with the certificate of the other */
    const char *chain = strstr(buf_str(&two), "-----BEGIN CERTIFICATE"), *end = strstr(buf_str(&one), "-----BEGIN CERTIFICATE");
    AUTO(tls_own_wipe) struct buf mixed;
    buf_init(&mixed, TLS_OWN_PEM);
    CHECK_OK(buf_append(&mixed, one.data, (size_t)(end - buf_str(&one)), &e) && buf_puts(&mixed, chain, &e), &e);
    CHECK_FAILS(tls_own_keep(dir, mixed.data, mixed.len, &e), &e, ERR_INPUT);
    CHECK_FAILS(tls_own_keep(dir, "x", 1, &e), &e, ERR_INPUT);
    CHECK_OK(tls_own_load(dir, &kept, &e), &e); /* the first one is still there */
    CHECK_OK(file_replace(path, "rubbish", 7, &e), &e);
    AUTO(tls_identity_unrefp) struct tls_identity *none = NULL;
    CHECK_FAILS(tls_own_load(dir, &none, &e), &e, ERR_INPUT);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(dir), 0);
}

GROUP(net_tls_own, cmocka_unit_test(what_is_made_carries_the_names_and_its_key), cmocka_unit_test(senseless_names_are_refused),
      cmocka_unit_test(a_request_asks_for_the_names_with_a_new_key), cmocka_unit_test(only_a_pair_that_fits_is_kept))
