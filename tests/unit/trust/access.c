/* Where an issuer's certificate is said to lie: read to be shown, whatever the bytes are. */
#include "fixture/mint.h"
#include "trust/cert.h"
#include "unit/check.h"

static void check_issuers(const struct mint_made *made, const char *want)
{
    struct trust_cert *c;
    struct err e;
    char text[4096];
    CHECK_OK(trust_cert_parse(made->der, made->len, &c, &e), &e);
    trust_cert_ca_issuers(c, text, sizeof(text));
    CHECK_STR(text, want);
    char small[8];
    trust_cert_ca_issuers(c, small, sizeof(small)); /* no room for a whole URL: then none */
    CHECK_STR(small, "");
    trust_cert_unref(c);
}

static const struct mint_made *with(struct mint *m, const struct mint_ext *ext)
{
    return mint_cert(m, &(struct mint_cert){ .subject = "/CN=x", .exts = MINT_EXTS(ext) });
}

static void urls_are_read_and_nothing_else(void **state)
{
    (void)state;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    static const char aia[] = "1.3.6.1.5.5.7.1.1";
    check_issuers(mint_root(m, "/CN=x", MINT_P256), "");
    check_issuers(with(m, mint_aia(m, "http://ca.example/ca.cer", NULL)), "http://ca.example/ca.cer");
    check_issuers(with(m, mint_aia(m, "https://ca.example/ca.cer", "http://ocsp.example/")), "https://ca.example/ca.cer");
    check_issuers(with(m, mint_aia(m, NULL, "http://ocsp.example/")), "");
    check_issuers(with(m, mint_aia(m, "ldap://ca.example/cn=x", NULL)), "");
    check_issuers(with(m, mint_aia(m, "http://ca.example/a b", NULL)), "");
    check_issuers(with(m, mint_aia(m, "http://", NULL)), "");
    static const char *const broken[] = { "", "30", "3001", "300506032a0304", "30800000", "0500", "3003300100",
                                          "300c300a06082b06010505073002" };
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        check_issuers(with(m, mint_raw(m, aia, false, broken[i])), "");
}

GROUP(trust_access, cmocka_unit_test(urls_are_read_and_nothing_else))
