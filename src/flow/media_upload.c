#include "flow/media_upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/catalog_room.h"
#include "flow/evidence.h"
#include "flow/host_file.h"
#include "flow/host_target.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/media_upload_parts.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "gate/upload.h"
#include "store/record.h"
#include "store/store.h"
#include "store/words.h"

static const char feature[] = "Media upload";

/* ---- the live half ---- */

struct media_upload *media_upload_unref(struct media_upload *u)
{
    (void)pthread_mutex_lock(&u->lock);
    bool last = --u->refs == 0;
    (void)pthread_mutex_unlock(&u->lock);
    if (!last)
        return NULL;
    (void)gate_upload_unref(u->way);
    (void)pthread_cond_destroy(&u->changed);
    (void)pthread_mutex_destroy(&u->lock);
    free(u);
    return NULL;
}

void media_upload_wake(struct media_upload *u)
{
    char task[STORE_ID_MAX + 1];
    (void)pthread_mutex_lock(&u->lock);
    (void)text_copy(task, sizeof(task), u->task);
    (void)pthread_mutex_unlock(&u->lock);
    task_resume(u->site, task);
}

void media_upload_stop(struct media_upload *u, const struct err *why)
{
    struct timespec until;
    int64_t at = clock_mono_ms() + MEDIA_UPLOAD_STOP_MS;
    until = (struct timespec){ .tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000 };
    (void)pthread_mutex_lock(&u->lock);
    u->over = true;
    if (u->failed.kind == ERR_NONE)
        u->failed = *why;
    AUTO(gate_upload_unrefp) struct gate_upload *way = STEAL(u->way);
    (void)pthread_mutex_unlock(&u->lock);
    if (way)
        gate_upload_stop(way);
    (void)pthread_mutex_lock(&u->lock);
    while ((u->live || u->opening) && !pthread_cond_timedwait(&u->changed, &u->lock, &until)) {
    }
    (void)pthread_mutex_unlock(&u->lock);
}

/* ---- the way of its bytes ---- */

struct way {
    struct media_upload *upload; /* a reference */
    unsigned attempt;
};

static bool make_errand(struct media_upload *u, struct gate_errand **ret, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(host_file_done) struct host_file f = { 0 };
    char path[VIM_DATASTORE_PATH];
    if (!vim_datastore_path("-", u->file, path, e) || !vcenter_borrow(u->site, u->vcenter, &hold, e))
        return false;
    const struct host_file_at at = { u->vcenter, hold.session, u->datastore, path };
    if (!host_file_datastore(u->site, &at, VIM_TICKET_PUT, &f, e))
        return false;
    f.target->vm_name = xstrdup(u->name);
    f.target->user_name = xstrdup(u->user);
    f.target->org = xstrdup(u->org);
    AUTO(gate_errand_destroyp) struct gate_errand *r = gate_errand_create(STEAL(f.target), "PUT");
    if (!gate_errand_field(r, "Cookie", f.cookie, e) || !gate_errand_field(r, "Content-Type", "application/octet-stream", e))
        return false;
    *ret = STEAL(r);
    return true;
}

static bool again(void *self, struct gate_errand **ret, struct err *e)
{
    const struct way *w = self;
    return make_errand(w->upload, ret, e);
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    const struct way *w = self;
    host_target_event(w->upload->site, n, feature, ret_event);
}

static void proved(void *self, const struct gate_target *t, const struct trust_verdict *v)
{
    const struct way *w = self;
    evidence_note(w->upload->site->evidence, v->anchor, t->endpoint, EVIDENCE_MEDIA_UP);
}

/* Under the lock. Only a host that could not be reached, or broke off, is tried again. */
static void note_end(struct media_upload *u, const struct gate_upload_end *end)
{
    if (end->why == RELAY_DONE) {
        u->complete = true;
    } else if (end->why == RELAY_HOST && end->what == GATE_FAILED && u->attempt < MEDIA_UPLOAD_TRIES) {
        u->broken = true;
        u->way = gate_upload_unref(u->way);
        LOG(INFO, "upload.broken", "transfer=%s why=\"%s\"", u->id, end->err ? end->err->msg : "");
    } else if (u->failed.kind == ERR_NONE && end->why != RELAY_SHUTDOWN) {
        (void)err_set(&u->failed, end->err ? end->err->kind : ERR_PEER, "%s: %s", feature,
                      end->err ? end->err->msg : "the transfer was stopped");
    }
}

