#include "vim/datastore.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "vim/property.h"
#include "vim/task.h"
#include "wire/xml.h"

enum { ABOVE = 32 /* folders inside each other */ };

/* ---- which host ---- */

static bool can_be_used(struct vim_session *s, const struct vim_object *host, int64_t deadline_ms, bool *ret, struct err *e)
{
    static const char *const paths[] = { "runtime.connectionState", "runtime.inMaintenanceMode", NULL };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *el, *resting;
    bool rests = false;
    *ret = false;
    if (!vim_properties(s, host, paths, deadline_ms, &a, &el, e))
        return e->kind == ERR_NOT_FOUND; /* it has just gone */
    const char *state = vim_property_text(el, "runtime.connectionState");
    resting = vim_property(el, "runtime.inMaintenanceMode");
    *ret = state && !strcmp(state, "connected") && !(resting && xml_boolean(resting, &rests) && rests);
    return true;
}

/* DatastoreHostMount: {key, mountInfo{accessible, mounted}}; what is not said is as it should be. */
static bool is_mounted(const struct xml_element *mount)
{
    const struct xml_element *info = xml_child(mount, VIM_NS, "mountInfo");
    const struct xml_element *accessible = xml_child(info, VIM_NS, "accessible"), *mounted = xml_child(info, VIM_NS, "mounted");
    bool yes;
    return (!accessible || (xml_boolean(accessible, &yes) && yes)) && (!mounted || (xml_boolean(mounted, &yes) && yes));
}

static bool find_host(struct vim_session *s, const struct xml_element *mounts, int64_t deadline_ms, struct vim_object *ret,
                      struct err *e)
{
    const struct xml_element *m = xml_child(mounts, VIM_NS, "DatastoreHostMount");
    size_t looked = 0;
    for (; m && looked < VIM_DATASTORE_HOSTS; m = xml_next(m, VIM_NS, "DatastoreHostMount")) {
        bool can;
        if (!is_mounted(m) || !vim_object_read(xml_child(m, VIM_NS, "key"), ret))
            continue;
        looked++;
        if (!can_be_used(s, ret, deadline_ms, &can, e))
            return false;
        if (can)
            return true;
    }
    return err_set(e, ERR_PEER, "no host that is connected and not in maintenance mode can reach the datastore");
}

static bool find_datacenter(struct vim_session *s, const struct vim_object *below, int64_t deadline_ms, struct vim_object *ret,
                            struct err *e)
{
    static const char *const paths[] = { "parent", NULL };
    struct vim_object at = *below;
    for (int i = 0; i < ABOVE; i++) {
        AUTO(arena_done) struct arena a = { 0 };
        const struct xml_element *el;
        if (!vim_properties(s, &at, paths, deadline_ms, &a, &el, e))
            return false;
        if (!vim_object_read(vim_property(el, "parent"), &at))
            break;
        if (strcmp(at.type, "Datacenter") != 0)
            continue;
        *ret = at;
        return true;
    }
    return err_set(e, ERR_PEER, "the vCenter does not say which datacenter the datastore is in");
}

bool vim_datastore_read(struct vim_session *s, const struct vim_object *datastore, int64_t deadline_ms, struct arena *a,
                        struct vim_datastore *ret, struct err *e)
{
    static const char *const paths[] = { "name", "host", NULL };
    AUTO(arena_done) struct arena page = { 0 };
    const struct xml_element *el;
    struct vim_datastore d;
    if (!vim_properties(s, datastore, paths, deadline_ms, &page, &el, e))
        return false;
    const char *name = vim_property_text(el, "name");
    if (!name || strchr(name, ']'))
        return err_set(e, ERR_PEER, "the datastore has no name that a path could hold");
    d.name = arena_strdup(a, name);
    if (!find_host(s, vim_property(el, "host"), deadline_ms, &d.host, e) ||
        !find_datacenter(s, datastore, deadline_ms, &d.datacenter, e))
        return false;
    *ret = d;
    return true;
}

/* ---- paths ---- */

bool vim_datastore_path(const char *name, const char *file, char out[VIM_DATASTORE_PATH], struct err *e)
{
    int len = snprintf(out, VIM_DATASTORE_PATH, "[%s] %s", name, file);
    return (len > 0 && len < VIM_DATASTORE_PATH) || err_set(e, ERR_LIMIT, "a path on the datastore %s is too long", name);
}

const char *vim_datastore_file(const char *path)
{
    const char *end = path[0] == '[' ? strstr(path, "] ") : NULL;
    return end && end[2] ? end + 2 : NULL;
}

/* ---- folders and files ---- */

struct file_args {
    const char *path;
    const struct vim_object *datacenter;
    bool parents;
};

