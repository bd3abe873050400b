#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/wheel.h"

struct loop {
    int epoll, wake;
    bool clock_stands; /* loop_create_at */
    bool in_round;
    bool running;      /* owner is set */
    pthread_t owner;
    int64_t now;
    struct wheel wheel;
    struct loop_watch wake_watch;
    struct ring deferred, buried; /* rings through a head */
    int events_len, events_at; /* of this round; events_at is being handled */
    struct epoll_event events[LOOP_BATCH];
    atomic_bool stop;
    _Atomic(struct ring *) posted; /* a stack through next: the newest first */
};

static void run_task(struct ring *r)
{
    struct loop_task *t = CONTAINER_OF(r, struct loop_task, ring);
    t->run(t); /* may free it, or put it in again */
}

/* Runs what is in the ring now; what is put in meanwhile stays for later. */
static void run_all(struct ring *head)
{
    struct ring batch, *r;
    ring_init(&batch);
    ring_splice(&batch, head);
    while ((r = ring_pop(&batch)))
        run_task(r);
}

static void assert_owner(const struct loop *l)
{
    assert(!l->running || pthread_equal(l->owner, pthread_self()));
    (void)l;
}

static void woken(struct loop_watch *w, unsigned events)
{
    (void)events;
    uint64_t count;
    ssize_t done = read(w->fd, &count, sizeof(count));
    (void)done; /* the mailbox is looked at in every round */
}

struct loop *loop_create(struct err *e)
{
    struct loop *l = xcalloc(1, sizeof(*l));
    ring_init(&l->deferred);
    ring_init(&l->buried);
    l->wake = -1;
    l->now = clock_mono_ms();
    wheel_init(&l->wheel, l->now);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        err_sys(e, ERR_INTERNAL, errno, "creating an event loop");
        goto fail;
    }
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake < 0) {
        err_sys(e, ERR_INTERNAL, errno, "creating the mailbox of an event loop");
        goto fail;
    }
    l->wake_watch.ready = woken;
    if (!loop_watch(l, &l->wake_watch, l->wake, e))
        goto fail;
    return l;
fail:
    return loop_destroy(l);
}

struct loop *loop_create_at(int64_t now_ms, struct err *e)
{
    struct loop *l = loop_create(e);
    if (l) {
        l->clock_stands = true;
        l->now = now_ms;
        wheel_init(&l->wheel, now_ms);
    }
    return l;
}

/* The mailbox: a stack that any thread pushes to and this one takes as a whole, then runs oldest first. */
static void run_posted(struct loop *l)
{
    struct ring *r = atomic_exchange_explicit(&l->posted, NULL, memory_order_acquire), *first = NULL;
    while (r) {
        struct ring *next = r->next;
        r->next = first;
        first = r;
        r = next;
    }
    while ((r = first)) {
        first = r->next;
        r->next = NULL;
        run_task(r);
    }
}

static bool work_left(struct loop *l)
{
    return !ring_empty(&l->deferred) || !ring_empty(&l->buried) || atomic_load_explicit(&l->posted, memory_order_relaxed);
}

struct loop *loop_destroy(struct loop *l)
{
    if (!l)
        return NULL;
    while (work_left(l)) {
        run_posted(l);
        run_all(&l->deferred);
        run_all(&l->buried);
    }
    if (l->wake >= 0)
        (void)close(l->wake);
    if (l->epoll >= 0)
        (void)close(l->epoll);
    free(l);
    return NULL;
}

