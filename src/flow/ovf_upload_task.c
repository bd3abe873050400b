/* The steps of an upload: see upload.h. A killed cell unwinds it: its client's bytes are gone with the connection. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/catalog.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/ovf_archive.h"
#include "flow/ovf_upload_parts.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "store/record.h"
#include "store/store.h"
#include "vim/lease.h"
#include "vim/ovf.h"
#include "vim/task.h"
#include "vim/vm.h"

enum { VM_NAME_PART = 38 }; /* of vSphere's 80 characters: the rest is the template's UUID */

static const struct site *site_of(const struct flow *f)
{
    return task_of(f)->site;
}

/* The live half; ERR_INTERNAL when it is gone: nothing can come any more. */
static bool borrow(const struct flow *f, struct transfer_hold *h, struct ovf_upload **ret, struct err *e)
{
    bool there = transfer_borrow(site_of(f), task_text(f, "transfer"), &ovf_upload_ops, h);
    *ret = h->own;
    return there || err_set(e, ERR_INTERNAL, "this upload has no client any more");
}

/* ---- the descriptor ---- */

static bool wait_for_descriptor(struct flow *f, struct err *e)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    if (!borrow(f, &h, &u, e))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    (void)text_copy(u->task, sizeof(u->task), task_of(f)->urn);
    struct err failed = u->failed;
    bool there = u->phase == OVF_UPLOAD_DESCRIBED;
    (void)pthread_mutex_unlock(&u->lock);
    if (failed.kind != ERR_NONE)
        return err_set(e, failed.kind, "%s", failed.msg);
    return there || flow_rest(f);
}

/* What is left of the template: nothing when somebody wanted that, else its name and why. */
static bool keep_end(const struct flow *f, struct store *s, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct caller all = { .system = true };
    struct template t;
    struct catalog_item i;
    if (!transfer_drop(s, task_text(f, "transfer"), e))
        return false;
    if (!template_get(s, &all, task_of(f)->owner, &a, &t, e))
        return e->kind == ERR_DENIED; /* removed meanwhile */
    if (f->at.error.kind == ERR_CANCELLED)
        return store_record_remove(s, "vapptemplate", t.urn, e) &&
               (store_record_remove(s, "catalog-item", t.item, e) || e->kind == ERR_NOT_FOUND);
    t.status = CATALOG_FAILED;
    t.vms_len = 0;
    return template_put(s, &t, e) && catalog_item_get(s, &all, t.item, &a, &i, e) && (i.failed = true) && catalog_item_put(s, &i, e);
}

static void end_transfer(struct flow *f)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    struct ovf_upload *u = NULL;
    struct err e;
    if (borrow(f, &h, &u, &e))
        ovf_upload_over(u, &f->at.error);
    transfer_close(site_of(f), task_text(f, "transfer"));
    if (!loan_begin(site_of(f)->shelf, &l, &e) || !store_begin(l.store, STORE_WRITE, &e) || !keep_end(f, l.store, &e) ||
        !store_commit(l.store, &e))
        flow_note(f, "the template stays as it was: %s", e.msg);
}

/* ---- a lease ---- */

static bool read_vdc(const struct flow *f, struct arena *a, struct vdc *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site_of(f)->shelf, &l, e) && vdc_find(l.store, task_text(f, "vdc"), a, ret, e);
}

/* "web (0b5c..)": unique in the vCenter, whatever others call theirs. */
static const char *vm_name(const struct flow *f, const struct ovf_upload *u, struct arena *a)
{
    size_t len = strlen(u->name);
    for (len = len < VM_NAME_PART ? len : VM_NAME_PART; len > 0 && ((unsigned char)u->name[len] & 0xc0) == 0x80;)
        len--;
    char *name = arena_printf(a, "%.*s (%s)", (int)len, u->name, strrchr(task_of(f)->owner, ':') + 1);
    for (char *p = name; *p; p++)
        if (*p == '/' || *p == '\\' || *p == '%')
            *p = '_';
    return name;
}

static bool make_spec(const struct flow *f, const struct ovf_upload *u, struct vim_session *s, const struct vdc *v, struct arena *a,
                      struct vim_import_spec *ret, struct err *e)
{
    struct ovf_package p;
    if (!ovf_parse(u->descriptor, u->descriptor_len, a, &p, e))
        return false;
    const struct vim_import how = { .descriptor = u->descriptor, .pool = v->pool, .datastore = v->datastore, .name = vm_name(f, u, a),
                                    .network = v->network, .networks = p.networks, .networks_len = p.networks_len };
    return vim_import_spec(s, &how, vim_deadline(OVF_UPLOAD_CALL_MS), a, ret, e);
}

static void remember_lease(struct flow *f, struct ovf_upload *u, const struct vim_object *lease, const struct vdc *v)
{
    (void)pthread_mutex_lock(&u->lock);
    u->lease = *lease;
    (void)text_copy(u->vcenter, sizeof(u->vcenter), v->vcenter);
    (void)pthread_mutex_unlock(&u->lock);
    task_text_set(f, "vcenter", v->vcenter);
    task_text_set(f, "lease", lease->id);
    task_text_set(f, "vm", "");
}

