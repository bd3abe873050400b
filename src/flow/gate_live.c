#include "flow/gate_live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "flow/site.h"
#include "gate/gate.h"
#include "net/chain.h"
#include "store/record.h"

/* Sessions of one sort to one host that stand on one chain. */
struct stand {
    bool transfer;
    struct chain *chain;
    struct gate_target *target;
    size_t count;
};

struct stands {
    struct stand *list;
    size_t len, cap;
};

static struct stand *find(struct stands *all, const struct gate_session *s)
{
    for (size_t i = 0; i < all->len; i++) {
        struct stand *k = &all->list[i];
        if (k->transfer == (s->kind != GATE_CONSOLE) && k->chain == s->chain && !strcmp(k->target->endpoint, s->target->endpoint))
            return k;
    }
    return NULL;
}

static void on_stand(void *self, const struct gate_session *s)
{
    struct stands *all = self;
    struct stand *known = find(all, s);
    if (known) {
        known->count++;
        return;
    }
    if (all->len == all->cap) {
        all->cap = all->cap ? 2 * all->cap : 64;
        all->list = xreallocarray(all->list, all->cap, sizeof(*all->list));
    }
    all->list[all->len++] = (struct stand){ s->kind != GATE_CONSOLE, chain_ref(s->chain),
                                            gate_target_ref((struct gate_target *)(uintptr_t)s->target), 1 };
}

static void each_stand(void *self, live_sink *sink, void *sink_self)
{
    const struct site *site = self;
    struct stands all = { 0 };
    gate_list(site->gate, on_stand, &all);
    for (size_t i = 0; i < all.len; i++) {
        struct stand *s = &all.list[i];
        char what[STORE_NAME_MAX + 32];
        (void)snprintf(what, sizeof(what), "%s on %s", s->transfer ? "transfers" : "consoles", s->target->host_name);
        struct live_session row = { .kind = s->transfer ? "transfer" : "console", .endpoint = s->target->endpoint, .what = what,
                                    .count = s->count };
        gate_target_question(s->target, &row.question);
        row.question.chain = chain_certs(s->chain);
        row.question.chain_len = chain_len(s->chain);
        sink(sink_self, &row);
        (void)chain_unref(s->chain);
        (void)gate_target_unref(s->target);
    }
    free(all.list);
}

struct live_source gate_live(const struct site *site)
{
    return (struct live_source){ each_stand, (void *)(uintptr_t)site };
}
