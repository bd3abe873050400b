#include "lab/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "lab/pass.h"
#include "lab/store.h"
#include "lab/vm_method.h"

struct lab_programs {
    struct lab_program *newest; /* owned */
    size_t len;
    unsigned next;
};

struct lab_programs *lab_programs_destroy(struct lab_programs *all)
{
    while (all && all->newest) {
        struct lab_program *gone = all->newest;
        all->newest = gone->next;
        free(gone);
    }
    free(all);
    return NULL;
}

json_t *lab_programs_report(const struct lab_vcenter *vc, unsigned vm)
{
    json_t *list = json_array();
    for (const struct lab_program *p = vc->programs ? vc->programs->newest : NULL; p; p = p->next)
        if (p->vm == vm)
            (void)json_array_append_new(list, json_pack("{s:i, s:s, s:s}", "pid", (int)p->pid, "path", p->path, "arguments", p->arguments));
    return list;
}

/* ---- who may ---- */

/* Its one account: the plan's, or what that is called in Windows, with the password that a customization gave it. */
static const char *account_name(const struct lab_vm *vm)
{
    return strncmp(vm->guest_id, "win", 3) ? vm->vc->plan->guest_user : "Administrator";
}

static const char *account_password(const struct lab_vm *vm)
{
    return vm->guest_password[0] ? vm->guest_password : vm->vc->plan->guest_password;
}

static bool same(const char *a, const char *b)
{
    return a && strlen(a) == strlen(b) && !CRYPTO_memcmp(a, b, strlen(b));
}

/* The machine, with tools that run and the right account; NULL after a fault. */
static const struct lab_vm *guest_of(struct lab_call *c)
{
    const char *moid = lab_arg_text(c, "vm");
    const struct xml_element *auth = lab_arg(c, "auth");
    struct lab_object o;
    if (!moid || !lab_object_find(&c->k, moid, &o) || o.mo != MO_VM) {
        (void)lab_say_gone(c, moid ? moid : "");
        return NULL;
    }
    const struct lab_vm *vm = lab_vm_look(&c->k, o.n);
    if (!vm->booted)
        (void)lab_say(c, "GuestOperationsUnavailable", "The guest operations agent could not be contacted.");
    else if (!auth || !auth->type || strcmp(auth->type, "NamePasswordAuthentication") != 0)
        (void)lab_say(c, "InvalidGuestLogin", "Only a name and a password are understood.");
    else if (!same(xml_child_text(auth, VIM_NS, "username"), account_name(vm)) ||
             !same(xml_child_text(auth, VIM_NS, "password"), account_password(vm)))
        (void)lab_say(c, "InvalidGuestLogin", "Failed to authenticate with the guest operating system using the supplied credentials.");
    else
        return vm;
    return NULL;
}

bool lab_guest_validate(struct lab_call *c)
{
    return guest_of(c);
}

static bool file_fault(struct lab_call *c, const char *fault, const char *file)
{
    return lab_say_value(c, fault, arena_printf(c->k.arena, "%s: %s", fault, file), "file", file);
}

/* The file that an argument names, under DIR; false after a fault. */
static bool file_of(struct lab_call *c, const struct lab_vm *vm, const char *argument, char path[LAB_PATH_MAX])
{
    const char *file = lab_arg_text(c, argument);
    struct err e;
    if (file && *file && lab_guest_path(vm, file, path, &e))
        return true;
    return lab_say_value(c, "InvalidArgument", arena_printf(c->k.arena, "A specified parameter was not correct: %s", argument),
                         "invalidProperty", argument);
}

/* ---- files over the host ---- */

static const char *transfer_url(struct lab_call *c, const struct lab_vm *vm, const struct lab_pass *plan)
{
    const struct lab_endpoint *host = &c->k.vc->hosts[vm->host].at;
    const struct lab_pass *p = lab_pass_make(c->k.vc, plan);
    return arena_printf(c->k.arena, "https://%s:%u/guestFile?id=%u&token=%s", host->name, host->estate->port, vm->n + 1, p->id);
}

