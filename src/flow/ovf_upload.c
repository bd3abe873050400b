#include "flow/ovf_upload.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/catalog_room.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/ovf_archive.h"
#include "flow/ovf_upload_parts.h"
#include "flow/vdc.h"
#include "gate/upload.h"
#include "store/record.h"
#include "store/store.h"
#include "store/words.h"

/* ---- the live half ---- */

struct ovf_upload *ovf_upload_ref(struct ovf_upload *u)
{
    (void)pthread_mutex_lock(&u->lock);
    u->refs++;
    (void)pthread_mutex_unlock(&u->lock);
    return u;
}

static void free_file(struct ovf_upload_file *f)
{
    for (size_t i = 0; i < OVF_UPLOAD_DIGESTS; i++)
        f->digests[i] = digest_destroy(f->digests[i]);
    (void)gate_upload_unref(f->way);
    free(f->name);
}

struct ovf_upload *ovf_upload_unref(struct ovf_upload *u)
{
    (void)pthread_mutex_lock(&u->lock);
    bool last = --u->refs == 0;
    (void)pthread_mutex_unlock(&u->lock);
    if (!last)
        return NULL;
    for (size_t i = 0; i < u->files_len; i++)
        free_file(&u->files[i]);
    free(u->files);
    free(u->descriptor);
    free(u->manifest);
    (void)pthread_mutex_destroy(&u->lock);
    free(u);
    return NULL;
}

void ovf_upload_wake(struct ovf_upload *u)
{
    char task[STORE_ID_MAX + 1];
    (void)pthread_mutex_lock(&u->lock);
    (void)text_copy(task, sizeof(task), u->task);
    (void)pthread_mutex_unlock(&u->lock);
    task_resume(u->site, task);
}

void ovf_upload_fail(struct ovf_upload *u, const struct err *why)
{
    (void)pthread_mutex_lock(&u->lock);
    if (u->failed.kind == ERR_NONE)
        u->failed = *why;
    ovf_archive_tell(u);
    (void)pthread_mutex_unlock(&u->lock);
    ovf_upload_wake(u);
}

void ovf_upload_over(struct ovf_upload *u, const struct err *why)
{
    (void)pthread_mutex_lock(&u->lock);
    u->phase = OVF_UPLOAD_OVER;
    if (u->failed.kind == ERR_NONE)
        u->failed = *why;
    ovf_archive_tell(u);
    (void)pthread_mutex_unlock(&u->lock);
}

int ovf_upload_percent(struct ovf_upload *u)
{
    uint64_t done = 0, size = 0;
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->files_len; i++) {
        const struct ovf_upload_file *f = &u->files[i];
        size += f->size > 0 ? (uint64_t)f->size : 0;
        done += f->way && f->size > 0 ? gate_upload_bytes(f->way) : 0;
    }
    (void)pthread_mutex_unlock(&u->lock);
    return size && done < size ? (int)(done * 100 / size) : size ? 99 : 0;
}

/* ---- requests ---- */

static struct ovf_upload_file *find_file(struct ovf_upload *u, const char *name)
{
    for (size_t i = 0; i < u->files_len; i++)
        if (strcmp(u->files[i].name, name) == 0)
            return &u->files[i];
    return NULL;
}

static bool over(const struct ovf_upload *u, struct err *e)
{
    return u->failed.kind != ERR_NONE ? err_set(e, ERR_CONFLICT, "this upload has ended: %s", u->failed.msg)
                                      : err_set(e, ERR_CONFLICT, "this upload has ended");
}

/* Under the lock. An archive comes instead of everything else. */
static bool decide_archive(struct ovf_upload *u, const struct transfer_request *rq, struct transfer_way *ret, struct err *e)
{
    if (u->phase != OVF_UPLOAD_EMPTY || u->archived != OVF_ARCHIVE_NONE)
        return err_set(e, ERR_CONFLICT, "the descriptor has come already: an archive can't come any more");
    *ret = (struct transfer_way){ .how = TRANSFER_STREAM };
    if (!rq->part)
        ovf_archive_begin(u, rq->reply, &ret->onward);
    return true;
}