static unsigned events_of(uint32_t seen)
{
    unsigned events = 0;
    if (seen & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        events |= LOOP_READ;
    if (seen & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        events |= LOOP_END;
    if (seen & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        events |= LOOP_WRITE;
    if (seen & (EPOLLHUP | EPOLLERR))
        events |= LOOP_HANGUP;
    return events;
}

static void run_events(struct loop *l)
{
    for (l->events_at = 0; l->events_at < l->events_len; l->events_at++) {
        struct loop_watch *w = l->events[l->events_at].data.ptr;
        if (w) /* else unwatched by a callback of this round */
            w->ready(w, events_of(l->events[l->events_at].events));
    }
    l->events_len = 0;
}

static void run_timers(struct loop *l)
{
    struct loop_timer *t;
    while ((t = wheel_pop(&l->wheel, l->now))) {
        t->loop = NULL;
        t->fired(t);
    }
}

/* One round: waits at most timeout_ms (-1 = for ever), then handles everything that came up. */
static bool round_run(struct loop *l, int timeout_ms, int64_t stands_at, struct err *e)
{
    int n = epoll_wait(l->epoll, l->events, LOOP_BATCH, timeout_ms);
    if (n < 0 && errno != EINTR)
        return err_sys(e, ERR_INTERNAL, errno, "waiting for events");
    l->events_len = n > 0 ? n : 0;
    l->now = l->clock_stands ? stands_at : clock_mono_ms();
    l->in_round = true;
    run_events(l);
    run_timers(l);
    run_posted(l);
    run_all(&l->deferred);
    while (!ring_empty(&l->buried))
        run_all(&l->buried);
    l->in_round = false;
    return true;
}

static int timeout(struct loop *l)
{
    if (work_left(l))
        return 0;
    int64_t next = wheel_next(&l->wheel);
    if (next < 0)
        return -1;
    int64_t left = next - clock_mono_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

bool loop_run(struct loop *l, struct err *e)
{
    assert(!l->clock_stands);
    l->owner = pthread_self();
    l->running = true;
    bool ok = true;
    while (ok && !atomic_exchange(&l->stop, false))
        ok = round_run(l, timeout(l), 0, e);
    l->running = false;
    return ok;
}

bool loop_turn(struct loop *l, int64_t now_ms, struct err *e)
{
    assert(l->clock_stands && now_ms >= l->now);
    return round_run(l, 0, now_ms, e);
}

static void wake(struct loop *l)
{
    uint64_t one = 1;
    ssize_t done = write(l->wake, &one, sizeof(one));
    (void)done; /* full means that it is awake already */
}

void loop_stop(struct loop *l)
{
    int saved = errno; /* a signal handler must not change it */
    atomic_store(&l->stop, true);
    wake(l);
    errno = saved;
}

int64_t loop_now(const struct loop *l)
{
    return l->in_round || l->clock_stands ? l->now : clock_mono_ms();
}

bool loop_watch(struct loop *l, struct loop_watch *w, int fd, struct err *e)
{
    assert_owner(l);
    assert(!w->on && w->ready);
    struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = w };
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev))
        return err_sys(e, errno == ENOSPC || errno == ENOMEM ? ERR_LIMIT : ERR_INTERNAL, errno,
                       "watching a descriptor");
    w->fd = fd;
    w->on = true;
    return true;
}

void loop_unwatch(struct loop *l, struct loop_watch *w)
{
    if (!w->on)
        return;
    assert_owner(l);
    w->on = false;
    (void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    for (int i = l->events_at + 1; i < l->events_len; i++)
        if (l->events[i].data.ptr == w)
            l->events[i].data.ptr = NULL;
}

void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t delay_ms)
{
    assert_owner(l);
    assert(delay_ms >= 0 && t->fired);
    loop_timer_stop(t);
    t->at_ms = loop_now(l) + delay_ms;
    t->loop = l;
    wheel_add(&l->wheel, t);
}

void loop_timer_stop(struct loop_timer *t)
{
    if (!t->loop)
        return;
    assert_owner(t->loop);
    ring_take(&t->ring);
    t->loop = NULL;
}

void loop_defer(struct loop *l, struct loop_task *t)
{
    assert_owner(l);
    ring_put(&l->deferred, &t->ring);
}

void loop_recall(struct loop_task *t)
{
    ring_take(&t->ring);
}

void loop_post(struct loop *l, struct loop_task *t)
{
    struct ring *newest = atomic_load_explicit(&l->posted, memory_order_relaxed);
    do
        t->ring.next = newest;
    while (!atomic_compare_exchange_weak_explicit(&l->posted, &newest, &t->ring, memory_order_release,
                                                  memory_order_relaxed));
    if (!newest) /* whoever found the mailbox empty rings */
        wake(l);
}

void loop_bury(struct loop *l, struct loop_task *t)
{
    assert_owner(l);
    ring_put(&l->buried, &t->ring);
}
