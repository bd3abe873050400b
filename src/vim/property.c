#include "vim/property.h"

#include <string.h>

#include "base/arena.h"
#include "wire/xml.h"

struct walk {
    struct vim_session *session;
    struct vim_walk what;
    struct vim_about about;
    struct vim_object view;
    size_t seen;
    int64_t deadline_ms;
};

void vim_filter_type(struct xml_writer *w, const char *type, const char *const *paths)
{
    xml_open(w, "propSet");
    xml_leaf(w, "type", type);
    xml_leaf_boolean(w, "all", false);
    for (size_t i = 0; paths[i]; i++)
        xml_leaf(w, "pathSet", paths[i]);
    xml_close(w);
}

void vim_filter_view(struct xml_writer *w, const struct vim_object *view)
{
    xml_open(w, "objectSet");
    vim_object_write(w, "obj", view);
    xml_leaf_boolean(w, "skip", true);
    xml_open(w, "selectSet");
    xml_attr(w, "xsi:type", "TraversalSpec");
    xml_leaf(w, "name", "view");
    xml_leaf(w, "type", "ContainerView");
    xml_leaf(w, "path", "view");
    xml_leaf_boolean(w, "skip", false);
    xml_close(w);
    xml_close(w);
}

static void view_args(struct xml_writer *w, const void *ctx)
{
    const struct walk *k = ctx;
    vim_object_write(w, "container", &k->about.root_folder);
    xml_leaf(w, "type", k->what.type);
    xml_leaf_boolean(w, "recursive", true);
}

static void page_args(struct xml_writer *w, const void *ctx)
{
    const struct walk *k = ctx;
    xml_open(w, "specSet");
    vim_filter_type(w, k->what.type, k->what.paths);
    vim_filter_view(w, &k->view);
    xml_close(w);
    xml_open(w, "options");
    xml_leaf_integer(w, "maxObjects", VIM_PAGE_OBJECTS);
    xml_close(w);
}

static void token_args(struct xml_writer *w, const void *ctx)
{
    xml_leaf(w, "token", ctx);
}

static bool take_objects(struct walk *k, const struct xml_element *page, struct err *e)
{
    for (const struct xml_element *el = xml_child(page, VIM_NS, "objects"); el; el = xml_next(el, VIM_NS, "objects")) {
        struct vim_object o;
        if (!vim_object_read(xml_child(el, VIM_NS, "obj"), &o))
            return err_set(e, ERR_PEER, "an object of the page has no id");
        if (++k->seen > k->what.max)
            return err_set(e, ERR_LIMIT, "the vCenter lists more than %zu objects of type %s", k->what.max, k->what.type);
        if (!k->what.sink(k->what.self, &o, el, e))
            return false;
    }
    return true;
}

/* One page; *ret_token is NULL after the last. Every page but an empty last one has objects: so pages end. */
static bool take_page(struct walk *k, const struct xml_element *answer, const char **ret_token, struct err *e)
{
    const struct xml_element *page = xml_child(answer, VIM_NS, "returnval"); /* absent: no objects at all */
    size_t before = k->seen;
    if (!take_objects(k, page, e))
        return false;
    *ret_token = xml_child_text(page, VIM_NS, "token");
    return !*ret_token || k->seen > before || err_set(e, ERR_PEER, "a page without objects says that there are more");
}

static void cancel(struct walk *k, const char *token)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_method m = { .name = "CancelRetrievePropertiesEx", .on = &k->about.property_collector, .args = token_args,
                            .ctx = token, .bound = true };
    (void)!vim_session_call(k->session, &m, k->deadline_ms, &a, &answer, NULL, NULL);
}

static bool walk_pages(struct walk *k, struct vim_fault *fault, struct err *e)
{
    struct vim_method m = { .name = "RetrievePropertiesEx", .on = &k->about.property_collector, .args = page_args, .ctx = k,
                            .bound = true };
    char token[VIM_MOID_MAX];
    for (;;) {
        AUTO(arena_done) struct arena a = { 0 }; /* a page of its own: thousands of hosts never lie in memory as XML */
        const struct xml_element *answer;
        const char *next = NULL;
        if (!vim_session_call(k->session, &m, k->deadline_ms, &a, &answer, fault, e))
            return false;
        bool ok = take_page(k, answer, &next, e);
        if (ok && !next)
            return true;
        if (!ok || strlen(next) >= sizeof(token)) {
            if (next)
                cancel(k, next);
            return ok ? err_set(e, ERR_PEER, "the token of a page is too long") : false;
        }
        memcpy(token, next, strlen(next) + 1);
        m = (struct vim_method){ .name = "ContinueRetrievePropertiesEx", .on = &k->about.property_collector,
                                 .args = token_args, .ctx = token, .bound = true };
    }
}

