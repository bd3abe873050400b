#include "lab/store.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "lab/pass.h"
#include "lab/ticket.h"
#include "lab/vm_method.h"
#include "wire/url.h"

enum { DEPTH = 16, FOUND_MAX = 10000 };

/* ---- AcquireGenericServiceTicket ---- */

static const struct lab_endpoint *host_of(const struct lab_call *c, const struct url *u)
{
    char name[URL_HOST_TEXT];
    url_host_write(&u->host, u->host.port, name);
    struct lab_endpoint *ep = lab_endpoint_named(c->k.vc->at.estate, name);
    for (size_t i = 0; !ep && i < c->k.vc->hosts_len; i++) {
        char ip[16];
        lab_ip_text(c->k.vc->hosts[i].at.ip, ip);
        if (!strcmp(ip, name))
            ep = &c->k.vc->hosts[i].at;
    }
    return ep && ep->kind == LAB_HOST && ep->vcenter == c->k.vc ? ep : NULL;
}

static bool bad(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "InvalidArgument", arena_printf(c->k.arena, "A specified parameter was not correct: %s", name),
                         "invalidProperty", name);
}

bool lab_service_ticket(struct lab_call *c)
{
    static const char *const methods[][2] = { { "httpGet", "GET" }, { "httpPut", "PUT" }, { "httpHead", "HEAD" }, { "httpDelete", "DELETE" },
                                              { "httpPost", "POST" }, { "httpOptions", "OPTIONS" } };
    struct arena *a = c->k.arena;
    const struct xml_element *spec = lab_arg(c, "spec");
    const char *text = xml_child_text(spec, VIM_NS, "url"), *method = xml_child_text(spec, VIM_NS, "method"), *slash;
    struct lab_pass plan = { .method = "GET" };
    struct url u;
    char print[60];
    if (!spec || !spec->type || strcmp(spec->type, "SessionManagerHttpServiceRequestSpec") != 0 || !text)
        return bad(c, "spec");
    for (size_t i = 0; method && i < ARRAY_LEN(methods); i++)
        if (!strcmp(methods[i][0], method))
            (void)text_copy(plan.method, sizeof(plan.method), methods[i][1]);
    const struct lab_endpoint *host = url_parse(text, strlen(text), &u, NULL) ? host_of(c, &u) : NULL;
    slash = strstr(text, "//");
    slash = slash ? strchr(slash + 2, '/') : NULL;
    if (!host || !slash || !text_copy(plan.target, sizeof(plan.target), slash))
        return bad(c, "spec.url");
    plan.host = host->n;
    lab_said_thumbprint(&c->k.vc->hosts[host->n].at, print);
    struct lab_value *v = lab_struct(a, NULL, NULL, "SessionManagerGenericServiceTicket");
    (void)lab_string(a, v, "id", lab_pass_make(c->k.vc, &plan)->id);
    (void)lab_string(a, v, "hostName", host->name);
    if (print[0])
        (void)lab_string(a, v, "sslThumbprint", arena_strdup(a, print));
    if (c->k.api >= 800)
        (void)lab_string(a, v, "ticketType", "HttpServiceTicket");
    lab_value_bare(c->w, "returnval", v);
    return true;
}

/* ---- FileManager ---- */

static bool no_file(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "FileNotFound", arena_printf(c->k.arena, "File %s was not found", name), "file", name);
}

