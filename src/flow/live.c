#include "flow/live.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct live_list {
    struct live_source sources[LIVE_SOURCES];
    size_t len;
};

struct live_list *live_create(void)
{
    return xcalloc(1, sizeof(struct live_list));
}

struct live_list *live_destroy(struct live_list *l)
{
    free(l);
    return NULL;
}

void live_add(struct live_list *l, const struct live_source *source)
{
    assert(l->len < LIVE_SOURCES);
    l->sources[l->len++] = *source;
}

struct ending {
    const struct trust_set *now, *then;
    int64_t at;
    live_sink *sink;
    void *self;
    size_t count;
};

static bool believed(const struct trust_set *set, const struct live_session *s, int64_t at)
{
    struct trust_question q = s->question;
    struct trust_verdict v;
    q.now = at;
    trust_decide(set, &q, &v);
    return v.ok;
}

static void on_session(void *self, const struct live_session *s)
{
    struct ending *g = self;
    if (!s->count || !believed(g->now, s, g->at) || believed(g->then, s, g->at))
        return;
    g->count += s->count;
    if (g->sink)
        g->sink(g->self, s);
}

size_t live_ending(const struct live_list *l, const struct trust_set *now, const struct trust_set *then, int64_t at, live_sink *sink,
                   void *self)
{
    struct ending g = { now, then, at, sink, self, 0 };
    for (size_t i = 0; l && i < l->len; i++)
        l->sources[i].each(l->sources[i].self, on_session, &g);
    return g.count;
}
