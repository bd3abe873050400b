/* What a console asks of the policy, on pool threads, and how it hears the answer: the console is known by its id only, so
 * an answer that comes late finds nobody and is dropped. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "gate/gate_parts.h"
#include "net/desk.h"

enum question { ASK_ADMISSION, ASK_AGAIN, TELL };

struct ask {
    struct pool_job job;
    struct gate *gate;
    enum question question;
    char *ticket, *from;         /* owned */
    struct gate_target *target;  /* a reference */
    struct gate_target *answer;  /* owned until the console takes it */
    struct err err;
    bool ok;
    struct passage_news news;
};

static void work(struct pool_job *j)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    const struct gate_config *g = &a->gate->config;
    switch (a->question) {
    case ASK_ADMISSION:
        a->ok = g->policy->admit(g->self, a->ticket, a->from, &a->answer, &a->err);
        return;
    case ASK_AGAIN:
        a->ok = g->policy->again(g->self, a->target, &a->answer, &a->err);
        return;
    case TELL: {
        const struct gate_news news = passage_news_of(&a->news);
        g->policy->tell(g->self, &news, a->news.event);
        return;
    }
    }
}

static void answer(struct pool_job *j, void *asker)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    if (j->dropped)
        (void)err_set(&a->err, ERR_CANCELLED, "the cell ends");
    if (a->question == TELL)
        console_told(asker, a->news.event);
    else
        console_admitted(asker, a->ok ? STEAL(a->answer) : NULL, &a->err);
}

static void destroy(struct pool_job *j)
{
    struct ask *a = CONTAINER_OF(j, struct ask, job);
    if (a->ticket)
        secret_wipe(a->ticket, strlen(a->ticket));
    free(a->ticket);
    free(a->from);
    passage_news_done(&a->news);
    (void)gate_target_unref(a->target);
    (void)gate_target_unref(a->answer);
    free(a);
}

static struct ask *ask_create(struct console *c, enum question q)
{
    struct ask *a = xcalloc(1, sizeof(*a));
    a->job = (struct pool_job){ .work = work, .answer = answer, .destroy = destroy };
    a->gate = c->s.lane->gate;
    a->question = q;
    a->target = c->s.target ? gate_target_ref(c->s.target) : NULL;
    return a;
}

static bool hand_in(struct console *c, struct ask *take, struct err *e)
{
    if (pool_ask(c->s.lane->gate->config.pool, c->s.lane->desk, c->s.id, &take->job, e))
        return true;
    destroy(&take->job);
    return false;
}

bool console_ask_admission(struct console *c, const char *ticket, const char *from, struct err *e)
{
    struct ask *a = ask_create(c, ASK_ADMISSION);
    a->ticket = xstrdup(ticket);
    a->from = xstrdup(from);
    return hand_in(c, a, e);
}

bool console_ask_again(struct console *c, struct err *e)
{
    return hand_in(c, ask_create(c, ASK_AGAIN), e);
}

bool console_tell(struct console *c, const struct gate_news *n, struct err *e)
{
    struct ask *a = ask_create(c, TELL);
    passage_news_copy(&a->news, n);
    return hand_in(c, a, e);
}