static void ended(void *self, const struct gate_upload_end *end)
{
    struct way *w = self;
    struct media_upload *u = w->upload;
    (void)pthread_mutex_lock(&u->lock);
    bool counts = w->attempt == u->attempt && !u->over;
    if (counts)
        note_end(u, end);
    u->live--;
    (void)pthread_cond_broadcast(&u->changed);
    (void)pthread_mutex_unlock(&u->lock);
    if (counts)
        media_upload_wake(u);
    (void)media_upload_unref(u);
    free(w);
}

static const struct gate_sender sender = { again, tell, proved, NULL, ended };

/* Under the lock. */
static void put_way(struct media_upload *u, struct gate_errand *take)
{
    struct way *w = xcalloc(1, sizeof(*w));
    const struct gate_upload_how how = { .sender = &sender, .self = w, .name = MEDIA_UPLOAD_NAME, .length = (uint64_t)u->size };
    *w = (struct way){ u, ++u->attempt };
    u->refs++;
    u->live++;
    u->broken = false;
    u->way = gate_upload_create(u->site->gate, take, &how);
}

/* On the request's pool thread, as late as can be: a ticket is good for seconds. */
static bool open_way(struct media_upload *u, struct err *e)
{
    struct gate_errand *errand = NULL;
    bool ok = make_errand(u, &errand, e);
    (void)pthread_mutex_lock(&u->lock);
    u->opening = false;
    if (ok && !u->over)
        put_way(u, STEAL(errand));
    else if (ok)
        ok = err_set(e, ERR_CONFLICT, "this upload has ended");
    (void)pthread_cond_broadcast(&u->changed);
    (void)pthread_mutex_unlock(&u->lock);
    (void)gate_errand_destroy(errand);
    return ok;
}

/* ---- requests ---- */

static bool is_over(struct media_upload *u, struct err *e)
{
    return u->failed.kind != ERR_NONE ? err_set(e, ERR_CONFLICT, "this upload has ended: %s", u->failed.msg)
                                      : err_set(e, ERR_CONFLICT, "this upload has ended");
}

/* Under the lock. *ret_open: the way is this request's to make. */
static bool decide(struct media_upload *u, bool *ret_open, struct err *e)
{
    *ret_open = false;
    if (u->over || u->failed.kind != ERR_NONE)
        return is_over(u, e);
    if (u->opening)
        return err_set(e, ERR_CONFLICT, "another piece of this file is under way");
    *ret_open = u->opening = !u->way;
    return true;
}

static bool admit(void *own, const struct site *site, const struct caller *c, const struct transfer *t,
                  const struct transfer_request *rq, struct transfer_way *ret, struct err *e)
{
    struct media_upload *u = own;
    bool open;
    (void)site;
    (void)t;
    if (!caller_may(c, RIGHT_CATALOG_UPLOAD))
        return err_set(e, ERR_DENIED, "this user may not upload");
    if (strcmp(rq->name, MEDIA_UPLOAD_NAME) != 0)
        return err_set(e, ERR_NOT_FOUND, "this transfer has no file of that name");
    if (!rq->part && rq->length >= 0 && rq->length != u->size)
        return err_set(e, ERR_INPUT, "the medium was announced with %lld bytes, and %lld come", (long long)u->size, (long long)rq->length);
    (void)pthread_mutex_lock(&u->lock);
    bool ok = decide(u, &open, e);
    (void)pthread_mutex_unlock(&u->lock);
    if (!ok || (open && !open_way(u, e)))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    if (u->way)
        *ret = (struct transfer_way){ .how = TRANSFER_RELAY, .upload = gate_upload_ref(u->way) };
    else
        ok = is_over(u, e);
    (void)pthread_mutex_unlock(&u->lock);
    return ok;
}

static bool gathered(void *own, const struct site *site, const struct transfer *t, const char *name, const void *data, size_t len,
                     struct err *e)
{
    (void)own, (void)site, (void)t, (void)name, (void)data, (void)len;
    return err_set(e, ERR_INTERNAL, "a medium's file is not gathered");
}

