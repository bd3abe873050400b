#include "lab/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/request.h"
#include "lab/event.h"
#include "lab/sdk.h"
#include "lab/task.h"

enum { PAGE = 10, READ_MAX = 1000 };

/* The filter that a collector was made with. */
static const struct xml_element *filter_of(const struct lab_asking *k, const struct lab_history *h)
{
    struct xml_element *root;
    if (!xml_parse(h->request, h->request_len, NULL, k->arena, &root, NULL))
        abort(); /* it could be read before */
    return xml_child(root->last->first, VIM_NS, "filter");
}

/* ---- tasks ---- */

static bool state_fits(const struct lab_task *t, const struct xml_element *filter)
{
    static const char names[] = "queued|running|success|error";
    const struct xml_element *s = xml_child(filter, VIM_NS, "state");
    for (const struct xml_element *it = s; it; it = xml_next(it, VIM_NS, "state"))
        if (text_choice(names, it->text) == (int)t->state)
            return true;
    return !s;
}

static bool task_fits(const struct lab_asking *k, const struct lab_task *t, const struct xml_element *filter)
{
    const struct xml_element *by = xml_child(filter, VIM_NS, "entity"), *time = xml_child(filter, VIM_NS, "time");
    const char *moid = xml_child_text(by, VIM_NS, "entity"), *recursion = xml_child_text(by, VIM_NS, "recursion");
    const char *from = xml_child_text(time, VIM_NS, "beginTime"), *until = xml_child_text(time, VIM_NS, "endTime");
    struct lab_object o;
    int64_t at;
    if ((from && (!text_time_parse(from, &at) || t->queued_ms / 1000 < at)) ||
        (until && (!text_time_parse(until, &at) || t->queued_ms / 1000 > at)) || !state_fits(t, filter))
        return false;
    if (!by)
        return true;
    if (!moid || !lab_object_find(k, moid, &o))
        return false;
    bool below = recursion && strcmp(recursion, "self") != 0;
    return lab_object_same(t->entity, o) || (below && (o.mo == MO_ROOT || o.mo == MO_DATACENTER || o.mo == MO_VM_FOLDER));
}

/* Which of them: all, those with a key from h->at on, or those before. */
enum part { ALL, NEXT, PREVIOUS };

static bool in_part(const struct lab_history *h, enum part part, unsigned key)
{
    return part == ALL || (key >= h->at) == (part == NEXT);
}

/* The newest first, those that fit; at most max. */
static size_t list_tasks(const struct lab_asking *k, const struct lab_history *h, enum part part, const struct lab_task **out, size_t max)
{
    const struct xml_element *filter = filter_of(k, h);
    size_t len = 0;
    for (unsigned n = lab_tasks_end(k->vc); n-- > 0 && len < max;) {
        const struct lab_task *t = in_part(h, part, n) ? lab_task_find(k->vc, n) : NULL;
        if (t && task_fits(k, t, filter))
            out[len++] = t;
    }
    return len;
}

static size_t list_events(const struct lab_asking *k, const struct lab_history *h, enum part part, const struct lab_event **out, size_t max)
{
    const struct xml_element *filter = filter_of(k, h);
    size_t len = 0;
    for (const struct lab_event *e = lab_events_newest(k->vc); e && len < max; e = e->older)
        if (in_part(h, part, e->key) && lab_event_fits(k, e, filter))
            out[len++] = e;
    return len;
}

struct lab_value *lab_latest_events(const struct lab_asking *k, struct lab_object o)
{
    const struct lab_history *h = lab_session_history(k->session, o.moid);
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "Event");
    const struct lab_event **found = arena_array(k->arena, READ_MAX, sizeof(struct lab_event *));
    size_t len = h ? list_events(k, h, ALL, found, (size_t)h->page) : 0;
    for (size_t i = 0; i < len; i++)
        (void)lab_event_value(k, list, found[i]);
    return list;
}

struct lab_value *lab_latest_tasks(const struct lab_asking *k, struct lab_object o)
{
    const struct lab_history *h = lab_session_history(k->session, o.moid);
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "TaskInfo");
    const struct lab_task **found = arena_array(k->arena, READ_MAX, sizeof(struct lab_task *));
    size_t len = h ? list_tasks(k, h, ALL, found, (size_t)h->page) : 0;
    for (size_t i = 0; i < len; i++)
        (void)lab_task_value(k, list, NULL, found[i]);
    return list;
}

/* ---- methods ---- */