/* Under the lock. */
static bool decide(struct ovf_upload *u, const struct transfer_request *rq, struct transfer_way *ret, struct err *e)
{
    const char *name = rq->name;
    bool descriptor = strcmp(name, OVF_DESCRIPTOR) == 0;
    if (u->phase == OVF_UPLOAD_OVER || u->failed.kind != ERR_NONE)
        return over(u, e);
    if (strcmp(name, OVF_ARCHIVE) == 0)
        return decide_archive(u, rq, ret, e);
    if (u->archived != OVF_ARCHIVE_NONE)
        return err_set(e, ERR_CONFLICT, "this upload comes as one archive");
    if (descriptor || (u->manifest_wanted && strcmp(name, OVF_MANIFEST) == 0)) {
        *ret = (struct transfer_way){ .how = TRANSFER_GATHER, .max = descriptor ? OVF_DESCRIPTOR_MAX : OVF_MANIFEST_MAX };
        return true;
    }
    const struct ovf_upload_file *f = find_file(u, name);
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "this transfer has no file of that name");
    if (!f->way)
        return err_set(e, ERR_CONFLICT, "the vCenter Server has not said yet where this file goes: try again in a moment");
    *ret = (struct transfer_way){ .how = TRANSFER_RELAY, .upload = gate_upload_ref(f->way) };
    return true;
}

static bool admit(void *own, const struct site *site, const struct caller *c, const struct transfer *t,
                  const struct transfer_request *rq, struct transfer_way *ret, struct err *e)
{
    struct ovf_upload *u = own;
    (void)site;
    (void)t;
    if (!caller_may(c, RIGHT_CATALOG_UPLOAD))
        return err_set(e, ERR_DENIED, "this user may not upload");
    (void)pthread_mutex_lock(&u->lock);
    bool ok = decide(u, rq, ret, e);
    (void)pthread_mutex_unlock(&u->lock);
    return ok;
}

/* The same again is fine: the answer to the first may have been lost. */
static bool keep_text(char **text, size_t *len, const void *data, size_t data_len, struct err *e)
{
    if (*text)
        return (*len == data_len && memcmp(*text, data, data_len) == 0) ||
               err_set(e, ERR_CONFLICT, "another one was uploaded before");
    *text = xcalloc(1, data_len + 1);
    if (data_len)
        memcpy(*text, data, data_len);
    *len = data_len;
    return true;
}

/* Under the lock. */
static void take_files(struct ovf_upload *u, const struct ovf_package *p)
{
    u->files = xcalloc(p->files_len + 1, sizeof(*u->files));
    u->files_len = p->files_len;
    for (size_t i = 0; i < p->files_len; i++) {
        u->files[i].name = xstrdup(p->files[i].href);
        u->files[i].size = p->files[i].size;
    }
    u->phase = OVF_UPLOAD_DESCRIBED;
}

static bool gathered_descriptor(struct ovf_upload *u, const void *data, size_t len, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_package p;
    struct ovf_machines m;
    if (!ovf_parse(data, len, &a, &p, e) || !ovf_machines(data, len, &a, &m, e))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    bool fresh = u->phase == OVF_UPLOAD_EMPTY;
    bool ok = keep_text(&u->descriptor, &u->descriptor_len, data, len, e);
    if (ok && fresh)
        take_files(u, &p);
    (void)pthread_mutex_unlock(&u->lock);
    return ok;
}

static bool gathered_manifest(struct ovf_upload *u, const void *data, size_t len, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_sum *sums;
    size_t n;
    if (!ovf_manifest_parse(data, len, &a, &sums, &n, e))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    bool ok = keep_text(&u->manifest, &u->manifest_len, data, len, e);
    (void)pthread_mutex_unlock(&u->lock);
    return ok;
}

bool ovf_upload_describe(struct ovf_upload *u, const struct ovf_upload_text *descriptor, const struct ovf_upload_text *manifest, struct err *e)
{
    (void)pthread_mutex_lock(&u->lock);
    bool missing = u->manifest_wanted && !manifest;
    u->manifest_wanted |= manifest != NULL;
    (void)pthread_mutex_unlock(&u->lock);
    if (missing)
        return err_set(e, ERR_INPUT, "the manifest that was announced is not in the archive");
    if ((manifest && !gathered_manifest(u, manifest->data, manifest->len, e)) ||
        !gathered_descriptor(u, descriptor->data, descriptor->len, e))
        return false;
    ovf_upload_wake(u);
    return true;
}

