/* A certificate that is read says the same of itself however it is asked; its texts end inside their buffers;
 * deciding about it never believes what nobody vouches for, nor what OpenSSL can't even read. */
#include "trust/cert.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "trust/set.h"
#include "trust/verdict.h"

static void read_texts(const struct trust_cert *c)
{
    char text[64];
    size_t len;
    trust_cert_subject(c, text, sizeof(text));
    MUST(strlen(text) < sizeof(text));
    trust_cert_issuer(c, text, sizeof(text));
    MUST(strlen(text) < sizeof(text));
    trust_cert_names(c, text, sizeof(text));
    MUST(strlen(text) < sizeof(text));
    trust_cert_serial(c, text, sizeof(text));
    trust_cert_key_id(c, text, sizeof(text));
    trust_cert_key_text(c, text, sizeof(text));
    (void)trust_cert_der(c, &len);
    MUST(len);
}

static bool peer_reads(const uint8_t *data, size_t size)
{
    const unsigned char *p = data;
    X509 *peer = d2i_X509(NULL, &p, (long)size);
    bool whole = peer && p == data + size;
    X509_free(peer);
    ERR_clear_error();
    return whole;
}

static void decide(const struct trust_cert *c, const uint8_t *data, size_t size)
{
    static const char *const names[] = { "a.example" };
    struct trust_row row = { .der = data, .len = size, .system = true };
    struct trust_rows rows = { .anchors = &row, .anchors_len = 1 };
    struct trust_question q = { .chain = &c, .chain_len = 1, .names = names, .names_len = 1, .now = 1700000000 };
    struct trust_verdict v;
    AUTO(trust_set_unrefp) struct trust_set *nobody = trust_set_create(&(struct trust_rows){ 0 }, NULL);
    AUTO(trust_set_unrefp) struct trust_set *itself = trust_set_create(&rows, NULL);
    trust_decide(nobody, &q, &v);
    MUST(!v.ok && v.rule != TRUST_OK);
    trust_decide(itself, &q, &v);
    MUST(v.ok == (v.rule == TRUST_OK));
    MUST(!v.ok || (v.path_len == 1 && trust_cert_not_after(c) >= q.now));
    q.names_mode = TRUST_NAMES_NONE;
    trust_decide(itself, &q, &v);
    MUST(!v.ok || peer_reads(data, size));
    (void)trust_cert_issued_by(c, c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trust_cert *c;
    if (!trust_cert_parse(data, size, &c, NULL))
        return 0;
    read_texts(c);
    decide(c, data, size);
    trust_cert_unref(c);
    return 0;
}