bool lab_query_events(struct lab_call *c)
{
    const struct xml_element *filter = lab_arg(c, "filter");
    const struct lab_event *list[LAB_EVENT_PAGE];
    int64_t max;
    size_t len = 0;
    if (!filter)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: filter", "invalidProperty", "filter");
    if (!xml_integer(xml_child(filter, VIM_NS, "maxCount"), 1, LAB_EVENT_PAGE, &max))
        max = LAB_EVENT_PAGE;
    for (const struct lab_event *e = lab_events_newest(c->k.vc); e && len < (size_t)max; e = e->older)
        if (lab_event_fits(&c->k, e, filter))
            list[len++] = e;
    while (len--)
        lab_value_bare(c->w, "returnval", lab_event_value(&c->k, NULL, list[len]));
    return true;
}

static bool make(struct lab_call *c, bool tasks)
{
    size_t count = 0;
    for (const struct lab_history *it = c->k.session->histories; it; it = it->next)
        count++;
    if (count == LAB_HISTORIES_MAX)
        return lab_say(c, "InvalidState", "Too many collectors in this session");
    if (!lab_arg(c, "filter"))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: filter", "invalidProperty", "filter");
    struct lab_history *h = xcalloc(1, sizeof(*h));
    lab_session_moid(c->k.session, h->moid);
    h->tasks = tasks;
    h->page = PAGE;
    h->request = xmemdup(c->rq->body, c->rq->body_len);
    h->request_len = c->rq->body_len;
    h->next = c->k.session->histories;
    c->k.session->histories = h;
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, tasks ? "TaskHistoryCollector" : "EventHistoryCollector", h->moid));
    return true;
}

bool lab_event_collector(struct lab_call *c)
{
    return make(c, false);
}

bool lab_task_collector(struct lab_call *c)
{
    return make(c, true);
}

static struct lab_history *history_of(struct lab_call *c)
{
    struct lab_history *h = lab_session_history(c->k.session, c->self_moid);
    if (!h)
        (void)lab_say_gone(c, c->self_moid);
    return h;
}

/* A page, and the place in the history behind it. */
static bool read_page(struct lab_call *c, enum part part)
{
    struct lab_history *h = history_of(c);
    int64_t max;
    if (!h)
        return false;
    if (!xml_integer(lab_arg(c, "maxCount"), 1, READ_MAX, &max))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: maxCount", "invalidProperty", "maxCount");
    size_t cap = h->tasks ? LAB_TASKS_MAX : LAB_EVENTS_MAX;
    const void **list = arena_array(c->k.arena, cap, sizeof(void *));
    size_t len = h->tasks ? list_tasks(&c->k, h, part, (const struct lab_task **)list, cap)
                          : list_events(&c->k, h, part, (const struct lab_event **)list, cap);
    for (size_t i = 0; i < len && i < (size_t)max; i++) {
        const void *it = list[part == NEXT ? len - 1 - i : i];
        const struct lab_task *t = it;
        const struct lab_event *e = it;
        lab_value_bare(c->w, "returnval", h->tasks ? lab_task_value(&c->k, NULL, NULL, t) : lab_event_value(&c->k, NULL, e));
        h->at = (h->tasks ? t->n : e->key) + (part == NEXT);
    }
    return true;
}

/* Towards the newest: the oldest that were not read yet. Nothing more when all were. */
bool lab_read_next(struct lab_call *c)
{
    return read_page(c, NEXT);
}

/* Towards the oldest. */
bool lab_read_previous(struct lab_call *c)
{
    return read_page(c, PREVIOUS);
}

bool lab_rewind(struct lab_call *c)
{
    struct lab_history *h = history_of(c);
    if (h)
        h->at = 0;
    return h;
}

/* To the end: only what comes from now on. */
bool lab_reset_collector(struct lab_call *c)
{
    struct lab_history *h = history_of(c);
    const struct lab_event *newest = lab_events_newest(c->k.vc);
    if (h)
        h->at = h->tasks ? lab_tasks_end(c->k.vc) : newest ? newest->key + 1 : 0;
    return h;
}

bool lab_page_size(struct lab_call *c)
{
    struct lab_history *h = history_of(c);
    if (!h)
        return false;
    if (xml_integer(lab_arg(c, "maxCount"), 1, READ_MAX, &h->page))
        return true;
    h->page = PAGE;
    return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: maxCount", "invalidProperty", "maxCount");
}

bool lab_end_collector(struct lab_call *c)
{
    struct lab_history *h = history_of(c);
    if (h)
        lab_session_history_end(c->k.session, h);
    return h;
}
