#include "lab/sdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/request.h"
#include "lab/session.h"

enum { WAIT_MAX_S = 300 };

static const struct xml_element *request_of(struct lab_call *c, const struct lab_filter *f)
{
    struct xml_element *root;
    if (!xml_parse(f->request, f->request_len, NULL, c->k.arena, &root, NULL))
        abort(); /* it could be read before */
    return root->last->first;
}

bool lab_create_collector(struct lab_call *c)
{
    size_t count = 0;
    for (struct lab_collector *it = c->k.session->collectors; it; it = it->next)
        count++;
    if (count >= LAB_COLLECTORS_MAX)
        return lab_say(c, "RuntimeFault", "Too many property collectors in this session");
    struct lab_collector *made = xcalloc(1, sizeof(*made));
    lab_session_moid(c->k.session, made->moid);
    made->next = c->k.session->collectors;
    c->k.session->collectors = made;
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "PropertyCollector", made->moid));
    return true;
}

bool lab_destroy_collector(struct lab_call *c)
{
    struct lab_collector *it = lab_session_collector(c->k.session, c->self_moid);
    if (!it || !it->moid[0])
        return lab_say_gone(c, c->self_moid);
    lab_session_collector_end(c->k.session, it);
    (void)pthread_cond_broadcast(&c->k.vc->at.estate->news);
    return true;
}

bool lab_create_filter(struct lab_call *c)
{
    struct lab_collector *it = lab_session_collector(c->k.session, c->self_moid);
    struct lab_selection s = { 0 };
    size_t count = 0;
    for (struct lab_filter *f = it ? it->filters : NULL; f; f = f->next)
        count++;
    if (!it || !lab_arg(c, "spec"))
        return lab_say_gone(c, c->self_moid);
    if (count == LAB_FILTERS_MAX)
        return lab_say(c, "RuntimeFault", "Too many filters in this collector");
    if (!lab_select(c, lab_arg(c, "spec"), &s))
        return false;
    struct lab_filter *f = xcalloc(1, sizeof(*f));
    lab_session_moid(c->k.session, f->moid);
    f->request = xmemdup(c->rq->body, c->rq->body_len);
    f->request_len = c->rq->body_len;
    f->next = it->filters;
    it->filters = f;
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "PropertyFilter", f->moid));
    return true;
}

bool lab_destroy_filter(struct lab_call *c)
{
    return lab_session_filter_end(c->k.session, c->self_moid) || lab_say_gone(c, c->self_moid);
}

static bool holds(const struct lab_object *list, size_t len, struct lab_object o)
{
    for (size_t i = 0; i < len; i++)
        if (lab_object_same(list[i], o))
            return true;
    return false;
}

static void write_update(struct lab_call *c, const char *kind, struct lab_object o, const struct xml_element *request)
{
    xml_open(c->w, "objectSet");
    xml_leaf(c->w, "kind", kind);
    lab_value_bare(c->w, "obj", lab_ref(c->k.arena, NULL, NULL, lab_object_type(o), lab_object_moid(&c->k, o)));
    if (request)
        lab_write_changes(c, o, request, "spec");
    xml_close(c->w);
}

static void remember(struct lab_filter *f, const struct lab_selection *s, uint64_t version)
{
    free(f->seen);
    f->seen = s->len ? xmemdup(s->objects, s->len * sizeof(*s->objects)) : NULL;
    f->seen_len = s->len;
    for (size_t i = 0; i < f->seen_len; i++)
        f->seen[i].moid = NULL;
    f->at = version;
}

/* How the i-th of what is selected, or of what the client knows, has changed; NULL: not at all. */
static const char *kind_of(struct lab_call *c, const struct lab_filter *f, const struct lab_selection *s, size_t i)
{
    if (i >= s->len)
        return holds(s->objects, s->len, f->seen[i - s->len]) ? NULL : "leave";
    uint64_t changed = lab_object_changed(&c->k, s->objects[i]);
    if (!f->at || (changed > f->at && !holds(f->seen, f->seen_len, s->objects[i])))
        return "enter";
    return changed > f->at ? "modify" : NULL;
}