/* A killed cell that never got to keep the lease's id leaves one that ends by itself, as nobody keeps it alive. */
static bool lease_and_look(struct flow *f, struct ovf_upload *u, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct vim_import_spec spec;
    struct vim_object folder, lease, vm = { 0 };
    struct vdc v;
    if (!read_vdc(f, &a, &v, e) || !vcenter_borrow(site_of(f), v.vcenter, &hold, e) ||
        !make_spec(f, u, hold.session, &v, &a, &spec, e) ||
        !vim_vm_folder(hold.session, v.pool, vim_deadline(OVF_UPLOAD_CALL_MS), &folder, e) ||
        !vim_import_vapp(hold.session, v.pool, &spec, &folder, vim_deadline(OVF_UPLOAD_CALL_MS), &lease, e))
        return false;
    remember_lease(f, u, &lease, &v);
    bool ok = ovf_upload_open_ways(u, hold.session, f, &spec, &vm, e);
    task_text_set(f, "vm", vm.id);
    return ok;
}

static bool keep_files(const struct flow *f, struct ovf_upload *u, struct store *s, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct caller all = { .system = true };
    struct template t;
    struct transfer r;
    if (!template_get(s, &all, task_of(f)->owner, &a, &t, e) || !transfer_get(s, &all, task_text(f, "transfer"), &a, &r, e))
        return e->kind == ERR_DENIED || e->kind == ERR_NOT_FOUND ? err_set(e, ERR_CANCELLED, "the template was removed") : false;
    r.files = arena_array(&a, u->files_len + 2, sizeof(*r.files));
    r.files_len = 0;
    r.files[r.files_len++] = (struct transfer_file){ .name = OVF_DESCRIPTOR, .size = (int64_t)u->descriptor_len };
    if (u->manifest_wanted)
        r.files[r.files_len++] = (struct transfer_file){ .name = OVF_MANIFEST, .size = u->manifest ? (int64_t)u->manifest_len : -1 };
    t.size = 0;
    for (size_t i = 0; i < u->files_len; i++) {
        r.files[r.files_len++] = (struct transfer_file){ .name = u->files[i].name, .size = u->files[i].size };
        t.size += u->files[i].size > 0 ? u->files[i].size : 0;
    }
    t.descriptor_there = true;
    return transfer_put(s, &r, e) && template_put(s, &t, e);
}

static bool list_files(struct flow *f, struct ovf_upload *u, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(site_of(f)->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) && keep_files(f, u, l.store, e) &&
           store_commit(l.store, e);
}

static bool import(struct flow *f, struct err *e)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    return borrow(f, &h, &u, e) && lease_and_look(f, u, e) && list_files(f, u, e);
}

static bool destroy_vm(struct vim_session *s, const char *moref, struct err *e)
{
    struct vim_object task;
    if (!vim_vm_power(s, moref, VIM_VM_DESTROY, vim_deadline(OVF_UPLOAD_CALL_MS), &task, e) ||
        !vim_task_wait(s, &task, NULL, vim_deadline(OVF_UPLOAD_TASK_MS), NULL, NULL, e))
        return e->kind == ERR_NOT_FOUND;
    return true;
}

/* Aborting the lease takes away what it made; a machine whose lease was completed goes by itself. */
static bool take_back_lease(struct flow *f, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct vim_object lease = { .type = "HttpNfcLease" };
    const char *vm = task_text(f, "vm");
    if (!task_text(f, "lease")[0])
        return true;
    (void)text_copy(lease.id, sizeof(lease.id), task_text(f, "lease"));
    return vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e) &&
           vim_lease_abort(hold.session, &lease, vim_deadline(OVF_UPLOAD_CALL_MS), e) && (!vm[0] || destroy_vm(hold.session, vm, e));
}

static void undo_import(struct flow *f)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    struct err e;
    if (borrow(f, &h, &u, &e)) {
        ovf_upload_over(u, &f->at.error);
        ovf_upload_stop_ways(u);
    }
    if (!take_back_lease(f, &e))
        flow_note(f, "what the vCenter Server had begun to import may still be there: %s", e.msg);
}

/* ---- the files ---- */

enum standing { STANDS_WAITING, STANDS_BROKEN, STANDS_DONE, STANDS_FAILED };

static enum standing stands(struct ovf_upload *u, struct err *failed)
{
    enum standing how = STANDS_DONE;
    (void)pthread_mutex_lock(&u->lock);
    *failed = u->failed;
    for (size_t i = 0; i < u->files_len; i++)
        if (!u->files[i].complete)
            how = STANDS_WAITING;
    if ((u->manifest_wanted && !u->manifest) || u->archived == OVF_ARCHIVE_COMING)
        how = STANDS_WAITING;
    if (u->broken)
        how = STANDS_BROKEN;
    if (u->failed.kind != ERR_NONE)
        how = STANDS_FAILED;
    (void)pthread_mutex_unlock(&u->lock);
    return how;
}