/* Its head was admitted; meanwhile an archive may have begun. */
static bool may_gather(struct ovf_upload *u, struct err *e)
{
    (void)pthread_mutex_lock(&u->lock);
    bool ok = u->archived == OVF_ARCHIVE_NONE;
    (void)pthread_mutex_unlock(&u->lock);
    return ok || err_set(e, ERR_CONFLICT, "this upload comes as one archive");
}

/* A descriptor that can't be taken ends the upload: the client that sent it reads why at once and in the task. */
static bool gathered(void *own, const struct site *site, const struct transfer *t, const char *name, const void *data, size_t len,
                     struct err *e)
{
    struct ovf_upload *u = own;
    bool descriptor = strcmp(name, OVF_DESCRIPTOR) == 0;
    (void)site;
    (void)t;
    bool ok = may_gather(u, e) && (descriptor ? gathered_descriptor(u, data, len, e) : gathered_manifest(u, data, len, e));
    if (!ok && e->kind != ERR_CONFLICT)
        ovf_upload_fail(u, e);
    else
        ovf_upload_wake(u);
    return ok;
}

static int64_t done(void *own, const char *name)
{
    struct ovf_upload *u = own;
    (void)pthread_mutex_lock(&u->lock);
    const struct ovf_upload_file *f = find_file(u, name);
    int64_t n = f && f->way                       ? (int64_t)gate_upload_bytes(f->way)
                : strcmp(name, OVF_DESCRIPTOR) == 0 ? (int64_t)u->descriptor_len
                : strcmp(name, OVF_MANIFEST) == 0   ? (int64_t)u->manifest_len
                                                    : 0;
    (void)pthread_mutex_unlock(&u->lock);
    return n;
}

static void tick(void *own, const struct site *site, int64_t now_ms)
{
    struct ovf_upload *u = own;
    (void)pthread_mutex_lock(&u->lock);
    bool coming = u->archive != NULL;
    (void)pthread_mutex_unlock(&u->lock);
    if (coming) /* in one request, however long it takes */
        transfer_touch(site, u->id);
    ovf_upload_renew(u, now_ms);
}

static void idle(void *own, const struct site *site)
{
    struct err why;
    int64_t ms = site->transfer_idle_ms ? site->transfer_idle_ms : TRANSFER_IDLE_MS;
    (void)err_set(&why, ERR_TIMEOUT, "nothing was sent for %lld seconds", (long long)(ms / 1000));
    ovf_upload_fail(own, &why);
}

/* A file that nobody brought yet holds its upload, and is held by it: the cell that ends lets go of both. */
static void destroy(void *own)
{
    ovf_upload_stop_ways(own);
    (void)ovf_upload_unref(own);
}

const struct transfer_ops ovf_upload_ops = { admit, gathered, done, tick, idle, destroy };

/* ---- beginning ---- */

static bool gone(bool removed, const struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

/* Records of what is about to come, in one transaction; texts of n and k. */
struct beginning {
    struct catalog catalog;
    struct vdc vdc;
    struct template template;
    struct catalog_item item;
    struct transfer transfer;
    struct transfer_file files[2];
};

static void fill(struct beginning *b, const struct caller *c, const struct ovf_upload_new *n, struct arena *a)
{
    int64_t now = clock_wall_ms();
    const char *uuid = strrchr(kept_urn("transfer", a), ':') + 1, *template = kept_urn("vapptemplate", a), *item = kept_urn("catalogitem", a);
    b->template = (struct template){ .urn = template, .name = n->name, .description = n->description, .catalog = n->catalog,
                                     .item = item, .org = b->catalog.org, .vdc = b->vdc.urn, .user = c->user,
                                     .user_name = c->user_name, .status = CATALOG_UNRESOLVED, .made_ms = now };
    b->item = (struct catalog_item){ .urn = item, .name = n->name, .description = n->description, .catalog = n->catalog,
                                     .org = b->catalog.org, .entity = template, .made_ms = now };
    b->files[0] = (struct transfer_file){ .name = OVF_DESCRIPTOR, .size = -1 };
    b->transfer = (struct transfer){ .id = uuid, .what = TRANSFER_TEMPLATE_UP, .org = b->catalog.org, .entity = template, .task = "",
                                     .files = b->files, .files_len = 1, .made_ms = now };
}

static bool keep(const struct site *site, const struct caller *c, const struct ovf_upload_new *n, struct arena *a, struct beginning *b,
                 struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = { c->who, c->from, "upload", clock_wall_ms() };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !catalog_get(l.store, c, n->catalog, a, &b->catalog, e) ||
        !catalog_vdc(l.store, b->catalog.org, n->profile, a, &b->vdc, e) || !catalog_replace_failed(l.store, n->catalog, n->name, e))
        return false;
    fill(b, c, n, a);
    return catalog_item_put(l.store, &b->item, e) && template_put(l.store, &b->template, e) && transfer_put(l.store, &b->transfer, e) &&
           kept_audit(l.store, &by, "template.upload", b->template.urn, e, "Upload of the template %s into the catalog %s began", n->name,
                      b->catalog.name) &&
           store_commit(l.store, e);
}

