#include "net/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "unit/check.h"

enum { START = 5000 };

struct seen {
    struct loop_watch watch;
    struct loop *loop;
    struct seen *kills; /* unwatched, and scribbled over, when this one is called */
    unsigned events;
    int calls;
};

static void on_ready(struct loop_watch *w, unsigned events)
{
    struct seen *s = CONTAINER_OF(w, struct seen, watch);
    s->events |= events;
    s->calls++;
    if (s->kills) {
        loop_unwatch(s->loop, &s->kills->watch);
        s->kills->watch.ready = NULL;
    }
}

static struct loop *make_loop(void)
{
    struct err e;
    struct loop *l = loop_create_at(START, &e);
    CHECK_OK(l, &e);
    return l;
}

static void turn(struct loop *l, int64_t now)
{
    struct err e;
    CHECK_OK(loop_turn(l, now, &e), &e);
}

static void watch(struct seen *s, struct loop *l, int fd)
{
    struct err e;
    s->loop = l;
    s->watch.ready = on_ready;
    CHECK_OK(loop_watch(l, &s->watch, fd, &e), &e);
}

static void events_come_once_an_edge(void **state)
{
    (void)state;
    AUTO(loop_destroyp) struct loop *l = make_loop();
    int fd[2];
    CHECK_EQ(pipe(fd), 0);
    struct seen in = { 0 }, out = { 0 };
    watch(&in, l, fd[0]);
    watch(&out, l, fd[1]);
    turn(l, START);
    CHECK_EQ(in.calls, 0);
    CHECK_EQ(out.events, LOOP_WRITE);
    CHECK_EQ(write(fd[1], "xy", 2), 2);
    turn(l, START);
    CHECK_EQ(in.calls, 1);
    CHECK_EQ(in.events, LOOP_READ);
    turn(l, START);
    CHECK_EQ(in.calls, 1); /* nothing new, although nothing was read */
    loop_unwatch(l, &out.watch);
    CHECK_EQ(close(fd[1]), 0);
    turn(l, START);
    CHECK_EQ(in.calls, 2);
    CHECK(in.events & LOOP_HANGUP);
    loop_unwatch(l, &in.watch);
    loop_unwatch(l, &in.watch); /* harmless */
    CHECK_EQ(close(fd[0]), 0);
}

static void what_was_unwatched_in_this_round_is_not_called(void **state)
{
    (void)state;
    AUTO(loop_destroyp) struct loop *l = make_loop();
    struct seen s[2] = { 0 };
    int fd[2];
    for (int i = 0; i < 2; i++) {
        fd[i] = eventfd(1, EFD_CLOEXEC);
        CHECK(fd[i] >= 0);
        watch(&s[i], l, fd[i]);
        s[i].kills = &s[1 - i];
    }
    turn(l, START);
    CHECK_EQ(s[0].calls + s[1].calls, 1);
    for (int i = 0; i < 2; i++) {
        loop_unwatch(l, &s[i].watch);
        CHECK_EQ(close(fd[i]), 0);
    }
}

struct note {
    struct loop_task task;
    struct loop *loop;
    struct note *then; /* put into the same place by run */
    char name;
};

static char heard[64];

static void hear(char name)
{
    size_t len = strlen(heard);
    CHECK(len + 1 < sizeof(heard));
    heard[len] = name;
    heard[len + 1] = '\0';
}

static void run_deferred(struct loop_task *t)
{
    struct note *n = CONTAINER_OF(t, struct note, task);
    hear(n->name);
    if (n->then)
        loop_defer(n->loop, &n->then->task);
}

static void run_buried(struct loop_task *t)
{
    struct note *n = CONTAINER_OF(t, struct note, task);
    hear(n->name);
    if (n->then)
        loop_bury(n->loop, &n->then->task);
}

static void a_round_has_an_order(void **state)
{
    (void)state;
    heard[0] = '\0';
    AUTO(loop_destroyp) struct loop *l = make_loop();
    struct note late = { .task.run = run_deferred, .loop = l, .name = 'e' };
    struct note defer = { .task.run = run_deferred, .loop = l, .then = &late, .name = 'b' };
    struct note dead2 = { .task.run = run_buried, .loop = l, .name = 'd' };
    struct note dead = { .task.run = run_buried, .loop = l, .then = &dead2, .name = 'c' };
    struct note post = { .task.run = run_deferred, .loop = l, .name = 'a' };
    loop_bury(l, &dead.task);
    loop_defer(l, &defer.task);
    loop_post(l, &post.task);
    turn(l, START);
    CHECK_STR(heard, "abcd");
    turn(l, START);
    CHECK_STR(heard, "abcde");
}

static void a_task_can_be_taken_back(void **state)
{
    (void)state;
    heard[0] = '\0';
    AUTO(loop_destroyp) struct loop *l = make_loop();
    struct note n[4];
    for (int i = 0; i < 4; i++)
        n[i] = (struct note){ .task.run = run_deferred, .loop = l, .name = (char)('a' + i) };
    loop_recall(&n[0].task); /* harmless */
    for (int i = 0; i < 4; i++)
        loop_defer(l, &n[i].task);
    loop_recall(&n[1].task);
    loop_recall(&n[3].task);
    turn(l, START);
    CHECK_STR(heard, "ac");
    loop_bury(l, &n[0].task);
    loop_recall(&n[0].task);
    turn(l, START);
    CHECK_STR(heard, "ac");
}

