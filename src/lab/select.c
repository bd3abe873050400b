#include "lab/sdk.h"

#include <string.h>

enum {
    SPECS_MAX = 64,     /* traversals of one request */
    DEPTH_MAX = 64,     /* traversals inside each other */
};

/* Which (object, traversal) pairs were there already; traversal 0 stands for being selected. */
struct seen {
    uint64_t *slots; /* in the arena; key + 1, 0 = free */
    size_t cap, len;
};

struct walk {
    struct lab_call *c;
    const struct xml_element *spec; /* PropertyFilterSpec */
    const struct xml_element *traversals[SPECS_MAX];
    size_t traversals_len;
    struct seen seen;
    struct lab_selection *out;
    bool failed;
};

static bool first_time(struct walk *w, struct lab_object o, size_t traversal)
{
    struct seen *s = &w->seen;
    uint64_t n = o.n;
    for (const char *p = lab_object_is_session(o) ? o.moid : ""; *p; p++)
        n = n * 31 + (unsigned char)*p;
    uint64_t key = ((uint64_t)o.mo << 56 | (uint64_t)traversal << 48 | (n & 0xffffffffffff)) + 1;
    if (s->len * 2 >= s->cap) {
        struct seen larger = { .cap = s->cap ? s->cap * 4 : 256, .len = s->len };
        larger.slots = arena_array(w->c->k.arena, larger.cap, sizeof(*larger.slots));
        for (size_t i = 0; i < s->cap; i++) {
            size_t at = (size_t)(s->slots[i] * UINT64_C(0x9e3779b97f4a7c15)) % larger.cap;
            while (s->slots[i] && larger.slots[at])
                at = (at + 1) % larger.cap;
            if (s->slots[i])
                larger.slots[at] = s->slots[i];
        }
        *s = larger;
    }
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15)) % s->cap;
    for (; s->slots[at]; at = (at + 1) % s->cap)
        if (s->slots[at] == key)
            return false;
    s->slots[at] = key;
    s->len++;
    return true;
}

/* Only objects of a type that some propSet names count. */
static bool is_wanted(const struct walk *w, struct lab_object o)
{
    for (const struct xml_element *p = xml_child(w->spec, VIM_NS, "propSet"); p; p = xml_next(p, VIM_NS, "propSet")) {
        const char *type = xml_child_text(p, VIM_NS, "type");
        if (type && lab_type_is_a(lab_object_type(o), type))
            return true;
    }
    return false;
}

static void select_one(struct walk *w, struct lab_object o)
{
    struct lab_selection *s = w->out;
    if (!is_wanted(w, o) || !first_time(w, o, 0))
        return;
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct lab_object *larger = arena_array(w->c->k.arena, cap, sizeof(*larger));
        if (s->len)
            memcpy(larger, s->objects, s->len * sizeof(*larger));
        s->objects = larger;
        s->cap = cap;
    }
    s->objects[s->len++] = o;
}

static bool is_traversal(const struct xml_element *el)
{
    return el->type && !strcmp(el->type, "TraversalSpec");
}

/* Every TraversalSpec below el, wherever it stands: names are known in the whole request. */
static void gather(struct walk *w, const struct xml_element *el)
{
    for (const struct xml_element *child = el->first; child; child = child->next) {
        if (is_traversal(child)) {
            if (w->traversals_len == SPECS_MAX) {
                w->failed = true;
                return;
            }
            w->traversals[w->traversals_len++] = child;
        }
        gather(w, child);
    }
}

static size_t index_of(const struct walk *w, const struct xml_element *selection)
{
    const char *name = xml_child_text(selection, VIM_NS, "name");
    for (size_t i = 0; i < w->traversals_len; i++) {
        const char *other = xml_child_text(w->traversals[i], VIM_NS, "name");
        if (w->traversals[i] == selection || (!is_traversal(selection) && name && other && !strcmp(name, other)))
            return i;
    }
    return SPECS_MAX;
}