/* Writes what is new since the client looked last; opened says that returnval stands already. */
static bool write_filter(struct lab_call *c, struct lab_filter *f, uint64_t version, bool *opened)
{
    const struct xml_element *request = request_of(c, f);
    struct lab_selection s = { 0 };
    bool any = false;
    if (!lab_select(c, xml_child(request, VIM_NS, "spec"), &s))
        return false;
    for (size_t i = 0; i < s.len + f->seen_len; i++) {
        struct lab_object o = i < s.len ? s.objects[i] : f->seen[i - s.len];
        const char *kind = kind_of(c, f, &s, i);
        if (!kind)
            continue;
        if (!*opened) {
            xml_open(c->w, "returnval");
            xml_leaf_integer(c->w, "version", (int64_t)version);
            *opened = true;
        }
        if (!any) {
            xml_open(c->w, "filterSet");
            lab_value_bare(c->w, "filter", lab_ref(c->k.arena, NULL, NULL, "PropertyFilter", f->moid));
            any = true;
        }
        write_update(c, kind, o, i < s.len ? request : NULL);
    }
    if (any)
        xml_close(c->w);
    remember(f, &s, version);
    return true;
}

static bool write_news(struct lab_call *c, struct lab_collector *it, bool *ret_any)
{
    uint64_t version = c->k.vc->at.estate->version;
    *ret_any = false;
    for (struct lab_filter *f = it->filters; f; f = f->next)
        if (f->at < version && !write_filter(c, f, version, ret_any))
            return false;
    if (*ret_any) {
        xml_close(c->w);
        it->version = version;
    }
    return true;
}

/* An empty version starts anew; any but the last one that was given is too old. */
static bool take_version(struct lab_call *c, struct lab_collector *it)
{
    const char *text = lab_arg_text(c, "version");
    uint64_t version;
    if (!text || !*text) {
        for (struct lab_filter *f = it->filters; f; f = f->next)
            f->at = 0;
        return true;
    }
    if (!text_number(text, 1, UINT64_MAX, &version) || version != it->version)
        return lab_say(c, "InvalidCollectorVersion", "The version is unknown or too old");
    return true;
}

static struct timespec deadline_of(struct lab_call *c)
{
    struct timespec at;
    int64_t seconds;
    if (!xml_integer(xml_child(lab_arg(c, "options"), VIM_NS, "maxWaitSeconds"), 0, WAIT_MAX_S, &seconds))
        seconds = WAIT_MAX_S;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)seconds;
    return at;
}

/* The estate's lock is given back while it waits: session and collector are looked up again afterwards. */
bool lab_wait_ex(struct lab_call *c)
{
    struct lab_estate *s = c->k.vc->at.estate;
    struct timespec until = deadline_of(c);
    char id[40];
    (void)text_copy(id, sizeof(id), c->k.session->id);
    struct lab_collector *it = lab_session_collector(c->k.session, c->self_moid);
    if (!it)
        return lab_say_gone(c, c->self_moid);
    if (!take_version(c, it))
        return false;
    unsigned cancelled = it->cancelled;
    for (bool any, late = false;; late = pthread_cond_timedwait(&s->news, &s->mutex, &until) != 0) {
        c->k.session = lab_session_find(c->k.vc, id, false, c->k.now * 1000);
        if (!c->k.session || s->closing)
            return lab_say(c, "NotAuthenticated", "The session is not authenticated.");
        it = lab_session_collector(c->k.session, c->self_moid);
        if (!it || it->cancelled != cancelled)
            return lab_say(c, "RequestCanceled", "The request was canceled by a user");
        if (!write_news(c, it, &any))
            return false;
        if (any || late)
            return true;
    }
}

bool lab_cancel_wait(struct lab_call *c)
{
    struct lab_collector *it = lab_session_collector(c->k.session, c->self_moid);
    if (!it)
        return lab_say_gone(c, c->self_moid);
    it->cancelled++;
    (void)pthread_cond_broadcast(&c->k.vc->at.estate->news);
    return true;
}
