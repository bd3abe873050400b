#include "store/event.h"

#include <string.h>

#include "base/arena.h"
#include "store/backend.h"
#include "store/words.h"

static bool check(const struct store_event *ev, struct err *e)
{
    if (ev->severity >= STORE_SEVERITIES)
        return err_set(e, ERR_INPUT, "an event of unknown severity");
    return store_take_time("the time", ev->at_ms, e) &&
           store_take_text("the kind", STORE_WORD, ev->kind, STORE_WORD_MAX, e) &&
           store_take_text("the entity", STORE_LINE_OR_NONE, ev->entity, STORE_ENDPOINT_MAX, e) &&
           store_take_text("the text", STORE_PROSE, ev->text, STORE_TEXT_MAX, e) &&
           store_take_text("the data", STORE_PROSE, ev->data, STORE_DATA_MAX, e);
}

static bool add(struct store *s, const struct store_event *ev, struct err *e)
{
    uint64_t seq;
    if (!s->ops->events->insert(s, ev, &seq, e))
        return false;
    if (seq % STORE_EVENTS_TRIM != 0)
        return true;
    for (enum store_severity of = STORE_INFO; of < STORE_SEVERITIES; of++)
        if (!s->ops->events->trim(s, of, STORE_EVENTS_KEPT, e))
            return false;
    return true;
}

bool store_event_add(struct store *s, const struct store_event *ev, char ret_id[RANDOM_UUID], struct err *e)
{
    struct store_event row = *ev;
    char id[RANDOM_UUID];
    if (!store_writing(s, "event", e) || !check(ev, e))
        return false;
    random_uuid(id);
    row.id = id;
    if (!store_ran(s, add(s, &row, e), e))
        return false;
    memcpy(ret_id, id, sizeof(id));
    return true;
}

struct copy {
    struct arena *arena;
    struct store_event *ret;
    bool found;
};

static bool copy_event(void *self, const struct store_event *ev, struct err *e)
{
    struct copy *c = self;
    (void)e;
    *c->ret = *ev;
    c->ret->id = arena_strdup(c->arena, ev->id);
    c->ret->kind = arena_strdup(c->arena, ev->kind);
    c->ret->entity = arena_strdup(c->arena, ev->entity);
    c->ret->text = arena_strdup(c->arena, ev->text);
    c->ret->data = arena_strdup(c->arena, ev->data);
    c->found = true;
    return true;
}

bool store_event_get(struct store *s, const char *id, struct arena *a, struct store_event *ret, struct err *e)
{
    struct copy c = { a, ret, false };
    if (!store_reading(s, e) || !store_take_text("the id", STORE_LINE, id, STORE_ID_MAX, e) ||
        !store_ran(s, s->ops->events->get(s, id, copy_event, &c, e), e))
        return false;
    return c.found || err_set(e, ERR_NOT_FOUND, "no event has the id %s", id);
}

bool store_event_list(struct store *s, const struct store_event_query *q, store_event_sink *sink, void *self,
                      struct err *e)
{
    struct store_event_query as = *q;
    return store_list_begin(s, q->limit, &as.limit, e) &&
           store_list_end(s, s->ops->events->list(s, &as, sink, self, e), e);
}
