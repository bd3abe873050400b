/* What all kinds of session have in common: a place in a lane, what was proved, and news for the policy. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gate/gate_parts.h"
#include "net/chain.h"
#include "net/desk.h"
#include "net/tls.h"

void passage_enter(struct passage *s, struct gate_lane *l)
{
    s->lane = l;
    s->id = desk_enter(l->desk, s);
    ring_put(&l->sessions, &s->ring);
}

void passage_leave(struct passage *s)
{
    desk_leave(s->lane->desk, s->id);
    ring_take(&s->ring);
    s->target = gate_target_unref(s->target);
    s->chain = chain_unref(s->chain);
}

void passage_proved(struct passage *s, const struct leg *l)
{
    s->since_ms = clock_wall_ms();
    s->single_proof = leg_single_proof(l);
    memcpy(s->anchor, leg_verdict(l)->anchor, sizeof(s->anchor));
}

void passage_open(struct passage *s, struct gate *g, const struct conn *host)
{
    s->chain = chain_ref(tls_chain(host));
    random_uuid(s->uuid);
    gate_enlist(g, s);
}

bool passage_spared(const struct passage *s, const struct gate *g, const struct trust_verdict *v)
{
    bool finish = s->fate == GATE_FATE_DEFAULT ? g->config.finish : s->fate == GATE_FATE_FINISH;
    return finish && (v->rule == TRUST_UNKNOWN_ISSUER || v->rule == TRUST_SELF_SIGNED || v->rule == TRUST_OUT_OF_SCOPE ||
                      v->rule == TRUST_NAME_OFF_UNPINNED);
}

void passage_news_copy(struct passage_news *ret, const struct gate_news *n)
{
    *ret = (struct passage_news){ .what = n->what, .has_verdict = n->verdict != NULL };
    ret->target = n->target ? gate_target_ref((struct gate_target *)(uintptr_t)n->target) : NULL;
    if (n->verdict)
        ret->verdict = *n->verdict;
    (void)snprintf(ret->rule, sizeof(ret->rule), "%s", n->rule);
    (void)snprintf(ret->text, sizeof(ret->text), "%s", n->text);
}

struct gate_news passage_news_of(const struct passage_news *n)
{
    return (struct gate_news){ n->what, n->target, n->has_verdict ? &n->verdict : NULL, n->rule, n->text };
}

void passage_news_done(struct passage_news *n)
{
    n->target = gate_target_unref(n->target);
}