static int64_t done(void *own, const char *name)
{
    struct media_upload *u = own;
    (void)name;
    (void)pthread_mutex_lock(&u->lock);
    int64_t n = u->way ? (int64_t)gate_upload_bytes(u->way) : 0;
    (void)pthread_mutex_unlock(&u->lock);
    return n;
}

static void idle(void *own, const struct site *site)
{
    struct media_upload *u = own;
    int64_t ms = site->transfer_idle_ms ? site->transfer_idle_ms : TRANSFER_IDLE_MS;
    (void)pthread_mutex_lock(&u->lock);
    if (u->failed.kind == ERR_NONE)
        (void)err_set(&u->failed, ERR_TIMEOUT, "nothing was sent for %lld seconds", (long long)(ms / 1000));
    (void)pthread_mutex_unlock(&u->lock);
    media_upload_wake(u);
}

/* A file that nobody brought yet holds its upload, and is held by it: the cell that ends lets go of both. */
static void destroy(void *own)
{
    struct media_upload *u = own;
    (void)pthread_mutex_lock(&u->lock);
    AUTO(gate_upload_unrefp) struct gate_upload *way = STEAL(u->way);
    (void)pthread_mutex_unlock(&u->lock);
    if (way)
        gate_upload_stop(way);
    (void)media_upload_unref(u);
}

const struct transfer_ops media_upload_ops = { admit, gathered, done, NULL, idle, destroy };

/* ---- beginning ---- */

/* Records of what is about to come, in one transaction. */
struct beginning {
    struct catalog catalog;
    struct vdc vdc;
    struct media media;
    struct catalog_item item;
    struct transfer transfer;
    struct transfer_file file;
};

static void fill(struct beginning *b, const struct caller *c, const struct media_upload_new *n, struct arena *a)
{
    int64_t now = clock_wall_ms();
    const char *uuid = strrchr(kept_urn("transfer", a), ':') + 1, *medium = kept_urn("media", a), *item = kept_urn("catalogitem", a);
    b->media = (struct media){ .urn = medium, .name = n->name, .description = n->description, .catalog = n->catalog, .item = item,
                               .org = b->catalog.org, .vdc = b->vdc.urn, .user = c->user, .user_name = c->user_name,
                               .image_type = n->image_type, .path = "", .task = "", .status = CATALOG_UNRESOLVED, .size = n->size,
                               .made_ms = now };
    b->item = (struct catalog_item){ .urn = item, .name = n->name, .description = n->description, .catalog = n->catalog,
                                     .org = b->catalog.org, .entity = medium, .size = n->size, .made_ms = now };
    b->file = (struct transfer_file){ .name = MEDIA_UPLOAD_NAME, .size = n->size };
    b->transfer = (struct transfer){ .id = uuid, .what = TRANSFER_MEDIA_UP, .org = b->catalog.org, .entity = medium, .task = "",
                                     .files = &b->file, .files_len = 1, .made_ms = now };
}

static bool keep(const struct site *site, const struct caller *c, const struct media_upload_new *n, struct arena *a,
                 struct beginning *b, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = { c->who, c->from, "upload", clock_wall_ms() };
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !catalog_get(l.store, c, n->catalog, a, &b->catalog, e) ||
        !catalog_vdc(l.store, b->catalog.org, n->profile, a, &b->vdc, e) || !catalog_replace_failed(l.store, n->catalog, n->name, e))
        return false;
    fill(b, c, n, a);
    return catalog_item_put(l.store, &b->item, e) && media_put(l.store, &b->media, e) && transfer_put(l.store, &b->transfer, e) &&
           kept_audit(l.store, &by, "media.upload", b->media.urn, e, "Upload of the medium %s into the catalog %s began", n->name,
                      b->catalog.name) &&
           store_commit(l.store, e);
}

static bool gone(bool removed, const struct err *e)
{
    return removed || e->kind == ERR_NOT_FOUND;
}

