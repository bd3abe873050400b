#include "lab/sdk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "http/request.h"

enum {
    PATHS_MAX = 256, /* properties asked of one object */
    PAGE_MAX = 1000, /* objects of one answer when the client names no number */
};

struct paths {
    const char *at[PATHS_MAX];
    size_t len;
};

static void add_path(struct paths *p, const char *path)
{
    for (size_t i = 0; i < p->len; i++)
        if (!strcmp(p->at[i], path))
            return;
    if (p->len < PATHS_MAX)
        p->at[p->len++] = path;
}

static void add_paths(const struct lab_asking *k, struct paths *p, struct lab_object o, const struct xml_element *request, const char *spec_name)
{
    for (const struct xml_element *spec = xml_child(request, VIM_NS, spec_name); spec;
         spec = xml_next(spec, VIM_NS, spec_name)) {
        for (const struct xml_element *s = xml_child(spec, VIM_NS, "propSet"); s; s = xml_next(s, VIM_NS, "propSet")) {
            const char *type = xml_child_text(s, VIM_NS, "type"), *name;
            bool all = lab_yes(xml_child(s, VIM_NS, "all"));
            if (!type || !lab_type_is_a(lab_object_type(o), type))
                continue;
            for (size_t i = 0; all && (name = lab_property_name(k, o, i)); i++)
                add_path(p, name);
            for (const struct xml_element *x = xml_child(s, VIM_NS, "pathSet"); x; x = xml_next(x, VIM_NS, "pathSet"))
                add_path(p, x->text);
        }
    }
}

static void write_ref(struct lab_call *c, const char *name, struct lab_object o)
{
    lab_value_bare(c->w, name, lab_ref(c->k.arena, NULL, NULL, lab_object_type(o), lab_object_moid(&c->k, o)));
}

/* A first-level property of one object: several paths often begin with the same one, and config takes long to make. */
struct memo {
    const char *path; /* begins with its name */
    size_t len;
    struct lab_value *value;
};

static struct lab_value *value_of(struct lab_call *c, struct lab_object o, const char *path, struct memo *m)
{
    size_t len = strcspn(path, ".");
    bool known;
    if (!m->path || len != m->len || memcmp(path, m->path, len) != 0) {
        m->path = path;
        m->len = len;
        m->value = lab_property(&c->k, o, arena_strndup(c->k.arena, path, len), &known);
    }
    return path[len] ? lab_value_at(m->value, path + len + 1) : m->value;
}

static void write_properties(struct lab_call *c, struct lab_object o, const struct xml_element *request, const char *spec_name)
{
    struct paths p = { .len = 0 };
    struct memo memo = { .path = NULL };
    add_paths(&c->k, &p, o, request, spec_name);
    for (size_t i = 0; i < p.len; i++) {
        struct lab_value *v = value_of(c, o, p.at[i], &memo);
        if (!v)
            continue;
        xml_open(c->w, "propSet");
        xml_leaf(c->w, "name", p.at[i]);
        lab_value_boxed(c->w, "val", v);
        xml_close(c->w);
    }
}

void lab_write_object(struct lab_call *c, const char *name, struct lab_object o, const struct xml_element *request,
                      const char *spec_name)
{
    xml_open(c->w, name);
    write_ref(c, "obj", o);
    write_properties(c, o, request, spec_name);
    xml_close(c->w);
}

/* ---- what has changed since it was told ---- */

/* Never 0, which stands for an unset one. */
static uint64_t hash_of(const struct lab_value *v)
{
    struct xml_writer w;
    struct buf b;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    buf_init(&b, XML_BYTES_MAX);
    xml_writer_start(&w, &b);
    lab_value_boxed(&w, "val", v);
    bool whole = xml_writer_end(&w, NULL);
    for (size_t i = 0; i < b.len; i++)
        hash = (hash ^ b.data[i]) * UINT64_C(0x100000001b3);
    buf_done(&b);
    return whole && hash ? hash : 1;
}

size_t lab_find_changes(struct lab_call *c, struct lab_object o, const struct xml_element *request, struct lab_told *told,
                        struct lab_update **ret)
{
    struct paths p = { .len = 0 };
    struct memo memo = { .path = NULL };
    size_t len = 0;
    add_paths(&c->k, &p, o, request, "spec");
    struct lab_update *list = arena_array(c->k.arena, p.len + 1, sizeof(*list));
    bool first = !told->hashes;
    if (first)
        told->hashes = xcalloc(p.len + 1, sizeof(*told->hashes));
    for (size_t i = 0; i < p.len; i++) {
        struct lab_value *v = value_of(c, o, p.at[i], &memo);
        uint64_t hash = v ? hash_of(v) : 0;
        if (first ? v != NULL : hash != told->hashes[i])
            list[len++] = (struct lab_update){ .path = p.at[i], .value = v };
        told->hashes[i] = hash;
    }
    *ret = list;
    return len;
}

