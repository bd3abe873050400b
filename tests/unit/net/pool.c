#include "net/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "net/desk.h"
#include "unit/check.h"

/* Squares a number; may wait at a gate first. */
struct square {
    struct pool_job job;
    struct tally *tally;
    sem_t *started, *gate; /* NULL = neither */
    int number, result;
};

/* What the loop's side saw. */
struct tally {
    struct loop *loop;
    int answered, dropped, sum, wanted;
    atomic_int destroyed;
};

static void square_work(struct pool_job *j)
{
    struct square *s = CONTAINER_OF(j, struct square, job);
    if (s->started)
        (void)sem_post(s->started);
    if (s->gate)
        while (sem_wait(s->gate))
            ;
    s->result = s->number * s->number;
}

static void square_answer(struct pool_job *j, void *asker)
{
    struct square *s = CONTAINER_OF(j, struct square, job);
    struct tally *t = asker;
    CHECK(t == s->tally);
    t->answered++;
    t->dropped += j->dropped;
    t->sum += s->result;
}

static void square_destroy(struct pool_job *j)
{
    struct square *s = CONTAINER_OF(j, struct square, job);
    struct tally *t = s->tally;
    free(s);
    if (atomic_fetch_add(&t->destroyed, 1) + 1 == t->wanted && t->loop)
        loop_stop(t->loop);
}

static struct pool_job *square(struct tally *t, int number, sem_t *started, sem_t *gate)
{
    struct square *s = calloc(1, sizeof(*s));
    s->job = (struct pool_job){ .work = square_work, .answer = t->loop ? square_answer : NULL,
                                .destroy = square_destroy };
    s->tally = t;
    s->number = number;
    s->started = started;
    s->gate = gate;
    return &s->job;
}

static struct pool *make_pool(unsigned threads, size_t queue)
{
    struct err e;
    struct pool *p = pool_create(&(struct pool_config){ "test", threads, queue }, &e);
    CHECK_OK(p, &e);
    return p;
}

static void answers_come_back_to_the_loop(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    AUTO(desk_destroyp) struct desk *d = desk_create(l);
    AUTO(pool_destroyp) struct pool *p = make_pool(4, 1000);
    struct tally t = { .loop = l, .wanted = 500 };
    uint64_t id = desk_enter(d, &t);
    int want = 0;
    for (int i = 0; i < t.wanted; i++) {
        CHECK_OK(pool_ask(p, d, id, square(&t, i, NULL, NULL), &e), &e);
        want += i * i;
    }
    CHECK_OK(loop_run(l, &e), &e);
    CHECK_EQ(t.answered, t.wanted);
    CHECK_EQ(t.dropped, 0);
    CHECK_EQ(t.sum, want);
    desk_leave(d, id);
}

static void late_answers_are_dropped(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    AUTO(desk_destroyp) struct desk *d = desk_create(l);
    AUTO(pool_destroyp) struct pool *p = make_pool(1, 10);
    struct tally gone = { .loop = l }, stays = { .loop = l, .wanted = 1 };
    uint64_t gone_id = desk_enter(d, &gone), stays_id = desk_enter(d, &stays);
    sem_t gate;
    CHECK_EQ(sem_init(&gate, 0, 0), 0);
    CHECK_OK(pool_ask(p, d, gone_id, square(&gone, 3, NULL, &gate), &e), &e);
    CHECK_OK(pool_ask(p, d, stays_id, square(&stays, 4, NULL, NULL), &e), &e);
    desk_leave(d, gone_id);
    CHECK_EQ(sem_post(&gate), 0);
    CHECK_OK(loop_run(l, &e), &e);
    CHECK_EQ(gone.answered, 0);
    CHECK_EQ(atomic_load(&gone.destroyed), 1);
    CHECK_EQ(stays.sum, 16);
    desk_leave(d, stays_id);
    CHECK_EQ(sem_destroy(&gate), 0);
}

