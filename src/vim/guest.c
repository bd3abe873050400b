#include "vim/guest.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"
#include "vim/property.h"
#include "wire/xml.h"

/* What a call says: the machine, the account, and what else it is about. */
struct asked {
    const struct vim_guest *guest;
    struct vim_object vm;
    const struct vim_guest_file *file;
    const char *path, *arguments; /* of a program or a file */
    int64_t pid;
};

static bool asked_of(const struct vim_guest *g, struct asked *ret, struct err *e)
{
    *ret = (struct asked){ .guest = g, .vm = { .type = "VirtualMachine" } };
    return text_copy(ret->vm.id, sizeof(ret->vm.id), g->moref) ||
           err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
}

static void write_who(struct xml_writer *w, const struct asked *q)
{
    const struct secret *password = q->guest->password;
    vim_object_write(w, "vm", &q->vm);
    xml_open(w, "auth");
    xml_attr(w, "xsi:type", "NamePasswordAuthentication");
    xml_leaf_boolean(w, "interactiveSession", false);
    xml_leaf(w, "username", q->guest->user);
    xml_open(w, "password");
    xml_text_n(w, (const char *)password->bytes, password->len);
    xml_close(w);
    xml_close(w);
}

/* The manager of files or of processes, as the vCenter's manager of guests names it. */
static bool find_manager(struct vim_session *s, const char *which, int64_t deadline_ms, struct vim_object *ret, struct err *e)
{
    const char *const paths[] = { which, NULL };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *el;
    struct vim_about about;
    if (!vim_session_login(s, deadline_ms, e) || !vim_session_about(s, deadline_ms, &about, e))
        return false;
    if (!about.guest_operations.id[0])
        return err_set(e, ERR_NOT_FOUND, "%s offers nothing in guests", vim_endpoint_name(vim_session_endpoint(s)));
    return vim_properties(s, &about.guest_operations, paths, deadline_ms, &a, &el, e) &&
           (vim_object_read(vim_property(el, which), ret) || err_set(e, ERR_PEER, "the vCenter Server names no %s of guests", which));
}

struct errand {
    const char *method, *manager;
    void (*args)(struct xml_writer *w, const void *ctx);
};

/* A fault's text is the server's, which has just read the password: only its type is repeated. */
static bool refused(const struct errand *what, const struct asked *q, const struct vim_fault *f, struct err *e)
{
    if (vim_fault_is(f, "InvalidGuestLogin"))
        return err_set(e, ERR_DENIED, "the guest refuses the account %s with this password", q->guest->user);
    if (vim_fault_is(f, "GuestOperationsUnavailable"))
        return err_set(e, ERR_PEER, "the guest's VMware Tools do not answer");
    return err_set(e, vim_fault_kind(f->type), "%s: %s", what->method, f->type);
}

static bool run(const struct errand *what, const struct asked *q, int64_t deadline_ms, struct arena *a,
                const struct xml_element **ret, struct err *e)
{
    struct vim_object manager;
    struct vim_fault fault = { 0 };
    struct vim_session *s = q->guest->session;
    const struct vim_method m = { .name = what->method, .on = &manager, .args = what->args, .ctx = q, .once = true };
    if (!find_manager(s, what->manager, deadline_ms, &manager, e))
        return false;
    return vim_session_call(s, &m, deadline_ms, a, ret, &fault, e) || (fault.type[0] ? refused(what, q, &fault, e) : false);
}