void lab_write_changes(struct lab_call *c, const struct lab_update *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        xml_open(c->w, "changeSet");
        xml_leaf(c->w, "name", list[i].path);
        xml_leaf(c->w, "op", "assign");
        if (list[i].value)
            lab_value_boxed(c->w, "val", list[i].value);
        xml_close(c->w);
    }
}

/* ---- the methods ---- */

static bool select_all(struct lab_call *c, struct lab_selection *s)
{
    for (const struct xml_element *spec = lab_arg(c, "specSet"); spec; spec = xml_next(spec, VIM_NS, "specSet"))
        if (!lab_select(c, spec, s) || !lab_check_paths(c, spec))
            return false;
    return true;
}

/* Keeps what is left for ContinueRetrievePropertiesEx and writes its token. */
static void keep_rest(struct lab_call *c, const struct lab_selection *s, size_t at)
{
    struct lab_session *session = c->k.session;
    size_t count = 0;
    struct lab_page *oldest = NULL, *p = xcalloc(1, sizeof(*p));
    for (struct lab_page *it = session->pages; it; it = it->next, count++)
        oldest = it;
    if (count == LAB_PAGES_MAX)
        lab_page_end(session, oldest);
    random_uuid(p->name);
    p->request = xmemdup(c->rq->body, c->rq->body_len);
    p->request_len = c->rq->body_len;
    p->at = p->max = at;
    p->objects = xmemdup(s->objects, s->len * sizeof(*s->objects));
    for (size_t i = 0; i < s->len; i++) /* moids lived in the request: what needs one is never on a later page */
        if (i < at || !lab_object_is_session(s->objects[i])) {
            p->objects[p->len] = s->objects[i];
            p->objects[p->len++].moid = NULL;
        }
    p->next = session->pages;
    session->pages = p;
    xml_leaf(c->w, "token", p->name);
}

/* Not in the documented API: what pyvmomi 8 reads a property with. */
bool lab_fetch(struct lab_call *c)
{
    const char *path = lab_arg_text(c, "prop");
    bool known = false;
    if (!c->k.session && !lab_is_open(c->self))
        return lab_say(c, "NotAuthenticated", "The session is not authenticated.");
    struct lab_value *v = path ? lab_value_of(&c->k, c->self, path, &known) : NULL;
    if (!known)
        return lab_say_value(c, "InvalidProperty", "The property is not known", "name", path ? path : "");
    if (v)
        lab_value_boxed(c->w, "returnval", v);
    return true;
}

bool lab_retrieve_ex(struct lab_call *c)
{
    struct lab_selection s = { 0 };
    int64_t max;
    if (!select_all(c, &s))
        return false;
    if (!xml_integer(xml_child(lab_arg(c, "options"), VIM_NS, "maxObjects"), 1, PAGE_MAX, &max))
        max = PAGE_MAX;
    size_t now = s.len < (size_t)max || !c->k.session ? s.len : (size_t)max;
    if (!s.len)
        return true;
    xml_open(c->w, "returnval");
    if (now < s.len)
        keep_rest(c, &s, now);
    for (size_t i = 0; i < now; i++)
        lab_write_object(c, "objects", s.objects[i], c->body, "specSet");
    xml_close(c->w);
    return true;
}

bool lab_retrieve(struct lab_call *c)
{
    struct lab_selection s = { 0 };
    if (!select_all(c, &s))
        return false;
    for (size_t i = 0; i < s.len; i++)
        lab_write_object(c, "returnval", s.objects[i], c->body, "specSet");
    return true;
}

static struct lab_page *page_of(struct lab_call *c)
{
    const char *wanted = lab_arg_text(c, "token");
    struct lab_page *p = wanted ? c->k.session->pages : NULL;
    while (p && strcmp(p->name, wanted) != 0)
        p = p->next;
    return p;
}

/* The request that began it, read once more. */
static const struct xml_element *read_again(struct lab_call *c, const char *request, size_t len)
{
    struct xml_element *root;
    if (!xml_parse(request, len, NULL, c->k.arena, &root, NULL))
        abort(); /* it could be read before */
    const struct xml_element *body = root->last;
    return body->first;
}

bool lab_continue(struct lab_call *c)
{
    struct lab_page *p = page_of(c);
    if (!p)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: token", "invalidProperty", "token");
    const struct xml_element *request = read_again(c, p->request, p->request_len);
    size_t end = p->len - p->at < p->max ? p->len : p->at + p->max;
    xml_open(c->w, "returnval");
    if (end < p->len)
        xml_leaf(c->w, "token", p->name);
    for (; p->at < end; p->at++)
        lab_write_object(c, "objects", p->objects[p->at], request, "specSet");
    xml_close(c->w);
    if (p->at == p->len)
        lab_page_end(c->k.session, p);
    return true;
}

bool lab_cancel_retrieve(struct lab_call *c)
{
    struct lab_page *p = page_of(c);
    if (p)
        lab_page_end(c->k.session, p);
    return true;
}