/* The old lease goes with all that it had taken; the files start over. */
static bool start_over(struct flow *f, struct ovf_upload *u, struct err *e)
{
    (void)pthread_mutex_lock(&u->lock);
    u->attempt++; /* its ends are not heard any more */
    u->broken = false;
    (void)pthread_mutex_unlock(&u->lock);
    ovf_upload_stop_ways(u);
    if (!take_back_lease(f, e))
        return err_in(e, "after the ESXi host broke off");
    task_text_set(f, "lease", "");
    if (!lease_and_look(f, u, e) || !list_files(f, u, e))
        return err_in(e, "after the ESXi host broke off");
    return true;
}

static bool agree(struct ovf_upload *u, struct err *e)
{
    if (!ovf_upload_sums_agree(u, e))
        return false;
    (void)pthread_mutex_lock(&u->lock);
    u->agreed = true;
    ovf_archive_tell(u);
    (void)pthread_mutex_unlock(&u->lock);
    return true;
}

static bool transfer(struct flow *f, struct err *e)
{
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    struct err failed;
    if (!borrow(f, &h, &u, e))
        return false;
    switch (stands(u, &failed)) {
    case STANDS_FAILED: return err_set(e, failed.kind, "%s", failed.msg);
    case STANDS_DONE: return agree(u, e);
    case STANDS_WAITING: break;
    case STANDS_BROKEN:
        if (!start_over(f, u, e))
            return false;
        task_text_set(f, "over", "The ESXi host broke off: a new lease was taken, and the files start over.");
        break;
    }
    bool rests = flow_rest(f);
    if (task_text(f, "over")[0])
        task_say(f, "%s", task_text(f, "over"));
    return rests;
}

/* ---- the end ---- */

static bool complete(struct flow *f, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct vim_object lease = { .type = "HttpNfcLease" }, none;
    struct ovf_upload *u = NULL;
    if (!borrow(f, &h, &u, e) || !vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e))
        return false;
    (void)text_copy(lease.id, sizeof(lease.id), task_text(f, "lease"));
    (void)pthread_mutex_lock(&u->lock);
    u->leased = false;
    (void)pthread_mutex_unlock(&u->lock);
    return vim_lease_complete(hold.session, &lease, vim_deadline(OVF_UPLOAD_TASK_MS), e) &&
           vim_vm_power(hold.session, task_text(f, "vm"), VIM_VM_MARK_TEMPLATE, vim_deadline(OVF_UPLOAD_CALL_MS), &none, e);
}

static bool read_vm(const struct flow *f, struct arena *a, struct template_vm *ret, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct vim_vm vm;
    const char *moref = task_text(f, "vm");
    if (!vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e) ||
        !vim_vm_read(hold.session, moref, vim_deadline(OVF_UPLOAD_CALL_MS), a, &vm, e))
        return false;
    *ret = (struct template_vm){ .urn = kept_urn("vm", a), .name = vm.name, .moref = arena_strdup(a, moref), .guest_os = vm.guest_os,
                                 .cpus = vm.cpus, .memory_mb = vm.memory_mb };
    return true;
}

static bool keep_ready(const struct flow *f, struct store *s, struct arena *a, struct template_vm *vm, struct err *e)
{
    const struct caller all = { .system = true };
    const struct store_by by = task_by(f);
    struct template t;
    struct catalog_item i;
    if (!template_get(s, &all, task_of(f)->owner, a, &t, e) || !catalog_item_get(s, &all, t.item, a, &i, e))
        return e->kind == ERR_DENIED ? err_set(e, ERR_CANCELLED, "the template was removed") : false;
    t.status = TEMPLATE_READY;
    t.descriptor_there = true;
    vm->name = t.name;
    t.vms = vm;
    t.vms_len = 1;
    i.size = t.size;
    return template_put(s, &t, e) && catalog_item_put(s, &i, e) && transfer_drop(s, task_text(f, "transfer"), e) &&
           kept_audit(s, &by, "template.add", t.urn, e, "The template %s is there", t.name);
}

static bool record(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct template_vm vm;
    if (!read_vm(f, &a, &vm, e) || !loan_begin(site_of(f)->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !keep_ready(f, l.store, &a, &vm, e) || !store_commit(l.store, e))
        return false;
    transfer_close(site_of(f), task_text(f, "transfer"));
    return true;
}

static const struct flow_step steps[] = {
    { "descriptor", wait_for_descriptor, end_transfer },
    { "import", import, undo_import },
    { "transfer", transfer, NULL },
    { "complete", complete, NULL },
    { "record", record, NULL },
    { 0 },
};
const struct flow_kind ovf_upload_kind = { "template.upload", steps, true };
