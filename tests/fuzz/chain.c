/* A bundle as a peer or a file hands it over: its first certificate is the leaf, the rest is untrusted, the last one
 * is the anchor, its CRLs count. Decisions end within their budget, and a path that is believed leads from the leaf to
 * the anchor. */
#include <string.h>

#include "base/buf.h"
#include "fuzz/fuzz.h"
#include "trust/cert.h"
#include "trust/pem.h"
#include "trust/set.h"
#include "trust/verdict.h"

enum { CERTS = 24, LISTS = 8 };

struct bundle {
    const struct trust_cert *certs[CERTS];
    struct buf lists[LISTS];
    size_t certs_len, lists_len;
};

static bool keep(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    struct bundle *b = self;
    struct trust_cert *c;
    if (kind == TRUST_PEM_CERTIFICATE && b->certs_len < CERTS && trust_cert_parse(der, len, &c, e))
        b->certs[b->certs_len++] = c;
    if (kind == TRUST_PEM_CRL && b->lists_len < LISTS) {
        buf_init(&b->lists[b->lists_len], len);
        MUST(buf_append(&b->lists[b->lists_len++], der, len, e));
    }
    return true;
}

static struct trust_set *build(const struct bundle *b)
{
    struct trust_crl_row lists[LISTS];
    struct trust_row anchor = { .system = true };
    anchor.der = trust_cert_der(b->certs[b->certs_len - 1], &anchor.len);
    for (size_t i = 0; i < b->lists_len; i++)
        lists[i] = (struct trust_crl_row){ b->lists[i].data, b->lists[i].len, NULL };
    return trust_set_create(&(struct trust_rows){ .anchors = &anchor, .anchors_len = 1, .crls = lists,
                                                  .crls_len = b->lists_len }, NULL);
}

static void decide(const struct bundle *b, const struct trust_set *set, enum trust_crl_mode mode)
{
    struct trust_verdict v;
    trust_decide(set, &(struct trust_question){ .chain = b->certs, .chain_len = b->certs_len, .now = 1700000000,
                                                .names_mode = TRUST_NAMES_NONE, .crl_mode = mode }, &v);
    MUST(v.signatures <= TRUST_BUDGET && v.ok == (v.rule == TRUST_OK));
    if (!v.ok)
        return;
    MUST(!memcmp(v.path[0], trust_cert_sha256(b->certs[0]), DIGEST_SHA256));
    MUST(!memcmp(v.path[v.path_len - 1], trust_cert_sha256(b->certs[b->certs_len - 1]), DIGEST_SHA256));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle b = { 0 };
    bool whole = trust_pem_read(data, size, keep, &b, NULL);
    MUST(!whole || size); /* what was read before a broken block counts as well */
    if (b.certs_len) {
        struct trust_set *set = build(&b);
        for (unsigned mode = TRUST_CRL_OFF; mode <= TRUST_CRL_REQUIRE; mode++)
            decide(&b, set, (enum trust_crl_mode)mode);
        trust_set_unref(set);
    }
    for (size_t i = 0; i < b.certs_len; i++)
        trust_cert_unref(b.certs[i]);
    for (size_t i = 0; i < b.lists_len; i++)
        buf_done(&b.lists[i]);
    return 0;
}
