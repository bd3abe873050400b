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

enum { VM_NAME_PART = 38 }; /* of vSphere's 80 characters: the rest is the template's UUID and the machine's number */

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

/* All that one import needs. */
struct importing {
    struct flow *flow;
    struct ovf_upload *upload;
    struct vdc vdc;
    struct ovf_machines machines;
    struct vim_object folder;
    struct vcenter_hold hold;
    struct ovf_upload_plan plan;
    struct arena arena;
};

static void importing_done(struct importing *i)
{
    ovf_upload_plan_done(&i->plan);
    vcenter_return(&i->hold);
    arena_done(&i->arena);
}

/* "web (0b5c..)", the next machine of the package "web (0b5c..) 2": unique in the vCenter, whatever others call theirs. */
static const char *vm_name(const struct flow *f, const struct ovf_upload *u, size_t machine, struct arena *a)
{
    char *name = arena_printf(a, "%.*s (%s)", (int)text_clip(u->name, VM_NAME_PART), u->name, strrchr(task_of(f)->owner, ':') + 1);
    for (char *p = name; *p; p++)
        if (*p == '/' || *p == '\\' || *p == '%')
            *p = '_';
    return machine ? arena_printf(a, "%s %zu", name, machine + 1) : name;
}

static bool make_spec(const struct importing *i, size_t machine, struct arena *a, struct vim_import_spec *ret, struct err *e)
{
    const struct vdc *v = &i->vdc;
    struct ovf_package p;
    const char *text;
    if (!ovf_machine_text(&i->machines, machine, a, &text, e) || !ovf_parse(text, strlen(text), a, &p, e))
        return false;
    const struct vim_import how = { .descriptor = text, .pool = v->pool, .datastore = v->datastore, .name = vm_name(i->flow, i->upload, machine, a),
                                    .network = v->network, .networks = p.networks, .networks_len = p.networks_len };
    return vim_import_spec(i->hold.session, &how, vim_deadline(OVF_UPLOAD_CALL_MS), a, ret, e);
}

/* ---- what has begun in the vCenter: a list of {lease, vm}, in the order of the package ---- */

static json_t *begun(const struct flow *f)
{
    return json_object_get(task_of(f)->data, "machines");
}

static const char *begun_text(const struct flow *f, size_t machine, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(begun(f), machine), key));
    return text ? text : "";
}

static void forget_begun(struct flow *f)
{
    (void)json_object_set_new(task_of(f)->data, "machines", json_array());
}

static void remember_lease(struct flow *f, struct ovf_upload *u, const struct vim_object *lease)
{
    (void)pthread_mutex_lock(&u->lock);
    u->machines[u->machines_len++] = (struct ovf_upload_machine){ .lease = *lease };
    (void)pthread_mutex_unlock(&u->lock);
    (void)json_array_append_new(begun(f), json_pack("{s:s, s:s}", "lease", lease->id, "vm", ""));
}

/* ---- leases ---- */

/* A killed cell that never got to keep the lease's id leaves one that ends by itself, as nobody keeps it alive. */
static bool lease_machine(struct importing *i, size_t machine, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_import_spec spec;
    struct vim_object lease, vm = { 0 };
    if (!make_spec(i, machine, &a, &spec, e) ||
        !vim_import_vapp(i->hold.session, i->vdc.pool, &spec, &i->folder, vim_deadline(OVF_UPLOAD_CALL_MS), &lease, e))
        return false;
    remember_lease(i->flow, i->upload, &lease);
    bool ok = ovf_upload_plan_machine(i->upload, &i->plan, machine, &spec, &vm, e);
    (void)json_object_set_new(json_array_get(begun(i->flow), machine), "vm", json_string(vm.id));
    return ok;
}

static void begin_leases(struct importing *i)
{
    (void)pthread_mutex_lock(&i->upload->lock);
    i->upload->machines_len = 0;
    (void)text_copy(i->upload->vcenter, sizeof(i->upload->vcenter), i->vdc.vcenter);
    (void)pthread_mutex_unlock(&i->upload->lock);
    task_text_set(i->flow, "vcenter", i->vdc.vcenter);
    forget_begun(i->flow);
}