bool vim_guest_ready(struct vim_session *s, const char *moref, int64_t deadline_ms, bool *ret_ready, struct err *e)
{
    static const char *const paths[] = { "guest.guestOperationsReady", NULL };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *el, *val;
    struct vim_object vm = { .type = "VirtualMachine" };
    bool ready = false;
    if (!text_copy(vm.id, sizeof(vm.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    if (!vim_properties(s, &vm, paths, deadline_ms, &a, &el, e))
        return false;
    val = vim_property(el, "guest.guestOperationsReady");
    *ret_ready = val && xml_boolean(val, &ready) && ready;
    return true;
}

/* ---- files ---- */

static void upload_args(struct xml_writer *w, const void *ctx)
{
    const struct asked *q = ctx;
    const struct vim_guest_file *f = q->file;
    write_who(w, q);
    xml_leaf(w, "guestFilePath", f->path);
    xml_open(w, "fileAttributes");
    xml_attr(w, "xsi:type", f->windows ? "GuestWindowsFileAttributes" : "GuestPosixFileAttributes");
    if (!f->windows)
        xml_leaf_integer(w, "permissions", f->mode);
    xml_close(w);
    xml_leaf_integer(w, "fileSize", f->size);
    xml_leaf_boolean(w, "overwrite", true);
}

bool vim_guest_upload(const struct vim_guest *g, const struct vim_guest_file *f, int64_t deadline_ms, struct arena *a,
                      const char **ret_url, struct err *e)
{
    static const struct errand what = { "InitiateFileTransferToGuest", "fileManager", upload_args };
    const struct xml_element *answer;
    struct asked q;
    if (!asked_of(g, &q, e))
        return false;
    q.file = f;
    if (!run(&what, &q, deadline_ms, a, &answer, e))
        return false;
    const char *url = xml_child_text(answer, VIM_NS, "returnval");
    if (!url || !url[0] || strlen(url) >= VIM_GUEST_URL)
        return err_set(e, ERR_PEER, "InitiateFileTransferToGuest gave no URL that can be used");
    *ret_url = url;
    return true;
}

static void remove_args(struct xml_writer *w, const void *ctx)
{
    const struct asked *q = ctx;
    write_who(w, q);
    xml_leaf(w, "filePath", q->path);
}

bool vim_guest_remove(const struct vim_guest *g, const char *path, int64_t deadline_ms, struct err *e)
{
    static const struct errand what = { "DeleteFileInGuest", "fileManager", remove_args };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct asked q;
    if (!asked_of(g, &q, e))
        return false;
    q.path = path;
    return run(&what, &q, deadline_ms, &a, &answer, e);
}

/* ---- programs ---- */

static void start_args(struct xml_writer *w, const void *ctx)
{
    const struct asked *q = ctx;
    write_who(w, q);
    xml_open(w, "spec");
    xml_leaf(w, "programPath", q->path);
    xml_leaf(w, "arguments", q->arguments);
    xml_close(w);
}

bool vim_guest_start(const struct vim_guest *g, const char *program, const char *arguments, int64_t deadline_ms, int64_t *ret_pid,
                     struct err *e)
{
    static const struct errand what = { "StartProgramInGuest", "processManager", start_args };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer, *pid;
    struct asked q;
    if (!asked_of(g, &q, e))
        return false;
    q.path = program;
    q.arguments = arguments;
    if (!run(&what, &q, deadline_ms, &a, &answer, e))
        return false;
    pid = xml_child(answer, VIM_NS, "returnval");
    return (pid && xml_integer(pid, 1, INT64_MAX, ret_pid)) || err_set(e, ERR_PEER, "StartProgramInGuest gave no process id");
}

static void ask_args(struct xml_writer *w, const void *ctx)
{
    const struct asked *q = ctx;
    write_who(w, q);
    xml_leaf_integer(w, "pids", q->pid);
}

bool vim_guest_ask(const struct vim_guest *g, int64_t pid, int64_t deadline_ms, struct vim_guest_process *ret, struct err *e)
{
    static const struct errand what = { "ListProcessesInGuest", "processManager", ask_args };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_guest_process found = { 0 };
    struct asked q;
    if (!asked_of(g, &q, e))
        return false;
    q.pid = pid;
    if (!run(&what, &q, deadline_ms, &a, &answer, e))
        return false;
    for (const struct xml_element *p = xml_child(answer, VIM_NS, "returnval"); p; p = xml_next(p, VIM_NS, "returnval")) {
        const struct xml_element *id = xml_child(p, VIM_NS, "pid"), *code = xml_child(p, VIM_NS, "exitCode");
        int64_t number;
        if (!id || !xml_integer(id, 0, INT64_MAX, &number) || number != pid)
            continue; /* some tools list all of them */
        found.known = true;
        found.ended = code && xml_integer(code, INT32_MIN, UINT32_MAX, &found.code); /* there once it has ended */
    }
    *ret = found;
    return true;
}
