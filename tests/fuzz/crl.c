/* A revocation list that is read says what it is; one that OpenSSL can't read is never used. */
#include "trust/crl.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "trust/crl_fields.h"
#include "trust/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trust_crl *c;
    char text[48];
    if (!trust_crl_parse(data, size, &c, NULL))
        return 0;
    const unsigned char *p = data;
    X509_CRL *peer = d2i_X509_CRL(NULL, &p, (long)size);
    MUST((peer && p == data + size) || c->defect);
    X509_CRL_free(peer);
    ERR_clear_error();
    trust_crl_issuer(c, text, sizeof(text));
    MUST(strlen(text) < sizeof(text));
    trust_crl_key_id(c, text, sizeof(text));
    trust_crl_number(c, text, sizeof(text));
    MUST(trust_crl_compare(c, c) == 0);
    struct trust_crl_row row = { data, size, NULL };
    struct trust_set_report report;
    struct trust_set *set = trust_set_create(&(struct trust_rows){ .crls = &row, .crls_len = 1 }, &report);
    MUST(report.bad_crls == 0);
    trust_set_unref(set);
    trust_crl_unref(c);
    return 0;
}
