#include "probe/chain.h"

#include <assert.h>
#include <string.h>

#include "trust/cert.h"

static bool same(const struct trust_cert *a, const struct trust_cert *b)
{
    return !memcmp(trust_cert_sha256(a), trust_cert_sha256(b), DIGEST_SHA256);
}

static bool is_shown(const struct trust_cert *const *sent, const struct probe_chain *c, const struct trust_cert *cert)
{
    for (size_t i = 0; i < c->shown_len; i++)
        if (same(sent[c->shown[i]], cert))
            return true;
    return false;
}

/* The first of the others that issued the last one shown, or len. Only signature checks count. */
static size_t find_issuer(const struct trust_cert *const *sent, size_t len, const struct probe_chain *c,
                          unsigned *checks)
{
    const struct trust_cert *last = sent[c->shown[c->shown_len - 1]];
    for (size_t i = 1; i < len; i++) {
        if (!trust_cert_may_be_issued_by(last, sent[i]) || is_shown(sent, c, sent[i]))
            continue;
        if (!*checks)
            return len;
        --*checks;
        if (trust_cert_issued_by(last, sent[i]))
            return i;
    }
    return len;
}

void probe_chain_sort(const struct trust_cert *const *sent, size_t len, struct probe_chain *ret)
{
    unsigned checks = PROBE_CHAIN_CHECKS;
    assert(len <= TRUST_CHAIN_MAX);
    *ret = (struct probe_chain){ 0 };
    if (!len)
        return;
    for (size_t next = 0; next < len && ret->shown_len < TRUST_PATH_MAX;) {
        ret->shown[ret->shown_len++] = (uint8_t)next;
        next = find_issuer(sent, len, ret, &checks);
    }
    ret->spent = !checks || ret->shown_len == TRUST_PATH_MAX;
    for (size_t i = 1; i < len; i++)
        if (!is_shown(sent, ret, sent[i]))
            ret->also[ret->also_len++] = (uint8_t)i;
    ret->pins_one = ret->shown_len < 2 || !trust_cert_is_ca(sent[ret->shown[1]]);
    ret->store = ret->shown[ret->pins_one ? 0 : 1];
}