bool lab_make_directory(struct lab_call *c)
{
    const char *name = lab_arg_text(c, "name");
    char path[LAB_PATH_MAX], above[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    if (!name || !lab_store_file(&c->k, name, path, &e))
        return bad(c, "name");
    if (stat(path, &st) == 0)
        return lab_say_value(c, "FileAlreadyExists", "The directory exists", "file", name);
    char *slash = strrchr(path, '/');
    (void)snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
    const char *file;
    unsigned datastore;
    bool top = lab_datastore_path(&c->k, name, &datastore, &file) && !strchr(file, '/');
    if (!top && stat(above, &st) != 0 && !lab_arg_boolean(c, "createParentDirectories"))
        return no_file(c, name);
    if (lab_keep_folder(c->k.vc->at.estate->dir, path + strlen(c->k.vc->at.estate->dir) + 1, 0700, &e))
        return true;
    return lab_say(c, "CannotCreateFile", arena_strdup(c->k.arena, e.msg));
}

enum { DELETE_FILE, MOVE_FILE, COPY_FILE };

static enum lab_task_next file_fault(struct lab_task *t, const char *fault, const char *file)
{
    struct lab_value *f = lab_task_fault(t, fault, arena_printf(&t->arena, "%s: %s", fault, file ? file : ""));
    (void)lab_string(&t->arena, f, "file", file ? arena_strdup(&t->arena, file) : "");
    return LAB_TASK_FAILED;
}

static enum lab_task_next file_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    const struct xml_element *body = lab_vm_request(t, w);
    const struct lab_asking k = lab_task_asking(t);
    const char *from = xml_child_text(body, VIM_NS, w->what == DELETE_FILE ? "name" : "sourceName");
    const char *to = xml_child_text(body, VIM_NS, t->entity.mo == MO_FILE_MANAGER ? "destinationName" : "destName"); /* of a disk */
    char old[LAB_PATH_MAX], fresh[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    if (!from || !lab_store_file(&k, from, old, &e))
        return lab_task_bad_argument(t, "name");
    if (stat(old, &st) != 0)
        return file_fault(t, "FileNotFound", from);
    if (w->what == DELETE_FILE)
        return lab_store_remove(old, &e) ? LAB_TASK_DONE : lab_task_refuse(t, "CannotDeleteFile", e.msg);
    if (!to || !lab_store_file(&k, to, fresh, &e))
        return lab_task_bad_argument(t, "destinationName");
    if (stat(fresh, &st) == 0 && !lab_yes(xml_child(body, VIM_NS, "force")))
        return file_fault(t, "FileAlreadyExists", to);
    bool ok = lab_store_parents(t->vc->at.estate, fresh, &e) &&
              (w->what == MOVE_FILE ? rename(old, fresh) == 0 || err_sys(&e, ERR_STORE, errno, "moving %s", from)
                                    : lab_store_copy(old, fresh, &e));
    return ok ? LAB_TASK_DONE : lab_task_refuse(t, "CannotCreateFile", e.msg);
}

static bool file_task(struct lab_call *c, int what, const char *method, const char *description)
{
    struct lab_vm_work *w = lab_vm_work_make(c);
    w->what = what;
    const struct lab_task_plan plan = { method, description, c->self, false, file_step, lab_vm_work_free, w };
    return lab_task_start(c, &plan);
}

bool lab_delete_file(struct lab_call *c)
{
    return file_task(c, DELETE_FILE, "DeleteDatastoreFile_Task", "FileManager.deleteFile");
}

bool lab_move_file(struct lab_call *c)
{
    return file_task(c, MOVE_FILE, "MoveDatastoreFile_Task", "FileManager.moveFile");
}

bool lab_copy_file(struct lab_call *c)
{
    return file_task(c, COPY_FILE, "CopyDatastoreFile_Task", "FileManager.copyFile");
}

/* ---- HostDatastoreBrowser ---- */

struct search {
    struct lab_task *t;
    const struct xml_element *spec;
    unsigned datastore;
    bool deep;
    struct lab_value *all; /* of a search in folders: ArrayOfHostDatastoreBrowserSearchResults */
    int found;
};

static bool matches(const struct search *s, const char *name)
{
    const struct xml_element *p = xml_child(s->spec, VIM_NS, "matchPattern");
    if (!p)
        return true;
    for (; p; p = xml_next(p, VIM_NS, "matchPattern"))
        if (fnmatch(p->text, name, 0) == 0)
            return true;
    return false;
}

static const char *type_of(const char *name, const struct stat *st)
{
    const char *dot = strrchr(name, '.');
    if (S_ISDIR(st->st_mode))
        return "FolderFileInfo";
    return dot && !strcmp(dot, ".vmdk") ? "VmDiskFileInfo" : dot && !strcmp(dot, ".iso") ? "IsoImageFileInfo" : "FileInfo";
}

static void add_file(struct search *s, struct lab_value *files, const char *name, const struct stat *st)
{
    struct arena *a = &s->t->arena;
    const struct xml_element *d = xml_child(s->spec, VIM_NS, "details");
    struct lab_value *f = lab_poly(a, files, NULL, type_of(name, st));
    (void)lab_string(a, f, "path", arena_strdup(a, name));
    if (lab_yes(xml_child(d, VIM_NS, "fileSize")))
        (void)lab_long(a, f, "fileSize", (int64_t)st->st_size);
    if (lab_yes(xml_child(d, VIM_NS, "modification")))
        (void)lab_time(a, f, "modification", st->st_mtime);
    if (lab_yes(xml_child(d, VIM_NS, "fileOwner")))
        (void)lab_string(a, f, "owner", "root");
}

/* What stands between a folder's label and a name in it. */
static const char *between(const char *label)
{
    char last = label[strlen(label) - 1];
    return last == ']' ? " " : last == '/' || last == ' ' ? "" : "/";
}

/* One folder, and with deep those in it; NULL when it is not there. */
static struct lab_value *search(struct search *s, const char *path, const char *label, int depth)
{
    struct arena *a = &s->t->arena;
    const struct lab_asking k = lab_task_asking(s->t);
    const struct lab_object ds = { .mo = MO_DATASTORE, .n = s->datastore };
    char inner[LAB_PATH_MAX];
    struct stat st;
    DIR *d = opendir(path);
    if (!d && depth)
        return NULL;
    struct lab_value *r = s->deep ? lab_struct(a, s->all, "HostDatastoreBrowserSearchResults", "HostDatastoreBrowserSearchResults")
                                  : lab_poly(a, NULL, "result", "HostDatastoreBrowserSearchResults");
    (void)lab_ref(a, r, "datastore", "Datastore", lab_object_moid(&k, ds));
    (void)lab_string(a, r, "folderPath", arena_strdup(a, label));
    struct lab_value *files = lab_array(a, r, "file", "FileInfo");
    for (const struct dirent *it; d && (it = readdir(d)) && s->found < FOUND_MAX;) { /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        if (it->d_name[0] == '.' || strchr(it->d_name, '~') || snprintf(inner, sizeof(inner), "%s/%s", path, it->d_name) >= LAB_PATH_MAX ||
            stat(inner, &st) != 0)
            continue;
        if (matches(s, it->d_name)) {
            add_file(s, files, it->d_name, &st);
            s->found++;
        }
        if (s->deep && S_ISDIR(st.st_mode) && depth < DEPTH)
            (void)search(s, inner, arena_printf(a, "%s%s%s/", label, between(label), it->d_name), depth + 1);
    }
    if (d)
        (void)closedir(d);
    return r;
}

static enum lab_task_next search_step(struct lab_task *t, void *state)
{
    const struct lab_vm_work *w = state;
    const struct xml_element *body = lab_vm_request(t, w);
    const struct lab_asking k = lab_task_asking(t);
    const char *wanted = xml_child_text(body, VIM_NS, "datastorePath"), *file;
    char path[LAB_PATH_MAX];
    struct stat st;
    struct err e;
    struct search s = { .t = t, .spec = xml_child(body, VIM_NS, "searchSpec"), .deep = w->yes };
    if (!wanted || !lab_datastore_path(&k, wanted, &s.datastore, &file) || s.datastore != t->entity.n ||
        !lab_store_file(&k, wanted, path, &e))
        return lab_task_bad_argument(t, "datastorePath");
    if (*file && strcmp(file, ".") != 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
        return file_fault(t, "FileNotFound", wanted);
    if (s.deep)
        s.all = lab_poly(&t->arena, NULL, "result", "ArrayOfHostDatastoreBrowserSearchResults");
    struct lab_value *r = search(&s, path, wanted, 0);
    t->result = s.deep ? s.all : r;
    return LAB_TASK_DONE;
}

static bool search_task(struct lab_call *c, bool deep, const char *method, const char *description)
{
    if (c->self.mo != MO_DATASTORE_BROWSER)
        return lab_say_gone(c, c->self_moid);
    struct lab_vm_work *w = lab_vm_work_make(c);
    w->yes = deep;
    const struct lab_task_plan plan = { method, description, { .mo = MO_DATASTORE, .n = c->self.n }, false, search_step,
                                        lab_vm_work_free, w };
    return lab_task_start(c, &plan);
}

bool lab_search(struct lab_call *c)
{
    return search_task(c, false, "SearchDatastore_Task", "HostDatastoreBrowser.search");
}

bool lab_search_folders(struct lab_call *c)
{
    return search_task(c, true, "SearchDatastoreSubFolders_Task", "HostDatastoreBrowser.searchSubFolders");
}