static bool walk_once(struct walk *k, struct vim_fault *fault, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_method make = { .name = "CreateContainerView", .on = &k->about.view_manager, .args = view_args, .ctx = k };
    if (!vim_session_call(k->session, &make, k->deadline_ms, &a, &answer, fault, e))
        return false;
    if (!vim_object_read(xml_child(answer, VIM_NS, "returnval"), &k->view))
        return err_set(e, ERR_PEER, "CreateContainerView gave no view");
    bool ok = walk_pages(k, fault, e);
    struct vim_method destroy = { .name = "DestroyView", .on = &k->view, .bound = true };
    if (ok || !vim_fault_is(fault, "NotAuthenticated"))
        (void)!vim_session_call(k->session, &destroy, k->deadline_ms, &a, &answer, NULL, NULL);
    return ok;
}

bool vim_walk(struct vim_session *s, const struct vim_walk *what, int64_t deadline_ms, struct err *e)
{
    struct walk k = { .session = s, .what = *what, .deadline_ms = deadline_ms };
    struct vim_fault fault = { 0 };
    if (!vim_session_login(s, deadline_ms, e) || !vim_session_about(s, deadline_ms, &k.about, e))
        return false;
    if (!k.about.view_manager.id[0] || !k.about.root_folder.id[0])
        return err_set(e, ERR_PEER, "%s offers no inventory", vim_endpoint_name(vim_session_endpoint(s)));
    bool ok = walk_once(&k, &fault, e);
    if (!ok && vim_fault_is(&fault, "NotAuthenticated")) {
        k.seen = 0;
        ok = what->sink(what->self, NULL, NULL, e) && walk_once(&k, &fault, e);
    }
    return ok || err_in(e, "listing objects of type %s", what->type);
}

struct one {
    const struct vim_object *object;
    const char *const *paths;
};

static void one_args(struct xml_writer *w, const void *ctx)
{
    const struct one *one = ctx;
    xml_open(w, "specSet");
    vim_filter_type(w, one->object->type, one->paths);
    xml_open(w, "objectSet");
    vim_object_write(w, "obj", one->object);
    xml_leaf_boolean(w, "skip", false);
    xml_close(w);
    xml_close(w);
    xml_open(w, "options");
    xml_close(w);
}

bool vim_properties_since(struct vim_session *s, const struct vim_wanted *w, int64_t deadline_ms, struct arena *a,
                          const struct xml_element **ret, struct err *e)
{
    struct vim_about about;
    struct one one = { w->object, w->paths };
    const struct xml_element *answer;
    if (!vim_session_login(s, deadline_ms, e) || !vim_session_about(s, deadline_ms, &about, e))
        return false;
    struct vim_method m = { .name = "RetrievePropertiesEx", .on = &about.property_collector, .args = one_args, .ctx = &one,
                            .since = w->since };
    if (!vim_session_call(s, &m, deadline_ms, a, &answer, NULL, e))
        return false;
    *ret = xml_child(xml_child(answer, VIM_NS, "returnval"), VIM_NS, "objects");
    return *ret || err_set(e, ERR_NOT_FOUND, "the %s is not there", w->object->type);
}

bool vim_properties(struct vim_session *s, const struct vim_object *o, const char *const *paths, int64_t deadline_ms,
                    struct arena *a, const struct xml_element **ret, struct err *e)
{
    return vim_properties_since(s, &(struct vim_wanted){ o, paths, NULL }, deadline_ms, a, ret, e);
}

const struct xml_element *vim_property(const struct xml_element *object, const char *path)
{
    for (const struct xml_element *p = xml_child(object, VIM_NS, "propSet"); p; p = xml_next(p, VIM_NS, "propSet")) {
        const char *name = xml_child_text(p, VIM_NS, "name");
        if (name && !strcmp(name, path))
            return xml_child(p, VIM_NS, "val");
    }
    return NULL;
}

const char *vim_property_text(const struct xml_element *object, const char *path)
{
    const struct xml_element *val = vim_property(object, path);
    return val && val->text_len ? val->text : NULL;
}