static bool lease_and_look(struct flow *f, struct ovf_upload *u, struct err *e)
{
    AUTO(importing_done) struct importing i = { .flow = f, .upload = u };
    if (!read_vdc(f, &i.arena, &i.vdc, e) || !ovf_machines(u->descriptor, u->descriptor_len, &i.arena, &i.machines, e) ||
        !vcenter_borrow(site_of(f), i.vdc.vcenter, &i.hold, e) ||
        !vim_vm_folder(i.hold.session, i.vdc.pool, vim_deadline(OVF_UPLOAD_CALL_MS), &i.folder, e))
        return false;
    begin_leases(&i);
    i.plan.session = i.hold.session;
    i.plan.flow = f;
    for (size_t n = 0; n < i.machines.systems_len; n++)
        if (!lease_machine(&i, n, e))
            return false;
    ovf_upload_open_ways(u, &i.plan);
    return true;
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
static bool take_back_machine(const struct flow *f, struct vim_session *s, size_t machine, struct err *e)
{
    struct vim_object lease = { .type = "HttpNfcLease" };
    const char *vm = begun_text(f, machine, "vm");
    (void)text_copy(lease.id, sizeof(lease.id), begun_text(f, machine, "lease"));
    return vim_lease_abort(s, &lease, vim_deadline(OVF_UPLOAD_CALL_MS), e) && (!vm[0] || destroy_vm(s, vm, e));
}

/* All of them, also when one stays; e is why it did. */
static bool take_back_leases(struct flow *f, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    size_t len = json_array_size(begun(f));
    struct err why;
    bool ok = true;
    if (len && !vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!take_back_machine(f, hold.session, i, &why)) {
            *e = why;
            ok = false;
        }
    return ok;
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
    if (!take_back_leases(f, &e))
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
    if (!take_back_leases(f, e))
        return err_in(e, "after the ESXi host broke off");
    forget_begun(f);
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

static bool complete_machine(const struct flow *f, struct vim_session *s, size_t machine, struct err *e)
{
    struct vim_object lease = { .type = "HttpNfcLease" }, none;
    (void)text_copy(lease.id, sizeof(lease.id), begun_text(f, machine, "lease"));
    return vim_lease_complete(s, &lease, vim_deadline(OVF_UPLOAD_TASK_MS), e) &&
           vim_vm_power(s, begun_text(f, machine, "vm"), VIM_VM_MARK_TEMPLATE, vim_deadline(OVF_UPLOAD_CALL_MS), &none, e);
}

static bool complete(struct flow *f, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    bool ok = borrow(f, &h, &u, e) && vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e);
    for (size_t i = 0; ok && i < json_array_size(begun(f)); i++) {
        (void)pthread_mutex_lock(&u->lock);
        u->machines[i].renew_every_ms = 0; /* the rest of them live on */
        (void)pthread_mutex_unlock(&u->lock);
        ok = complete_machine(f, hold.session, i, e);
    }
    return ok;
}

/* What the vCenter made of them. */
struct finished {
    struct template_vm *vms;
    size_t len;
};

/* Several are called as their package calls them, one as its template. */
static bool read_vm(struct vim_session *s, const char *moref, const char *name, struct arena *a, struct template_vm *ret, struct err *e)
{
    struct vim_vm vm;
    if (!vim_vm_read(s, moref, vim_deadline(OVF_UPLOAD_CALL_MS), a, &vm, e))
        return false;
    *ret = (struct template_vm){ .urn = kept_urn("vm", a), .name = name, .moref = arena_strdup(a, moref), .guest_os = vm.guest_os, .cpus = vm.cpus,
                                 .memory_mb = vm.memory_mb };
    return true;
}

static bool read_vms(const struct flow *f, struct arena *a, struct finished *ret, struct err *e)
{
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    AUTO(transfer_return) struct transfer_hold h = { 0 };
    struct ovf_upload *u = NULL;
    struct ovf_machines all;
    if (!borrow(f, &h, &u, e) || !ovf_machines(u->descriptor, u->descriptor_len, a, &all, e) ||
        !vcenter_borrow(site_of(f), task_text(f, "vcenter"), &hold, e))
        return false;
    ret->len = all.systems_len;
    ret->vms = arena_array(a, ret->len + 1, sizeof(*ret->vms));
    for (size_t i = 0; i < ret->len; i++) {
        const char *own = ret->len > 1 ? ovf_machine_name(&all, i) : "", *name = own[0] ? own : u->name;
        char *line = arena_strndup(a, name, text_clip(name, CATALOG_NAME_MAX));
        for (char *p = line; *p; p++)
            if ((unsigned char)*p < ' ' || *p == 0x7f) /* a descriptor may say what it likes */
                *p = ' ';
        if (!read_vm(hold.session, begun_text(f, i, "vm"), line, a, &ret->vms[i], e))
            return false;
    }
    return true;
}

static bool keep_ready(const struct flow *f, struct store *s, struct arena *a, const struct finished *made, struct err *e)
{
    const struct caller all = { .system = true };
    const struct store_by by = task_by(f);
    struct template t;
    struct catalog_item i;
    if (!template_get(s, &all, task_of(f)->owner, a, &t, e) || !catalog_item_get(s, &all, t.item, a, &i, e))
        return e->kind == ERR_DENIED ? err_set(e, ERR_CANCELLED, "the template was removed") : false;
    t.status = TEMPLATE_READY;
    t.descriptor_there = true;
    t.vms = made->vms;
    t.vms_len = made->len;
    i.size = t.size;
    return template_put(s, &t, e) && catalog_item_put(s, &i, e) && transfer_drop(s, task_text(f, "transfer"), e) &&
           kept_audit(s, &by, "template.add", t.urn, e, "The template %s is there", t.name);
}

static bool record(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct finished made;
    if (!read_vms(f, &a, &made, e) || !loan_begin(site_of(f)->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !keep_ready(f, l.store, &a, &made, e) || !store_commit(l.store, e))
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
