#include "probe/scan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/drive.h"

/* One of the endpoints in flight. */
struct place {
    struct scan *scan;
    struct drive drive;
    struct probe *probe; /* owned; NULL while the place is free */
    void *tag;
};

struct scan {
    struct loop *loop;
    const struct probe_net *net;
    const struct scan_ops *ops;
    void *self;
    size_t busy, len;
    bool exhausted;
    struct place places[];
};

struct scan *scan_create(struct loop *l, const struct probe_net *net, unsigned parallel, const struct scan_ops *ops,
                         void *self)
{
    assert(parallel >= 1 && parallel <= SCAN_PARALLEL_MAX);
    struct scan *s = xcalloc(1, sizeof(*s) + parallel * sizeof(s->places[0]));
    s->loop = l;
    s->net = net;
    s->ops = ops;
    s->self = self;
    s->len = parallel;
    for (size_t i = 0; i < s->len; i++)
        s->places[i].scan = s;
    return s;
}

/* A cancelled drive has nothing to say. */
static void release(struct place *p)
{
    p->probe = probe_destroy(p->probe);
}

struct scan *scan_destroy(struct scan *s)
{
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->len; i++) {
        drive_cancel(&s->places[i].drive);
        release(&s->places[i]);
    }
    free(s);
    return NULL;
}

static void wake(void *waker)
{
    struct place *p = waker;
    drive_wake(&p->drive);
}

static void on_ended(struct drive *d, enum drive_end how, const struct err *e);

/* Puts the next endpoint into a free place. */
static void fill(struct place *p)
{
    struct scan *s = p->scan;
    struct probe_request r = { 0 };
    if (s->exhausted || !s->ops->next(s->self, &r)) {
        s->exhausted = true;
        return;
    }
    r.wake = wake;
    r.waker = p;
    p->tag = r.tag;
    p->probe = probe_create(s->net, &r);
    s->busy++;
    drive_start(&p->drive, s->loop, &probe_op, p->probe, r.timeout_ms, on_ended);
}

static void on_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct place *p = CONTAINER_OF(d, struct place, drive);
    struct scan *s = p->scan;
    if (how == DRIVE_CANCELLED)
        return;
    s->ops->ended(s->self, p->tag, probe_report(p->probe, e));
    release(p);
    s->busy--;
    fill(p);
    if (!s->busy && s->exhausted)
        s->ops->finished(s->self);
}

void scan_start(struct scan *s)
{
    for (size_t i = 0; i < s->len && !s->exhausted; i++)
        fill(&s->places[i]);
    if (!s->busy)
        s->ops->finished(s->self);
}
