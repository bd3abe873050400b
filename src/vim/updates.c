#include "vim/updates.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "vim/property.h"
#include "wire/xml.h"

/* The first answer tells of everything where a server doesn't count: that takes it a while. */
enum { VERSION_TEXT = 256, SLACK_MS = 30 * 1000, FIRST_MS = 5 * 60 * 1000, TIDY_MS = 5 * 1000 };

struct vim_updates {
    struct vim_session *session; /* borrowed */
    const struct vim_updates_type *types;
    size_t types_len;
    struct vim_object collector, view, filter;
    struct vim_object root, views; /* of the server */
    char version[VERSION_TEXT];
    int seconds;
};

static bool call(struct vim_updates *u, const struct vim_method *m, int64_t deadline_ms, struct vim_object *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    if (!vim_session_call(u->session, m, deadline_ms, &a, &answer, NULL, e))
        return false;
    return !ret || vim_object_read(xml_child(answer, VIM_NS, "returnval"), ret) ||
           err_set(e, ERR_PEER, "%s gave no object", m->name);
}

static void view_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_updates *u = ctx;
    vim_object_write(w, "container", &u->root);
    for (size_t i = 0; i < u->types_len; i++)
        xml_leaf(w, "type", u->types[i].type);
    xml_leaf_boolean(w, "recursive", true);
}

static void filter_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_updates *u = ctx;
    xml_open(w, "spec");
    for (size_t i = 0; i < u->types_len; i++)
        vim_filter_type(w, u->types[i].type, u->types[i].paths);
    vim_filter_view(w, &u->view);
    xml_close(w);
    xml_leaf_boolean(w, "partialUpdates", false);
}

static bool make(struct vim_updates *u, int64_t deadline_ms, struct err *e)
{
    struct vim_about about;
    if (!vim_session_login(u->session, deadline_ms, e) || !vim_session_about(u->session, deadline_ms, &about, e))
        return false;
    if (!about.view_manager.id[0] || !about.root_folder.id[0])
        return err_set(e, ERR_PEER, "%s offers no inventory", vim_endpoint_name(vim_session_endpoint(u->session)));
    u->root = about.root_folder;
    u->views = about.view_manager;
    const struct vim_method collector = { .name = "CreatePropertyCollector", .on = &about.property_collector };
    const struct vim_method view = { .name = "CreateContainerView", .on = &u->views, .args = view_args, .ctx = u, .bound = true };
    const struct vim_method filter = { .name = "CreateFilter", .on = &u->collector, .args = filter_args, .ctx = u, .bound = true };
    return call(u, &collector, deadline_ms, &u->collector, e) && call(u, &view, deadline_ms, &u->view, e) &&
           call(u, &filter, deadline_ms, &u->filter, e);
}

bool vim_updates_open(struct vim_session *s, const struct vim_updates_type *types, size_t len, int64_t deadline_ms,
                      struct vim_updates **ret, struct err *e)
{
    AUTO(vim_updates_closep) struct vim_updates *u = xcalloc(1, sizeof(*u));
    u->session = s;
    u->types = types;
    u->types_len = len;
    if (!make(u, deadline_ms, e))
        return err_in(e, "watching the inventory");
    *ret = STEAL(u);
    return true;
}

struct vim_updates *vim_updates_close(struct vim_updates *u)
{
    if (!u)
        return NULL;
    const int64_t until = vim_deadline(TIDY_MS);
    const struct vim_method view = { .name = "DestroyView", .on = &u->view, .bound = true };
    const struct vim_method collector = { .name = "DestroyPropertyCollector", .on = &u->collector, .bound = true };
    struct err e = { 0 };
    bool there = !u->view.id[0] || call(u, &view, until, NULL, &e) || e.kind == ERR_NOT_FOUND;
    if (there && u->collector.id[0])
        (void)!call(u, &collector, until, NULL, &e);
    free(u);
    return NULL;
}

void vim_updates_restart(struct vim_updates *u)
{
    u->version[0] = '\0';
}

static void wait_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_updates *u = ctx;
    xml_leaf(w, "version", u->version);
    xml_open(w, "options");
    xml_leaf_integer(w, "maxWaitSeconds", u->seconds);
    xml_leaf_integer(w, "maxObjectUpdates", VIM_UPDATES_BATCH);
    xml_close(w);
}

