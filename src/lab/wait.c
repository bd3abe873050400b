#include "lab/sdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/request.h"
#include "lab/session.h"

enum { WAIT_MAX_S = 300, UPDATES_MAX = 5000 /* objects of one answer when the client names no number */ };

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
    if (!lab_select(c, lab_arg(c, "spec"), &s) || !lab_check_paths(c, lab_arg(c, "spec")))
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

/* ---- what the client knows ---- */

static size_t place_of(const struct lab_filter *f, struct lab_object o)
{
    uint64_t hash = ((uint64_t)o.mo << 32 | o.n) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash % f->known_cap);
    while (f->known[at].used && !lab_object_same(f->known[at].o, o))
        at = (at + 1) % f->known_cap;
    return at;
}

static void grow(struct lab_filter *f)
{
    struct lab_filter larger = { .known_cap = f->known_cap ? f->known_cap * 4 : 16 };
    larger.known = xcalloc(larger.known_cap, sizeof(*larger.known));
    for (size_t i = 0; i < f->known_cap; i++)
        if (f->known[i].used)
            larger.known[place_of(&larger, f->known[i].o)] = f->known[i];
    free(f->known);
    f->known = larger.known;
    f->known_cap = larger.known_cap;
}

static struct lab_known *know(struct lab_filter *f, struct lab_object o)
{
    if (f->known_len * 2 >= f->known_cap)
        grow(f);
    struct lab_known *k = &f->known[place_of(f, o)];
    if (k->used)
        return k;
    k->used = true;
    k->o = o;
    k->o.moid = k->moid = lab_object_is_session(o) ? xstrdup(o.moid) : NULL;
    f->known_len++;
    return k;
}

/* Puts what remains into a new table: places behind one that was freed would not be found again. */
static void forget(struct lab_filter *f, unsigned round)
{
    struct lab_filter rest = { .known_cap = f->known_cap };
    if (!f->known_cap)
        return;
    rest.known = xcalloc(rest.known_cap, sizeof(*rest.known));
    f->known_len = 0;
    for (size_t i = 0; i < f->known_cap; i++) {
        struct lab_known *k = &f->known[i];
        if (k->used && k->round == round) {
            rest.known[place_of(&rest, k->o)] = *k;
            f->known_len++;
        } else if (k->used) {
            free(k->moid);
            free(k->told.hashes);
        }
    }
    free(f->known);
    f->known = rest.known;
}

/* ---- one answer ---- */

struct news {
    struct lab_call *c;
    struct lab_collector *it;
    int64_t room;        /* objects that may still be written */
    bool opened, filter_opened, truncated;
};

static void open_update(struct news *n, const struct lab_filter *f, const char *kind, struct lab_object o)
{
    struct lab_call *c = n->c;
    if (!n->opened) {
        xml_open(c->w, "returnval");
        xml_leaf_integer(c->w, "version", (int64_t)(n->it->version + 1));
        n->opened = true;
    }
    if (!n->filter_opened) {
        xml_open(c->w, "filterSet");
        lab_value_bare(c->w, "filter", lab_ref(c->k.arena, NULL, NULL, "PropertyFilter", f->moid));
        n->filter_opened = true;
    }
    xml_open(c->w, "objectSet");
    xml_leaf(c->w, "kind", kind);
    lab_value_bare(c->w, "obj", lab_ref(c->k.arena, NULL, NULL, lab_object_type(o), lab_object_moid(&c->k, o)));
    n->room--;
}

/* An object that is selected: entered, changed, or as it was. */
static void look(struct news *n, struct lab_filter *f, const struct xml_element *request, struct lab_object o)
{
    struct lab_update *changes;
    struct lab_known *k = know(f, o);
    uint64_t changed = lab_object_changed(&n->c->k, o);
    bool fresh = !k->told.hashes;
    k->round = n->it->round;
    if (!fresh && changed <= k->version)
        return;
    if (!n->room) {
        n->truncated = true;
        return;
    }
    size_t len = lab_find_changes(n->c, o, request, &k->told, &changes);
    k->version = changed;
    if (!len && !fresh)
        return;
    open_update(n, f, fresh ? "enter" : "modify", o);
    lab_write_changes(n->c, changes, len);
    xml_close(n->c->w);
}

static bool write_filter(struct news *n, struct lab_filter *f)
{
    const struct xml_element *request = request_of(n->c, f);
    struct lab_selection s = { 0 };
    bool left = false;
    if (!lab_select(n->c, xml_child(request, VIM_NS, "spec"), &s))
        return false;
    n->it->round++;
    n->filter_opened = false;
    for (size_t i = 0; i < s.len; i++)
        look(n, f, request, s.objects[i]);
    for (size_t i = 0; i < f->known_cap; i++) {
        struct lab_known *k = &f->known[i];
        if (!k->used || k->round == n->it->round)
            continue;
        if (!n->room) {
            n->truncated = true;
            k->round = n->it->round; /* is told the next time */
        } else if (k->told.hashes) {
            open_update(n, f, "leave", k->o);
            xml_close(n->c->w);
        }
        left = true;
    }
    if (n->filter_opened)
        xml_close(n->c->w);
    if (left)
        forget(f, n->it->round);
    return true;
}

static bool write_news(struct lab_call *c, struct lab_collector *it, bool *ret_any)
{
    uint64_t version = c->k.vc->at.estate->version;
    struct news n = { .c = c, .it = it };
    if (!xml_integer(xml_child(lab_arg(c, "options"), VIM_NS, "maxObjectUpdates"), 1, INT32_MAX, &n.room))
        n.room = UPDATES_MAX;
    for (struct lab_filter *f = it->filters; f; f = f->next) {
        if (f->at == version)
            continue;
        bool before = n.truncated;
        n.truncated = false;
        if (!write_filter(&n, f))
            return false;
        f->at = n.truncated ? 0 : version;
        n.truncated = n.truncated || before;
    }
    *ret_any = n.opened;
    if (n.opened) {
        if (n.truncated)
            xml_leaf_boolean(c->w, "truncated", true);
        xml_close(c->w);
        it->version++;
    }
    return true;
}

/* An empty version starts anew; any but the last one that was given is too old. */
static bool take_version(struct lab_call *c, struct lab_collector *it)
{
    const char *text = lab_arg_text(c, "version");
    uint64_t version;
    if (!text || !*text) {
        for (struct lab_filter *f = it->filters; f; f = f->next) {
            f->at = 0;
            forget(f, it->round + 1); /* nothing of it is of that round */
        }
        it->round++;
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
