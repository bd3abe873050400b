#include "trust/replay.h"

#include <string.h>

static struct trust_replay_result again(const struct trust_set *set, const struct trust_replay_case *c)
{
    struct trust_replay_result r = { .state = TRUST_REPLAY_UNKNOWN, .rule = TRUST_BAD_CERTIFICATE };
    struct trust_verdict v;
    if (c->q.chain_len == 0)
        return r;
    trust_decide(set, &c->q, &v);
    r.has_chain = true;
    r.rule = v.rule;
    memcpy(v.ok ? r.anchor : r.at, v.ok ? v.anchor : v.at_sha256, DIGEST_SHA256);
    if (c->known)
        r.state = v.ok ? TRUST_REPLAY_VERIFIED : TRUST_REPLAY_FAILS;
    return r;
}

void trust_replay(const struct trust_set *set, const struct trust_replay_case *cases, size_t len, struct trust_replay_result *ret)
{
    for (size_t i = 0; i < len; i++)
        ret[i] = again(set, &cases[i]);
}

const char *trust_replay_state_name(enum trust_replay_state s)
{
    static const char *const names[] = { "verified", "fails", "unknown" };
    return names[s];
}
