/* What an upload asks of its sender, on pool threads. Like a console it is known by its id: an answer that comes late is dropped. */
#include <stdlib.h>

#include "base/mem.h"
#include "gate/upload_parts.h"

struct ask {
    struct pool_job job;
    struct gate_upload *upload; /* a reference */
    bool tells;                 /* else it asks again */
    struct passage_news news;
    struct gate_errand *answer; /* owned until the upload takes it */
    struct err err;
};

static void work(struct pool_job *j)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    struct gate_upload *u = a->upload;
    if (!a->tells) {
        (void)!u->sender->again(u->self, &a->answer, &a->err);
        return;
    }
    const struct gate_news n = passage_news_of(&a->news);
    u->sender->tell(u->self, &n, a->news.event);
}

static void answer(struct pool_job *j, void *asker)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    struct gate_upload *u = upload_of(asker);
    if (j->dropped)
        (void)err_set(&a->err, ERR_CANCELLED, "the cell ends");
    if (a->tells)
        upload_told(u, a->news.event);
    else
        upload_asked(u, STEAL(a->answer), &a->err);
}

static void destroy(struct pool_job *j)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    (void)gate_errand_destroy(a->answer);
    passage_news_done(&a->news);
    (void)gate_upload_unref(a->upload);
    free(a);
}

static struct ask *ask_create(struct gate_upload *u)
{
    struct ask *a = xcalloc(1, sizeof(*a));
    a->job = (struct pool_job){ .work = work, .answer = answer, .destroy = destroy };
    a->upload = gate_upload_ref(u);
    return a;
}

static bool hand_in(struct gate_upload *u, struct ask *take, struct err *e)
{
    if (pool_ask(u->gate->config.pool, u->s.lane->desk, u->s.id, &take->job, e))
        return true;
    destroy(&take->job);
    return false;
}

bool upload_ask_again(struct gate_upload *u, struct err *e)
{
    return hand_in(u, ask_create(u), e);
}

bool upload_tell(struct gate_upload *u, const struct gate_news *n, struct err *e)
{
    struct ask *a = ask_create(u);
    a->tells = true;
    passage_news_copy(&a->news, n);
    return hand_in(u, a, e);
}

/* ---- the end ---- */

struct last {
    struct pool_job job;
    struct gate_upload *upload; /* a reference */
    bool said;
};

void upload_say_end_here(struct gate_upload *u)
{
    if (u->err.kind == ERR_NONE && u->why != RELAY_DONE)
        (void)err_set(&u->err, ERR_CANCELLED, "the transfer was stopped");
    const struct gate_upload_end end = { u->why, u->what, u->has_verdict ? &u->verdict : NULL,
                                         u->why == RELAY_DONE ? NULL : &u->err, u->event, gate_upload_bytes(u) };
    u->sender->ended(u->self, &end);
}

static void say(struct pool_job *j)
{
    struct last *l = CONTAINER_OF(j, struct last, job);
    l->said = true;
    upload_say_end_here(l->upload);
}

/* A pool that closes runs nothing any more, and the sender hears of it all the same. */
static void said(struct pool_job *j)
{
    struct last *l = CONTAINER_OF(j, struct last, job);
    if (!l->said)
        upload_say_end_here(l->upload);
    (void)gate_upload_unref(l->upload);
    free(l);
}

void upload_say_end(struct gate_upload *u)
{
    struct err e;
    struct last *l = xcalloc(1, sizeof(*l));
    l->job = (struct pool_job){ .work = say, .destroy = said };
    l->upload = gate_upload_ref(u);
    if (!pool_run(u->gate->config.pool, &l->job, &e))
        said(&l->job);
}
