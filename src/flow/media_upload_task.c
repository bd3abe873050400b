/* The steps of an upload: see media_upload.h. A killed cell unwinds it: its client's bytes are gone with the connection. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/catalog.h"
#include "flow/host_file.h"
#include "flow/host_target.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/media_upload_parts.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "gate/target.h"
#include "gate/upload.h"
#include "store/record.h"
#include "store/store.h"

static const char feature[] = "Media upload";

static const struct caller everybody = { .system = true };

static const struct site *site_of(const struct flow *f)
{
    return task_of(f)->site;
}

/* The live half; ERR_INTERNAL when it is gone: nothing can come any more. */
static bool borrow(const struct flow *f, struct transfer_hold *h, struct media_upload **ret, struct err *e)
{
    if (!transfer_borrow(site_of(f), task_text(f, "transfer"), &media_upload_ops, h))
        return err_set(e, ERR_INTERNAL, "this upload has no client any more");
    *ret = h->own;
    return true;
}

/* ---- the datastore ---- */

struct place {
    struct vcenter_hold hold;
    struct vim_datastore datastore;
    struct arena arena;
    char path[VIM_DATASTORE_PATH]; /* of the file */
};

static void place_done(struct place *p)
{
    vcenter_return(&p->hold);
    arena_done(&p->arena);
}

static bool find_place(const struct site *site, const char *vcenter, const char *datastore, const char *file, struct place *p,
                       struct err *e)
{
    struct vim_object o = { .type = "Datastore" };
    (void)text_copy(o.id, sizeof(o.id), datastore);
    return vcenter_borrow(site, vcenter, &p->hold, e) &&
           vim_datastore_read(p->hold.session, &o, vim_deadline(VIM_DATASTORE_MS), &p->arena, &p->datastore, e) &&
           vim_datastore_path(p->datastore.name, file, p->path, e);
}

static bool place_of(const struct flow *f, struct place *p, struct err *e)
{
    return find_place(site_of(f), task_text(f, "vcenter"), task_text(f, "datastore"), task_text(f, "file"), p, e);
}

static bool delete_file(struct place *p, struct err *e)
{
    return vim_datastore_delete(p->hold.session, &p->datastore.datacenter, p->path, vim_deadline(CATALOG_TASK_MS), e);
}

/* The file without its place: "[shared1] vouchsafe-media/x.iso". */
bool media_upload_remove(const struct site *site, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(place_done) struct place p = { 0 };
    struct media m;
    struct vdc v;
    if (!loan_begin(site->shelf, &l, e))
        return false;
    if (!media_get(l.store, &everybody, urn, &p.arena, &m, e))
        return e->kind == ERR_DENIED;
    const char *file = vim_datastore_file(m.path);
    if (!file)
        return true;
    if (!vdc_find(l.store, m.vdc, &p.arena, &v, e))
        return e->kind == ERR_NOT_FOUND;
    loan_end(&l);
    if (!find_place(site, v.vcenter, v.datastore, file, &p, e))
        return e->kind == ERR_NOT_FOUND;
    return delete_file(&p, e) || err_in(e, "removing the medium %s", m.name);
}

/* ---- steps ---- */

/* The folder, and a verified look at the host: what it lacks is said before a byte comes. */
static bool look(struct flow *f, struct err *e)
{
    AUTO(place_done) struct place p = { 0 };
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    char event[RANDOM_UUID], folder[VIM_DATASTORE_PATH];
    if (!place_of(f, &p, e) || !vim_datastore_path(p.datastore.name, MEDIA_UPLOAD_FOLDER, folder, e) ||
        !vim_datastore_folder(p.hold.session, &p.datastore.datacenter, folder, vim_deadline(VIM_DATASTORE_MS), e) ||
        !host_target_fill(site_of(f), task_text(f, "vcenter"), p.hold.session, &p.datastore.host, t, e))
        return false;
    task_text_set(f, "path", p.path);
    return host_target_ask(site_of(f), t, feature, event, e);
}

/* What is left of the medium: nothing when somebody wanted that, else its name and why. */
static bool keep_end(const struct flow *f, struct store *s, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct media m;
    struct catalog_item i;
    if (!transfer_drop(s, task_text(f, "transfer"), e))
        return false;
    if (!media_get(s, &everybody, task_of(f)->owner, &a, &m, e))
        return e->kind == ERR_DENIED; /* removed meanwhile */
    if (f->at.error.kind == ERR_CANCELLED)
        return store_record_remove(s, "media", m.urn, e) &&
               (store_record_remove(s, "catalog-item", m.item, e) || e->kind == ERR_NOT_FOUND);
    m.status = CATALOG_FAILED;
    m.path = "";
    return media_put(s, &m, e) && catalog_item_get(s, &everybody, m.item, &a, &i, e) && (i.failed = true) && catalog_item_put(s, &i, e);
}

static void end_transfer(struct flow *f)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct err e;
    transfer_close(site_of(f), task_text(f, "transfer"));
    if (!loan_begin(site_of(f)->shelf, &l, &e) || !store_begin(l.store, STORE_WRITE, &e) || !keep_end(f, l.store, &e) ||
        !store_commit(l.store, &e))
        flow_note(f, "the medium stays as it was: %s", e.msg);
}

static bool receive(struct flow *f, struct err *e)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct media_upload *u = NULL;
    if (flow_cancelled(f))
        return err_set(e, ERR_CANCELLED, "the upload was cancelled");
    if (!borrow(f, &h, &u, e))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    (void)text_copy(u->task, sizeof(u->task), task_of(f)->urn);
    struct err failed = u->failed;
    bool there = u->complete, broken = u->broken;
    (void)pthread_mutex_unlock(&u->lock);
    if (failed.kind != ERR_NONE)
        return err_set(e, failed.kind, "%s", failed.msg);
    if (there)
        return true;
    bool rests = flow_rest(f);
    if (broken)
        task_say(f, "The ESXi host broke off: the file starts over");
    return rests;
}

/* No byte goes out any more, then the file is deleted. */
static void undo_receive(struct flow *f)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    AUTO(place_done) struct place p = { 0 };
    struct media_upload *u = NULL;
    struct err e;
    if (borrow(f, &h, &u, &e))
        media_upload_stop(u, &f->at.error);
    if (!place_of(f, &p, &e) || !delete_file(&p, &e))
        flow_note(f, "the file %s may still be there: %s", task_text(f, "path"), e.msg);
}

static bool keep_resolved(const struct flow *f, struct store *s, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = task_by(f);
    struct media m;
    if (!media_get(s, &everybody, task_of(f)->owner, &a, &m, e))
        return e->kind == ERR_DENIED ? err_set(e, ERR_CANCELLED, "the medium was removed") : false;
    m.status = CATALOG_RESOLVED;
    m.path = task_text(f, "path");
    return media_put(s, &m, e) && transfer_drop(s, task_text(f, "transfer"), e) &&
           kept_audit(s, &by, "media.add", m.urn, e, "The medium %s is there", m.name);
}

static bool record(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    if (!loan_begin(site_of(f)->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !keep_resolved(f, l.store, e) ||
        !store_commit(l.store, e))
        return false;
    transfer_close(site_of(f), task_text(f, "transfer"));
    return true;
}

static const struct flow_step steps[] = {
    { "look", look, end_transfer },
    { "receive", receive, undo_receive },
    { "record", record, NULL },
    { 0 },
};
const struct flow_kind media_upload_kind = { "media.upload", steps, true };