static bool kind_of(const char *text, enum vim_update_kind *ret)
{
    int i = text ? text_choice("enter|modify|leave", text) : -1;
    if (i < 0)
        return false;
    *ret = (enum vim_update_kind)i;
    return true;
}

static bool tell(const struct xml_element *set, vim_update_sink *sink, void *self, struct err *e)
{
    const struct xml_element *f = xml_child(set, VIM_NS, "filterSet");
    for (; f; f = xml_next(f, VIM_NS, "filterSet"))
        for (const struct xml_element *el = xml_child(f, VIM_NS, "objectSet"); el; el = xml_next(el, VIM_NS, "objectSet")) {
            struct vim_object o;
            struct vim_update u = { .object = &o, .changes = el };
            if (!kind_of(xml_child_text(el, VIM_NS, "kind"), &u.kind) || !vim_object_read(xml_child(el, VIM_NS, "obj"), &o))
                return err_set(e, ERR_PEER, "an update says neither what nor of whom");
            if (!sink(self, &u, e))
                return false;
        }
    return true;
}

static bool is_true(const struct xml_element *el)
{
    bool b = false;
    return el && xml_boolean(el, &b) && b;
}

bool vim_updates_wait(struct vim_updates *u, int seconds, vim_update_sink *sink, void *self, bool *ret_any, bool *ret_more,
                      struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer, *set;
    struct vim_fault fault = { 0 };
    u->seconds = seconds;
    const struct vim_method m = { .name = "WaitForUpdatesEx", .on = &u->collector, .args = wait_args, .ctx = u,
                                  .answer_max = VIM_UPDATES_ANSWER, .bound = true };
    *ret_any = *ret_more = false;
    if (!vim_session_call(u->session, &m, vim_deadline((int64_t)seconds * 1000 + (u->version[0] ? SLACK_MS : FIRST_MS)), &a, &answer, &fault, e)) {
        if (vim_fault_is(&fault, "InvalidCollectorVersion")) {
            vim_updates_restart(u);
            return err_set(e, ERR_CONFLICT, "the vCenter Server has forgotten what it told");
        }
        return false;
    }
    set = xml_child(answer, VIM_NS, "returnval"); /* absent: nothing new */
    if (!set)
        return true;
    const char *version = xml_child_text(set, VIM_NS, "version");
    if (!version || strlen(version) >= sizeof(u->version))
        return err_set(e, ERR_PEER, "the updates have no version");
    if (!tell(set, sink, self, e))
        return false;
    (void)text_copy(u->version, sizeof(u->version), version);
    *ret_any = xml_child(set, VIM_NS, "filterSet") != NULL;
    *ret_more = is_true(xml_child(set, VIM_NS, "truncated"));
    return true;
}

void vim_updates_cancel(struct vim_updates *u)
{
    const struct vim_method m = { .name = "CancelWaitForUpdates", .on = &u->collector, .bound = true };
    (void)!call(u, &m, vim_deadline(TIDY_MS), NULL, NULL);
}

/* Down the rest of a path inside a value. */
static const struct xml_element *inside(const struct xml_element *val, const char *rest)
{
    while (val && *rest) {
        char name[64];
        size_t len = strcspn(rest, ".");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, rest, len);
        name[len] = '\0';
        val = xml_child(val, VIM_NS, name);
        rest += len + (rest[len] == '.');
    }
    return val;
}

bool vim_update_says(const struct xml_element *changes, const char *path, const struct xml_element **ret)
{
    bool said = false;
    const struct xml_element *c = xml_child(changes, VIM_NS, "changeSet");
    for (; c; c = xml_next(c, VIM_NS, "changeSet")) {
        const char *name = xml_child_text(c, VIM_NS, "name");
        size_t len = name ? strlen(name) : 0;
        if (len == 0 || strncmp(path, name, len) != 0 || (path[len] != '\0' && path[len] != '.'))
            continue;
        *ret = inside(xml_child(c, VIM_NS, "val"), path + len + (path[len] == '.'));
        said = true;
    }
    return said;
}