static void plan_of(const struct lab_vm *vm, const char *method, struct lab_pass *ret)
{
    *ret = (struct lab_pass){ .guest = true, .host = vm->host, .vm = vm->n, .runs = vm->runs };
    (void)text_copy(ret->method, sizeof(ret->method), method);
}

bool lab_guest_upload(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    struct lab_pass plan;
    struct stat st;
    int64_t size;
    struct err e;
    if (!vm)
        return false;
    plan_of(vm, "PUT", &plan);
    if (!file_of(c, vm, "guestFilePath", plan.file))
        return false;
    if (!xml_integer(lab_arg(c, "fileSize"), 0, (int64_t)LAB_GUEST_FILE_MAX, &size))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: fileSize", "invalidProperty", "fileSize");
    if (stat(plan.file, &st) == 0 && S_ISDIR(st.st_mode))
        return file_fault(c, "NotAFile", lab_arg_text(c, "guestFilePath"));
    if (stat(plan.file, &st) == 0 && !lab_arg_boolean(c, "overwrite"))
        return file_fault(c, "FileAlreadyExists", lab_arg_text(c, "guestFilePath"));
    if (!lab_store_parents(c->k.vc->at.estate, plan.file, &e))
        return lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
    plan.size = (uint64_t)size;
    lab_value_bare(c->w, "returnval", lab_string(c->k.arena, NULL, NULL, transfer_url(c, vm, &plan)));
    return true;
}

static void attributes(struct arena *a, struct lab_value *in, const struct stat *st)
{
    struct lab_value *v = lab_poly(a, in, "attributes", "GuestPosixFileAttributes");
    (void)lab_time(a, v, "modificationTime", st->st_mtime);
    (void)lab_time(a, v, "accessTime", st->st_atime);
    (void)lab_int(a, v, "ownerId", 0);
    (void)lab_int(a, v, "groupId", 0);
    (void)lab_long(a, v, "permissions", S_ISDIR(st->st_mode) ? 0755 : 0644);
}

bool lab_guest_download(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    struct lab_pass plan;
    struct stat st;
    if (!vm)
        return false;
    plan_of(vm, "GET", &plan);
    if (!file_of(c, vm, "guestFilePath", plan.file))
        return false;
    if (stat(plan.file, &st) != 0)
        return file_fault(c, "FileNotFound", lab_arg_text(c, "guestFilePath"));
    if (!S_ISREG(st.st_mode))
        return file_fault(c, "NotAFile", lab_arg_text(c, "guestFilePath"));
    struct lab_value *v = lab_struct(c->k.arena, NULL, NULL, "FileTransferInformation");
    attributes(c->k.arena, v, &st);
    (void)lab_long(c->k.arena, v, "size", st.st_size);
    (void)lab_string(c->k.arena, v, "url", transfer_url(c, vm, &plan));
    lab_value_bare(c->w, "returnval", v);
    return true;
}

/* ---- files at once ---- */