static void file_args(struct xml_writer *w, const void *ctx)
{
    const struct file_args *f = ctx;
    xml_leaf(w, "name", f->path);
    vim_object_write(w, "datacenter", f->datacenter);
    if (f->parents)
        xml_leaf_boolean(w, "createParentDirectories", true);
}

static bool call_file_manager(struct vim_session *s, const struct vim_method *what, int64_t deadline_ms, struct arena *a,
                              const struct xml_element **ret, struct vim_fault *fault, struct err *e)
{
    struct vim_method m = *what;
    struct vim_about about;
    if (!vim_session_about(s, deadline_ms, &about, e))
        return false;
    if (!about.file_manager.id[0])
        return err_set(e, ERR_PEER, "the server offers no file manager");
    m.on = &about.file_manager;
    return vim_session_call(s, &m, deadline_ms, a, ret, fault, e);
}

bool vim_datastore_folder(struct vim_session *s, const struct vim_object *datacenter, const char *path, int64_t deadline_ms,
                          struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct file_args args = { path, datacenter, true };
    struct vim_method m = { .name = "MakeDirectory", .args = file_args, .ctx = &args };
    const struct xml_element *answer;
    struct vim_fault fault = { 0 };
    return call_file_manager(s, &m, deadline_ms, &a, &answer, &fault, e) || vim_fault_is(&fault, "FileAlreadyExists") ||
           err_in(e, "making the folder %s", path);
}

bool vim_datastore_delete(struct vim_session *s, const struct vim_object *datacenter, const char *path, int64_t deadline_ms,
                          struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct file_args args = { path, datacenter, false };
    struct vim_method m = { .name = "DeleteDatastoreFile_Task", .args = file_args, .ctx = &args, .once = true };
    const struct xml_element *answer;
    struct vim_fault fault = { 0 };
    struct vim_object task;
    bool ok = call_file_manager(s, &m, deadline_ms, &a, &answer, &fault, e) &&
              (vim_object_read(xml_child(answer, VIM_NS, "returnval"), &task) ||
               err_set(e, ERR_PEER, "DeleteDatastoreFile_Task gave no task")) &&
              vim_task_wait(s, &task, NULL, deadline_ms, NULL, &fault, e);
    return ok || vim_fault_is(&fault, "FileNotFound") || err_in(e, "deleting %s", path);
}

/* ---- tickets ---- */

struct ticket_args {
    const char *method, *url;
};

static void ticket_args(struct xml_writer *w, const void *ctx)
{
    const struct ticket_args *t = ctx;
    xml_open(w, "spec");
    xml_attr(w, "xsi:type", "SessionManagerHttpServiceRequestSpec");
    xml_leaf(w, "method", t->method);
    xml_leaf(w, "url", t->url);
    xml_close(w);
}

static void add_print(struct vim_service_ticket *t, const char *print)
{
    if (print && print[0] && t->prints_len < ARRAY_LEN(t->prints))
        t->prints[t->prints_len++] = print;
}

bool vim_service_ticket(struct vim_session *s, enum vim_ticket_method method, const char *url, int64_t deadline_ms,
                        struct arena *a, struct vim_service_ticket *ret, struct err *e)
{
    static const char *const methods[] = { [VIM_TICKET_GET] = "httpGet", [VIM_TICKET_PUT] = "httpPut" };
    const struct ticket_args args = { methods[method], url };
    const struct xml_element *answer, *value, *p;
    struct vim_service_ticket t = { 0 };
    struct vim_about about;
    if (!vim_session_about(s, deadline_ms, &about, e))
        return false;
    const struct vim_method m = { .name = "AcquireGenericServiceTicket", .on = &about.session_manager, .args = ticket_args, .ctx = &args,
                                  .once = true };
    if (!vim_session_call(s, &m, deadline_ms, a, &answer, NULL, e))
        return err_in(e, "asking for a ticket");
    value = xml_child(answer, VIM_NS, "returnval");
    const char *id = xml_child_text(value, VIM_NS, "id");
    if (!id || !id[0] || strlen(id) >= VIM_TICKET_ID || id[strcspn(id, " ;,\"\\\t\r\n")])
        return err_set(e, ERR_PEER, "AcquireGenericServiceTicket was answered without a ticket that a cookie can hold");
    t.id = arena_strdup(a, id);
    add_print(&t, xml_child_text(value, VIM_NS, "sslThumbprint"));
    for (p = xml_child(value, VIM_NS, "certThumbprintList"); p; p = xml_next(p, VIM_NS, "certThumbprintList"))
        add_print(&t, xml_child_text(p, VIM_NS, "thumbprint"));
    *ret = t;
    return true;
}
