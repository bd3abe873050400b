#include "flow/voucher.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gate/target.h"
#include "net/chain.h"

struct voucher {
    struct gate_target *target; /* references */
    struct chain *chain;
    int64_t since_ms;
};

static bool is_there(const struct vouchers *v, const struct gate_target *t, const struct chain *c)
{
    for (size_t i = 0; i < v->len; i++)
        if (memcmp(chain_sha256(v->list[i].chain), chain_sha256(c), DIGEST_SHA256) == 0 && strcmp(v->list[i].target->endpoint, t->endpoint) == 0)
            return true;
    return false;
}

void vouchers_add(struct vouchers *v, const struct gate_target *t, const struct chain *c, int64_t since_ms)
{
    if (is_there(v, t, c))
        return;
    if (v->len == v->cap) {
        v->cap = v->cap ? 2 * v->cap : 2;
        v->list = xreallocarray(v->list, v->cap, sizeof(*v->list));
    }
    v->list[v->len++] = (struct voucher){ gate_target_ref((struct gate_target *)(uintptr_t)t), chain_ref(c), since_ms };
}

bool vouchers_hold(const struct vouchers *v, const struct trust_set *set, struct trust_verdict *ret)
{
    for (size_t i = 0; i < v->len; i++) {
        const struct voucher *one = &v->list[i];
        struct trust_question q;
        gate_target_question(one->target, &q);
        q.chain = chain_certs(one->chain);
        q.chain_len = chain_len(one->chain);
        q.now = one->since_ms / 1000;
        trust_decide(set, &q, ret);
        if (!ret->ok)
            return false;
    }
    return true;
}

void vouchers_done(struct vouchers *v)
{
    for (size_t i = 0; i < v->len; i++) {
        (void)gate_target_unref(v->list[i].target);
        (void)chain_unref(v->list[i].chain);
    }
    free(v->list);
    *v = (struct vouchers){ 0 };
}