static void take_back(const struct site *site, const struct beginning *b)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    transfer_close(site, b->transfer.id);
    (void)!(loan_begin(site->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e) && transfer_drop(l.store, b->transfer.id, &e) &&
            gone(store_record_remove(l.store, "vapptemplate", b->template.urn, &e), &e) &&
            gone(store_record_remove(l.store, "catalog-item", b->item.urn, &e), &e) && store_commit(l.store, &e));
}

static struct ovf_upload *make_live(const struct site *site, const struct caller *c, const struct ovf_upload_new *n, const struct beginning *b)
{
    struct ovf_upload *u = xcalloc(1, sizeof(*u));
    u->site = site;
    u->refs = 1;
    u->manifest_wanted = n->manifest;
    (void)pthread_mutex_init(&u->lock, NULL);
    (void)text_copy(u->id, sizeof(u->id), b->transfer.id);
    (void)text_copy(u->org, sizeof(u->org), b->catalog.org);
    (void)text_copy(u->name, sizeof(u->name), n->name);
    (void)text_copy(u->user, sizeof(u->user), c->who);
    return u;
}

/* The task's URN, known when it was started, goes to the record as well: how a removal finds it. */
static bool keep_task(const struct site *site, const struct beginning *b, const char *task, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct transfer transfer = b->transfer;
    struct template template = b->template;
    transfer.task = template.task = task;
    return loan_begin(site->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) && transfer_put(l.store, &transfer, e) &&
           template_put(l.store, &template, e) && store_commit(l.store, e);
}

static bool start_task(const struct site *site, const struct caller *c, const struct ovf_upload_new *n, const struct beginning *b, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    char task[STORE_ID_MAX + 1];
    json_t *data = json_pack("{s:s, s:s, s:s, s:b}", "transfer", b->transfer.id, "vdc", b->vdc.urn, "item", b->item.urn, "manifest", n->manifest);
    const struct task_new t = { .operation = arena_printf(&a, "Importing vApp template %s", n->name), .operation_name = "vdcUploadOvfContents",
                                .owner_urn = b->template.urn, .owner_name = n->name, .owner_type = TEMPLATE_TYPE, .shared = true,
                                .kind = &ovf_upload_kind, .data = data };
    bool ok = task_start(site, c, &t, task, e);
    json_decref(data);
    return ok && keep_task(site, b, task, e);
}

bool ovf_upload_start(const struct site *site, const struct caller *c, const struct ovf_upload_new *n, char ret_item[STORE_ID_MAX + 1],
                  struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct beginning b = { 0 };
    if (!store_take_text("name", STORE_LINE, n->name, CATALOG_NAME_MAX, e) ||
        !store_take_text("Description", STORE_PROSE, n->description, CATALOG_TEXT_MAX, e) || !keep(site, c, n, &a, &b, e))
        return false;
    struct ovf_upload *u = make_live(site, c, n, &b);
    bool open = transfer_open(site, b.transfer.id, &ovf_upload_ops, u, e);
    if (!open)
        (void)ovf_upload_unref(u);
    if (!open || !start_task(site, c, n, &b, e)) {
        take_back(site, &b);
        return false;
    }
    (void)text_copy(ret_item, STORE_ID_MAX + 1, b.item.urn);
    return true;
}