bool lab_guest_mkdir(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    char path[LAB_PATH_MAX], above[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    if (!vm || !file_of(c, vm, "directoryPath", path))
        return false;
    if (stat(path, &st) == 0)
        return file_fault(c, "FileAlreadyExists", lab_arg_text(c, "directoryPath"));
    (void)snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
    bool top = !strcmp(strrchr(above, '/'), "/files");
    if (!top && stat(above, &st) != 0 && !lab_arg_boolean(c, "createParentDirectories"))
        return file_fault(c, "FileNotFound", lab_arg_text(c, "directoryPath"));
    const char *dir = c->k.vc->at.estate->dir;
    return lab_keep_folder(dir, path + strlen(dir) + 1, 0700, &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
}

static bool remove_in_guest(struct lab_call *c, const char *argument, bool folder)
{
    const struct lab_vm *vm = guest_of(c);
    char path[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    if (!vm || !file_of(c, vm, argument, path))
        return false;
    if (stat(path, &st) != 0)
        return file_fault(c, "FileNotFound", lab_arg_text(c, argument));
    if (S_ISDIR(st.st_mode) != folder)
        return file_fault(c, folder ? "NotADirectory" : "NotAFile", lab_arg_text(c, argument));
    if (folder && !lab_arg_boolean(c, "recursive"))
        return rmdir(path) == 0 || file_fault(c, "DirectoryNotEmpty", lab_arg_text(c, argument));
    return lab_store_remove(path, &e) || lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
}

bool lab_guest_delete_file(struct lab_call *c)
{
    return remove_in_guest(c, "filePath", false);
}

bool lab_guest_delete_folder(struct lab_call *c)
{
    return remove_in_guest(c, "directoryPath", true);
}

bool lab_guest_move(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    char from[LAB_PATH_MAX], to[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    if (!vm || !file_of(c, vm, "srcFilePath", from) || !file_of(c, vm, "dstFilePath", to))
        return false;
    if (stat(from, &st) != 0)
        return file_fault(c, "FileNotFound", lab_arg_text(c, "srcFilePath"));
    if (stat(to, &st) == 0 && !lab_arg_boolean(c, "overwrite"))
        return file_fault(c, "FileAlreadyExists", lab_arg_text(c, "dstFilePath"));
    if (!lab_store_parents(c->k.vc->at.estate, to, &e) || (rename(from, to) != 0 && !err_sys(&e, ERR_STORE, errno, "moving it")))
        return lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
    return true;
}

static void listed(struct arena *a, struct lab_value *list, const char *name, const struct stat *st)
{
    struct lab_value *f = lab_struct(a, list, NULL, "GuestFileInfo");
    (void)lab_string(a, f, "path", arena_strdup(a, name));
    (void)lab_string(a, f, "type", S_ISDIR(st->st_mode) ? "directory" : "file");
    (void)lab_long(a, f, "size", st->st_size);
    attributes(a, f, st);
}

bool lab_guest_list(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    struct arena *a = c->k.arena;
    const char *pattern = lab_arg_text(c, "matchPattern");
    char path[LAB_PATH_MAX], inner[LAB_PATH_MAX];
    struct stat st;
    int found = 0, remaining = 0;
    if (!vm || !file_of(c, vm, "filePath", path))
        return false;
    if (stat(path, &st) != 0)
        return file_fault(c, "FileNotFound", lab_arg_text(c, "filePath"));
    struct lab_value *v = lab_struct(a, NULL, NULL, "GuestListFileInfo"), *list = lab_array(a, v, "files", "GuestFileInfo");
    DIR *d = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    if (!d)
        listed(a, list, lab_arg_text(c, "filePath"), &st);
    for (const struct dirent *it; d && (it = readdir(d));) { /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        if (!strcmp(it->d_name, ".") || !strcmp(it->d_name, "..") || (pattern && *pattern && fnmatch(pattern, it->d_name, 0) != 0) ||
            snprintf(inner, sizeof(inner), "%s/%s", path, it->d_name) >= LAB_PATH_MAX || stat(inner, &st) != 0)
            continue;
        if (found++ < LAB_GUEST_LISTED)
            listed(a, list, it->d_name, &st);
        else
            remaining++;
    }
    if (d)
        (void)closedir(d);
    (void)lab_int(a, v, "remaining", remaining);
    lab_value_bare(c->w, "returnval", v);
    return true;
}

static bool temporary(struct lab_call *c, bool folder)
{
    const struct lab_vm *vm = guest_of(c);
    const char *prefix = lab_arg_text(c, "prefix"), *suffix = lab_arg_text(c, "suffix"), *in = lab_arg_text(c, "directoryPath");
    char id[RANDOM_UUID], path[LAB_PATH_MAX];
    struct err e;
    if (!vm)
        return false;
    random_uuid(id);
    const char *name = arena_printf(c->k.arena, "%s/%s%.8s%s", in && *in ? in : "/tmp", prefix ? prefix : "", id, suffix ? suffix : "");
    if (!lab_guest_path(vm, name, path, &e))
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: prefix", "invalidProperty", "prefix");
    const char *dir = c->k.vc->at.estate->dir;
    if (folder ? !lab_keep_folder(dir, path + strlen(dir) + 1, 0700, &e)
               : !lab_store_parents(c->k.vc->at.estate, path, &e) || !lab_keep_write(dir, path + strlen(dir) + 1, "", 0, 0600, &e))
        return lab_say(c, "FileFault", arena_strdup(c->k.arena, e.msg));
    lab_value_bare(c->w, "returnval", lab_string(c->k.arena, NULL, NULL, name));
    return true;
}

bool lab_guest_temporary_file(struct lab_call *c)
{
    return temporary(c, false);
}

bool lab_guest_temporary_folder(struct lab_call *c)
{
    return temporary(c, true);
}

/* ---- programs ---- */

bool lab_guest_start(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    const struct xml_element *spec = lab_arg(c, "spec");
    const char *path = xml_child_text(spec, VIM_NS, "programPath"), *arguments = xml_child_text(spec, VIM_NS, "arguments");
    struct lab_vcenter *vc = c->k.vc;
    if (!vm)
        return false;
    struct lab_program *p = xcalloc(1, sizeof(*p));
    if (!path || !*path || !text_copy(p->path, sizeof(p->path), path) ||
        !text_copy(p->arguments, sizeof(p->arguments), arguments ? arguments : "")) {
        free(p);
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: spec", "invalidProperty", "spec");
    }
    if (!vc->programs)
        vc->programs = xcalloc(1, sizeof(*vc->programs));
    p->vm = vm->n;
    p->runs = vm->runs;
    const unsigned pid = 1000 + vc->programs->next++;
    p->pid = pid;
    p->at = c->k.now;
    p->next = vc->programs->newest;
    vc->programs->newest = p;
    struct lab_program **at = &vc->programs->newest;
    if (++vc->programs->len > LAB_PROGRAMS_MAX) {
        while ((*at)->next)
            at = &(*at)->next;
        free(*at);
        *at = NULL;
        vc->programs->len--;
    }
    lab_value_bare(c->w, "returnval", lab_long(c->k.arena, NULL, NULL, pid));
    return true;
}

static bool wanted_pid(const struct lab_call *c, unsigned pid)
{
    const struct xml_element *p = lab_arg(c, "pids");
    int64_t n;
    for (const struct xml_element *it = p; it; it = xml_next(it, VIM_NS, "pids"))
        if (xml_integer(it, 0, UINT32_MAX, &n) && n == pid)
            return true;
    return !p;
}

/* extraConfig vsphere-lab.program: "stays", or the code that programs end with; else that is 0. */
static bool stays(const struct lab_vm *vm)
{
    const char *wanted = lab_vm_extra(vm, "vsphere-lab.program");
    return wanted && !strcmp(wanted, "stays");
}

static int exit_code(const struct lab_vm *vm)
{
    const char *wanted = lab_vm_extra(vm, "vsphere-lab.program");
    uint64_t code;
    return wanted && text_number(wanted, 0, 255, &code) ? (int)code : 0;
}

bool lab_guest_processes(struct lab_call *c)
{
    const struct lab_vm *vm = guest_of(c);
    struct arena *a = c->k.arena;
    if (!vm)
        return false;
    for (const struct lab_program *p = c->k.vc->programs ? c->k.vc->programs->newest : NULL; p; p = p->next) {
        if (p->vm != vm->n || p->runs != vm->runs || !wanted_pid(c, p->pid))
            continue;
        const char *slash = strrchr(p->path, '/');
        struct lab_value *v = lab_struct(a, NULL, NULL, "GuestProcessInfo");
        (void)lab_string(a, v, "name", slash ? slash + 1 : p->path);
        (void)lab_long(a, v, "pid", p->pid);
        (void)lab_string(a, v, "owner", account_name(vm));
        (void)lab_string(a, v, "cmdLine", arena_printf(a, "%s %s", p->path, p->arguments));
        (void)lab_time(a, v, "startTime", p->at);
        if (!stays(vm)) {
            (void)lab_time(a, v, "endTime", p->at);
            (void)lab_int(a, v, "exitCode", exit_code(vm));
        }
        lab_value_bare(c->w, "returnval", v);
    }
    return true;
}

bool lab_guest_terminate(struct lab_call *c)
{
    const char *pid = lab_arg_text(c, "pid");
    return guest_of(c) && lab_say_value(c, "GuestProcessNotFound", "The process has ended already", "pid", pid ? pid : "");
}