static void the_queue_has_a_limit(void **state)
{
    (void)state;
    struct err e;
    struct tally t = { 0 };
    sem_t started, gate;
    CHECK_EQ(sem_init(&started, 0, 0), 0);
    CHECK_EQ(sem_init(&gate, 0, 0), 0);
    struct pool *p = make_pool(1, 2);
    CHECK_OK(pool_run(p, square(&t, 1, &started, &gate), &e), &e);
    while (sem_wait(&started))
        ;
    CHECK_OK(pool_run(p, square(&t, 2, NULL, NULL), &e), &e);
    CHECK_OK(pool_run(p, square(&t, 3, NULL, NULL), &e), &e);
    CHECK_EQ(pool_waiting(p), 2);
    struct pool_job *refused = square(&t, 4, NULL, NULL);
    CHECK_FAILS(pool_run(p, refused, &e), &e, ERR_LIMIT);
    CHECK_EQ(atomic_load(&t.destroyed), 0);
    refused->destroy(refused); /* still ours */
    CHECK_EQ(sem_post(&gate), 0);
    CHECK(!pool_destroy(p));
    CHECK_EQ(atomic_load(&t.destroyed), 4); /* whether it ran or was dropped: once each */
    CHECK_EQ(sem_destroy(&gate), 0);
    CHECK_EQ(sem_destroy(&started), 0);
}

static void *close_pool(void *pool)
{
    return pool_destroy(pool);
}

static void closing_ends_every_job_once(void **state)
{
    (void)state;
    struct err e;
    struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    AUTO(desk_destroyp) struct desk *d = desk_create(l);
    struct pool *p = make_pool(1, 10);
    struct tally t = { .loop = l };
    uint64_t id = desk_enter(d, &t);
    sem_t started, gate;
    CHECK_EQ(sem_init(&started, 0, 0), 0);
    CHECK_EQ(sem_init(&gate, 0, 0), 0);
    CHECK_OK(pool_ask(p, d, id, square(&t, 3, &started, &gate), &e), &e);
    for (int i = 0; i < 5; i++)
        CHECK_OK(pool_ask(p, d, id, square(&t, 100, NULL, NULL), &e), &e);
    while (sem_wait(&started))
        ;
    pthread_t closer;
    CHECK_EQ(pthread_create(&closer, NULL, close_pool, p), 0);
    /* Once it closes it takes nothing more; until then a job may still get in, and is dropped with the others. */
    int extra = 0;
    for (;;) {
        struct pool_job *j = square(&t, 100, NULL, NULL);
        if (pool_ask(p, d, id, j, &e)) {
            extra++;
            continue;
        }
        bool closing = e.kind == ERR_CANCELLED;
        free(CONTAINER_OF(j, struct square, job));
        if (closing)
            break;
        CHECK_EQ(e.kind, ERR_LIMIT);
    }
    CHECK_EQ(sem_post(&gate), 0);
    CHECK_EQ(pthread_join(closer, NULL), 0);
    CHECK(!loop_destroy(l)); /* runs what is in the mailbox */
    CHECK_EQ(t.answered, 6 + extra);
    CHECK_EQ(t.dropped, 5 + extra);
    CHECK_EQ(t.sum, 9);
    desk_leave(d, id);
    CHECK_EQ(sem_destroy(&gate), 0);
    CHECK_EQ(sem_destroy(&started), 0);
}

static void limits_are_checked(void **state)
{
    (void)state;
    struct err e;
    static const struct pool_config bad[] = {
        { "x", 0, 1 }, { "x", POOL_THREADS_MAX + 1, 1 }, { "x", 1, 0 }, { "x", 1, POOL_QUEUE_MAX + 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(pool_create(&bad[i], &e), &e, ERR_INPUT);
}

GROUP(net_pool, cmocka_unit_test(answers_come_back_to_the_loop), cmocka_unit_test(late_answers_are_dropped),
      cmocka_unit_test(the_queue_has_a_limit), cmocka_unit_test(closing_ends_every_job_once),
      cmocka_unit_test(limits_are_checked))