static void take_back(const struct site *site, const struct beginning *b)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    transfer_close(site, b->transfer.id);
    (void)!(loan_begin(site->shelf, &l, &e) && store_begin(l.store, STORE_WRITE, &e) && transfer_drop(l.store, b->transfer.id, &e) &&
            gone(store_record_remove(l.store, "media", b->media.urn, &e), &e) &&
            gone(store_record_remove(l.store, "catalog-item", b->item.urn, &e), &e) && store_commit(l.store, &e));
}

static struct media_upload *make_live(const struct site *site, const struct caller *c, const struct media_upload_new *n,
                                      const struct beginning *b)
{
    struct media_upload *u = xcalloc(1, sizeof(*u));
    pthread_condattr_t monotonic;
    u->site = site;
    u->refs = 1;
    u->size = n->size;
    (void)pthread_mutex_init(&u->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&u->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    (void)text_copy(u->id, sizeof(u->id), b->transfer.id);
    (void)text_copy(u->org, sizeof(u->org), b->catalog.org);
    (void)text_copy(u->name, sizeof(u->name), n->name);
    (void)text_copy(u->user, sizeof(u->user), c->who);
    (void)text_copy(u->vcenter, sizeof(u->vcenter), b->vdc.vcenter);
    (void)text_copy(u->datastore, sizeof(u->datastore), b->vdc.datastore);
    (void)snprintf(u->file, sizeof(u->file), "%s/%s.%s", MEDIA_UPLOAD_FOLDER, strrchr(b->media.urn, ':') + 1, n->image_type);
    return u;
}

/* The task's URN, known when it was started, goes to the record as well: how a removal finds it. */
static bool keep_task(const struct site *site, const struct beginning *b, const char *task, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct transfer transfer = b->transfer;
    struct media media = b->media;
    transfer.task = media.task = task;
    return loan_begin(site->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) && transfer_put(l.store, &transfer, e) &&
           media_put(l.store, &media, e) && store_commit(l.store, e);
}

static bool start_task(const struct site *site, const struct caller *c, const struct beginning *b, const char *file, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    char task[STORE_ID_MAX + 1];
    json_t *data = json_pack("{s:s, s:s, s:s, s:s}", "transfer", b->transfer.id, "vcenter", b->vdc.vcenter, "datastore", b->vdc.datastore,
                             "file", file);
    const struct task_new t = { .operation = arena_printf(&a, "Uploading media %s", b->media.name), .operation_name = "vdcUploadMedia",
                                .owner_urn = b->media.urn, .owner_name = b->media.name, .owner_type = MEDIA_TYPE, .shared = true,
                                .kind = &media_upload_kind, .data = data };
    bool ok = task_start(site, c, &t, task, e);
    json_decref(data);
    return ok && keep_task(site, b, task, e);
}

/* It becomes a suffix on a datastore. */
static bool check_type(const char *type, struct err *e)
{
    size_t len = strlen(type);
    return (len > 0 && len < MEDIA_UPLOAD_TYPE_MAX && strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == len) ||
           err_set(e, ERR_INPUT, "imageType is a word of at most %d letters and digits: \"iso\"", MEDIA_UPLOAD_TYPE_MAX - 1);
}

bool media_upload_start(const struct site *site, const struct caller *c, const struct media_upload_new *n, char ret_item[STORE_ID_MAX + 1],
                        struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct beginning b = { 0 };
    char file[MEDIA_UPLOAD_FILE];
    if (n->size <= 0)
        return err_set(e, ERR_INPUT, "a medium needs its size in bytes, more than none");
    if (!store_take_text("name", STORE_LINE, n->name, CATALOG_NAME_MAX, e) ||
        !store_take_text("Description", STORE_PROSE, n->description, CATALOG_TEXT_MAX, e) || !check_type(n->image_type, e) ||
        !keep(site, c, n, &a, &b, e))
        return false;
    struct media_upload *u = make_live(site, c, n, &b);
    (void)text_copy(file, sizeof(file), u->file);
    bool open = transfer_open(site, b.transfer.id, &media_upload_ops, u, e);
    if (!open)
        (void)media_upload_unref(u);
    if (!open || !start_task(site, c, &b, file, e)) {
        take_back(site, &b);
        return false;
    }
    (void)text_copy(ret_item, STORE_ID_MAX + 1, b.item.urn);
    return true;
}
