/* Tasks whose step waits: see task.h. A job is in the table from its start to its end, so that a word for one which is still on its way
 * to rest is not lost. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "flow/site.h"
#include "flow/task_record.h"

struct task_rests {
    pthread_mutex_t lock;
    struct ring jobs;
};

struct task_rests *task_rests_create(void)
{
    struct task_rests *t = xcalloc(1, sizeof(*t));
    (void)pthread_mutex_init(&t->lock, NULL);
    ring_init(&t->jobs);
    return t;
}

struct task_rests *task_rests_destroy(struct task_rests *t)
{
    if (!t)
        return NULL;
    for (struct ring *r = ring_pop(&t->jobs); r; r = ring_pop(&t->jobs))
        (void)task_job_free(CONTAINER_OF(r, struct task_job, ring));
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
    return NULL;
}

static struct task_rests *rests_of(const struct task_job *j)
{
    return j->run.site->rests;
}

void task_rest_enter(struct task_job *j)
{
    struct task_rests *t = rests_of(j);
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    ring_put(&t->jobs, &j->ring);
    (void)pthread_mutex_unlock(&t->lock);
}

void task_rest_leave(struct task_job *j)
{
    struct task_rests *t = rests_of(j);
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    ring_take(&j->ring);
    (void)pthread_mutex_unlock(&t->lock);
}

/* Under the lock. What finds no place in the queue stays woken, for task_rests_retry. */
static void wake(struct task_job *j)
{
    struct err e;
    j->asleep = false;
    j->woken = false;
    if (pool_run(j->run.site->pool, &j->job, &e))
        return;
    j->asleep = true;
    j->woken = true;
    LOG(WARN, "task.waits", "task=%s error=\"%s\"", j->run.urn, e.msg);
}

bool task_rest_keep(struct task_job *j)
{
    struct task_rests *t = rests_of(j);
    if (!j->flow.rests || j->job.dropped || !t)
        return false;
    (void)pthread_mutex_lock(&t->lock);
    j->asleep = true;
    if (j->woken)
        wake(j);
    (void)pthread_mutex_unlock(&t->lock);
    return true;
}

void task_resume(const struct site *site, const char *urn)
{
    struct task_rests *t = site->rests;
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    for (struct ring *r = t->jobs.next; r != &t->jobs; r = r->next) {
        struct task_job *j = CONTAINER_OF(r, struct task_job, ring);
        if (strcmp(j->run.urn, urn) != 0)
            continue;
        j->woken = true;
        if (j->asleep)
            wake(j);
        break;
    }
    (void)pthread_mutex_unlock(&t->lock);
}

void task_rests_retry(const struct site *site)
{
    struct task_rests *t = site->rests;
    if (!t)
        return;
    (void)pthread_mutex_lock(&t->lock);
    for (struct ring *r = t->jobs.next; r != &t->jobs; r = r->next) {
        struct task_job *j = CONTAINER_OF(r, struct task_job, ring);
        if (j->asleep && j->woken)
            wake(j);
    }
    (void)pthread_mutex_unlock(&t->lock);
}