static void destroy_runs_what_is_left(void **state)
{
    (void)state;
    heard[0] = '\0';
    struct loop *l = make_loop();
    struct note dead = { .task.run = run_buried, .loop = l, .name = 'c' };
    struct note defer = { .task.run = run_buried, .loop = l, .then = &dead, .name = 'b' };
    struct note post = { .task.run = run_deferred, .loop = l, .then = &defer, .name = 'a' };
    loop_post(l, &post.task);
    CHECK(!loop_destroy(l));
    CHECK_STR(heard, "abc");
}

struct alarm {
    struct loop_timer timer;
    struct loop *loop;
    struct alarm *stops;
    int64_t again, at;
    int fired;
};

static void on_alarm(struct loop_timer *t)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, timer);
    a->fired++;
    a->at = loop_now(a->loop);
    if (a->stops)
        loop_timer_stop(&a->stops->timer);
    if (a->again)
        loop_timer_start(a->loop, &a->timer, a->again);
}

static void timers_stop_and_start_from_callbacks(void **state)
{
    (void)state;
    AUTO(loop_destroyp) struct loop *l = make_loop();
    struct alarm b = { .timer.fired = on_alarm, .loop = l };
    struct alarm a = { .timer.fired = on_alarm, .loop = l, .stops = &b, .again = 100 };
    loop_timer_stop(&b.timer); /* harmless while zeroed */
    loop_timer_start(l, &a.timer, 40);
    loop_timer_start(l, &b.timer, 40);
    turn(l, START + 39);
    CHECK_EQ(a.fired, 0);
    turn(l, START + 40);
    CHECK_EQ(a.fired, 1);
    CHECK_EQ(a.at, START + 40);
    CHECK_EQ(b.fired, 0); /* due in the same round, but stopped first */
    CHECK(!b.timer.loop);
    loop_timer_start(l, &b.timer, 1000);
    loop_timer_start(l, &b.timer, 10); /* re-armed */
    turn(l, START + 64);
    CHECK_EQ(b.fired, 1);
    turn(l, START + 2000);
    CHECK_EQ(a.fired, 2);
    CHECK_EQ(b.fired, 1);
    a.again = 0;
    loop_timer_stop(&a.timer);
    turn(l, START + 9000);
    CHECK_EQ(a.fired, 2);
}

enum { THREADS = 4, POSTS = 500 };

struct letter {
    struct loop_task task;
    struct desk *desk;
    int thread, number;
};

struct desk {
    struct loop *loop;
    int next[THREADS];
    int total, disorder;
};

struct writer {
    struct desk *desk;
    struct letter *letters;
    int thread;
};

static void on_letter(struct loop_task *t)
{
    struct letter *p = CONTAINER_OF(t, struct letter, task);
    struct desk *d = p->desk;
    if (d->next[p->thread]++ != p->number)
        d->disorder++;
    if (++d->total == THREADS * POSTS)
        loop_stop(d->loop);
}

static void *write_letters(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < POSTS; i++) {
        w->letters[i] = (struct letter){ { .run = on_letter }, w->desk, w->thread, i };
        loop_post(w->desk->loop, &w->letters[i].task);
    }
    return NULL;
}

static void the_mailbox_keeps_the_order_of_each_thread(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    struct desk desk = { .loop = l };
    struct letter *letters = calloc(THREADS * POSTS, sizeof(*letters));
    struct writer writers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){ &desk, letters + i * POSTS, i };
        CHECK_EQ(pthread_create(&threads[i], NULL, write_letters, &writers[i]), 0);
    }
    CHECK_OK(loop_run(l, &e), &e);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(desk.total, THREADS * POSTS);
    CHECK_EQ(desk.disorder, 0);
    free(letters);
}

static void a_stop_before_the_run_is_not_lost(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    loop_stop(l);
    CHECK_OK(loop_run(l, &e), &e);
}

static void a_bad_descriptor_is_an_error(void **state)
{
    (void)state;
    AUTO(loop_destroyp) struct loop *l = make_loop();
    struct err e;
    struct loop_watch w = { .ready = on_ready };
    CHECK_FAILS(loop_watch(l, &w, 100000, &e), &e, ERR_INTERNAL);
    CHECK(!w.on);
    loop_unwatch(l, &w);
}

GROUP(net_loop, cmocka_unit_test(events_come_once_an_edge),
      cmocka_unit_test(what_was_unwatched_in_this_round_is_not_called), cmocka_unit_test(a_round_has_an_order),
      cmocka_unit_test(a_task_can_be_taken_back), cmocka_unit_test(destroy_runs_what_is_left), cmocka_unit_test(timers_stop_and_start_from_callbacks),
      cmocka_unit_test(the_mailbox_keeps_the_order_of_each_thread),
      cmocka_unit_test(a_stop_before_the_run_is_not_lost), cmocka_unit_test(a_bad_descriptor_is_an_error))