struct lab_value *lab_value_of(const struct lab_asking *k, struct lab_object o, const char *path, bool *ret_known)
{
    size_t len = strcspn(path, ".");
    struct lab_value *first = lab_property(k, o, arena_strndup(k->arena, path, len), ret_known);
    return path[len] ? lab_value_at(first, path + len + 1) : first;
}

static void follow(struct walk *w, struct lab_object o, const struct xml_element *selections, int depth);

static void visit(struct walk *w, const struct lab_value *ref, const struct xml_element *traversal, int depth)
{
    struct lab_object o;
    bool skip = lab_yes(xml_child(traversal, VIM_NS, "skip"));
    if (!lab_object_find(&w->c->k, ref->text, &o))
        return;
    if (!skip)
        select_one(w, o);
    follow(w, o, xml_child(traversal, VIM_NS, "selectSet"), depth + 1);
}

/* selections: the first selectSet; its siblings of the same name follow. */
static void follow(struct walk *w, struct lab_object o, const struct xml_element *selections, int depth)
{
    for (const struct xml_element *it = selections; it && depth < DEPTH_MAX; it = xml_next(it, VIM_NS, "selectSet")) {
        size_t n = index_of(w, it);
        if (n == SPECS_MAX)
            continue;
        const struct xml_element *t = w->traversals[n];
        const char *type = xml_child_text(t, VIM_NS, "type"), *path = xml_child_text(t, VIM_NS, "path");
        bool known;
        if (!type || !path || !lab_type_is_a(lab_object_type(o), type) || !first_time(w, o, n + 1))
            continue;
        const struct lab_value *v = lab_value_of(&w->c->k, o, path, &known);
        if (v && v->kind == LAB_REF)
            visit(w, v, t, depth);
        for (const struct lab_value *r = v && v->kind == LAB_ARRAY ? v->first : NULL; r; r = r->next)
            if (r->kind == LAB_REF)
                visit(w, r, t, depth);
    }
}

bool lab_is_open(struct lab_object o)
{
    return o.mo == MO_SERVICE_INSTANCE || o.mo == MO_SESSION_MANAGER;
}

bool lab_select(struct lab_call *c, const struct xml_element *spec, struct lab_selection *ret)
{
    struct walk w = { .c = c, .spec = spec, .out = ret };
    gather(&w, spec);
    if (w.failed)
        return lab_say(c, "InvalidArgument", "Too many traversals");
    for (const struct xml_element *it = xml_child(spec, VIM_NS, "objectSet"); it; it = xml_next(it, VIM_NS, "objectSet")) {
        const char *moid = xml_child_text(it, VIM_NS, "obj");
        struct lab_object o;
        if (!moid || !lab_object_find(&c->k, moid, &o))
            return lab_say_gone(c, moid ? moid : "");
        if (!c->k.session && !lab_is_open(o))
            return lab_say(c, "NotAuthenticated", "The session is not authenticated.");
        if (!lab_yes(xml_child(it, VIM_NS, "skip")))
            select_one(&w, o);
        follow(&w, o, xml_child(it, VIM_NS, "selectSet"), 0);
    }
    return true;
}

static bool check_path(struct lab_call *c, const char *type, const char *path)
{
    return !type || !path || lab_type_has(&c->k, type, path) || lab_say_value(c, "InvalidProperty", "", "name", path);
}

bool lab_check_paths(struct lab_call *c, const struct xml_element *spec)
{
    struct walk w = { .c = c, .spec = spec };
    gather(&w, spec);
    for (size_t i = 0; i < w.traversals_len; i++)
        if (!check_path(c, xml_child_text(w.traversals[i], VIM_NS, "type"), xml_child_text(w.traversals[i], VIM_NS, "path")))
            return false;
    for (const struct xml_element *p = xml_child(spec, VIM_NS, "propSet"); p; p = xml_next(p, VIM_NS, "propSet"))
        for (const struct xml_element *x = xml_child(p, VIM_NS, "pathSet"); x; x = xml_next(x, VIM_NS, "pathSet"))
            if (!check_path(c, xml_child_text(p, VIM_NS, "type"), x->text))
                return false;
    return true;
}
