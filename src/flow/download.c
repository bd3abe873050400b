#include "flow/download.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/catalog.h"
#include "flow/download_file.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/ovf_join.h"
#include "flow/ovf_split.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "flow/task.h"
#include "flow/turns.h"
#include "flow/vapp.h"
#include "flow/vcenter_table.h"
#include "flow/vdc.h"
#include "flow/vm.h"
#include "store/store.h"
#include "trust/set.h"
#include "vim/lease.h"
#include "vim/ovf.h"
#include "vim/vm_ticket.h"
#include "wire/xml.h"

static const struct caller everybody = { .system = true };

static bool is(const char *urn, const char *prefix)
{
    return strncmp(urn, prefix, strlen(prefix)) == 0;
}

/* ---- what is to be downloaded ---- */

struct machine {
    const char *moref, *name;
};

struct thing {
    const char *urn, *name, *org, *type;
    const char *vcenter, *datastore;
    const char *path;              /* of a medium */
    int64_t size;                  /* likewise */
    struct machine *machines;      /* of a template or vApp */
    size_t machines_len;
};

static bool read_vdc(struct store *s, const char *urn, struct arena *a, struct thing *t, struct err *e)
{
    struct vdc v;
    if (!vdc_find(s, urn, a, &v, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_INPUT, "%s lies in no virtual datacenter any more", t->name) : false;
    t->vcenter = v.vcenter;
    t->datastore = v.datastore;
    return true;
}

/* While it is uploaded something is under way with it; what has failed has nothing to give. */
static bool is_there(const char *name, int64_t status, int64_t ready, struct err *e)
{
    if (status == CATALOG_UNRESOLVED)
        return err_set(e, ERR_CONFLICT, "The entity %s is busy completing an operation.", name);
    return status == ready || err_set(e, ERR_INPUT, "%s was not uploaded whole: there is nothing to download", name);
}

static bool read_medium(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct thing *t, struct err *e)
{
    struct media m;
    if (!media_get(s, c, urn, a, &m, e) || !is_there(m.name, m.status, CATALOG_RESOLVED, e))
        return false;
    *t = (struct thing){ .urn = urn, .name = m.name, .org = m.org, .type = MEDIA_TYPE, .path = m.path, .size = m.size };
    return read_vdc(s, m.vdc, a, t, e);
}

static bool make_room(struct thing *t, size_t len, struct arena *a, struct err *e)
{
    t->machines = arena_array(a, len + 1, sizeof(*t->machines));
    t->machines_len = len;
    return (len && len <= OVF_MACHINES_MAX) ||
           err_set(e, ERR_INPUT, "%s has %zu virtual machines: one with 1 to %d can be downloaded", t->name, len, OVF_MACHINES_MAX);
}

static bool read_template(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct thing *t, struct err *e)
{
    struct template m;
    if (!template_get(s, c, urn, a, &m, e) || !is_there(m.name, m.status, TEMPLATE_READY, e))
        return false;
    *t = (struct thing){ .urn = urn, .name = m.name, .org = m.org, .type = TEMPLATE_TYPE };
    if (!make_room(t, m.vms_len, a, e))
        return false;
    for (size_t i = 0; i < m.vms_len; i++)
        t->machines[i] = (struct machine){ m.vms[i].moref, m.vms[i].name };
    return read_vdc(s, m.vdc, a, t, e);
}

static bool read_vapp(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct thing *t, struct err *e)
{
    struct vapp v;
    struct vm *vms;
    size_t len;
    if (!vapp_get(s, c, urn, a, &v, e) || !vm_list(s, &(struct vm_query){ .vapp = urn }, a, &vms, &len, e))
        return false;
    *t = (struct thing){ .urn = urn, .name = v.name, .org = v.org, .type = VAPP_TYPE, .vcenter = v.vcenter };
    if (!make_room(t, len, a, e))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (vms[i].power != VM_OFF)
            return err_set(e, ERR_INPUT, "The requested operation can't be executed: %s is powered %s; %s is downloaded while it is off", vms[i].name,
                           vm_power_name(vms[i].power), v.name);
        if (!task_none_of(s, vms[i].urn, v.name, e))
            return false;
        t->machines[i] = (struct machine){ vms[i].moref, vms[i].name };
    }
    return true;
}

static bool read_thing(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct thing *t, struct err *e)
{
    return is(urn, MEDIA_URN)      ? read_medium(s, c, urn, a, t, e)
           : is(urn, TEMPLATE_URN) ? read_template(s, c, urn, a, t, e)
           : is(urn, VAPP_URN)     ? read_vapp(s, c, urn, a, t, e)
                                   : err_set(e, ERR_DENIED, "No access to entity \"%s\".", urn);
}

bool download_start(const struct site *site, const struct caller *c, const char *urn, char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct thing t;
    if (!site->spool)
        return err_set(e, ERR_INPUT, "this cell has no spool for downloads");
    if (!loan_begin(site->shelf, &l, e) || !read_thing(l.store, c, urn, &a, &t, e))
        return false;
    loan_end(&l);
    const struct task_new n = {
        .operation = arena_printf(&a, "Enabling download of %s", t.name), .operation_name = "vdcEnableDownload", .owner_urn = urn,
        .owner_name = t.name, .owner_type = t.type, .kind = &download_kind,
    };
    return task_start(site, c, &n, ret_task, e);
}

struct spool_entry *download_of(const struct site *site, const char *urn)
{
    return site->spool ? spool_find(site->spool, urn) : NULL;
}

bool download_stop(const struct site *site, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct template m;
    struct vapp v;
    if (!loan_begin(site->shelf, &l, e) ||
        !(is(urn, TEMPLATE_URN) ? template_get(l.store, c, urn, &a, &m, e) : vapp_get(l.store, c, urn, &a, &v, e)))
        return false;
    if (site->spool)
        spool_drop(site->spool, urn);
    return true;
}

/* ---- the steps ---- */

static void leave_line(struct flow *f)
{
    const struct task_run *r = task_of(f);
    char next[TURNS_TASK];
    turns_over(spool_turns(r->site->spool), r->urn, next);
    if (next[0])
        task_resume(r->site, next);
}

static bool wait_for_turn(struct flow *f, struct err *e)
{
    const struct task_run *r = task_of(f);
    if (flow_cancelled(f))
        return err_set(e, ERR_CANCELLED, "the task was cancelled");
    if (turns_take(spool_turns(r->site->spool), r->urn))
        return true;
    task_say(f, "Waiting for other downloads");
    return flow_rest(f);
}

/* One download while it is read. */
struct work {
    struct flow *flow;
    struct thing thing;
    struct vcenter_hold hold;
    struct spool_entry *entry;
    struct arena arena;
};

static void work_done(struct work *w)
{
    vcenter_return(&w->hold);
    (void)spool_unref(w->entry);
    spool_sweep(task_of(w->flow)->site->spool, clock_mono_ms()); /* what was not published goes at once */
    arena_done(&w->arena);
}

static bool begin_work(struct work *w, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct task_run *r = task_of(w->flow);
    if (!loan_begin(r->site->shelf, &l, e))
        return false;
    if (!read_thing(l.store, &everybody, r->owner, &w->arena, &w->thing, e))
        return e->kind == ERR_CONFLICT ? err_set(e, ERR_INPUT, "something else is under way with it") : false;
    loan_end(&l);
    return vcenter_borrow(r->site, w->thing.vcenter, &w->hold, e) &&
           spool_begin(r->site->spool, r->owner, w->thing.org, &w->entry, e);
}

static bool fetch_medium(struct work *w, struct err *e)
{
    const struct thing *t = &w->thing;
    const struct download_file what = { .flow = w->flow, .entry = w->entry, .name = DOWNLOAD_MEDIUM, .shown = t->name, .org = t->org };
    const struct host_file_at at = { t->vcenter, w->hold.session, t->datastore, t->path };
    uint64_t size;
    if (!download_medium(&what, &at, &size, e))
        return false;
    return !t->size || size == (uint64_t)t->size ||
           err_set(e, ERR_PEER, "the file on the datastore has %llu bytes where %lld were uploaded", (unsigned long long)size, (long long)t->size);
}

/* ---- machines ---- */

static bool place_of(struct work *w, const struct machine *m, struct vim_object *ret_host, struct err *e)
{
    struct vim_object vm = { .type = "VirtualMachine" };
    bool on;
    if (!text_copy(vm.id, sizeof(vm.id), m->moref))
        return err_set(e, ERR_INTERNAL, "the machine's id is too long");
    return vim_vm_place(w->hold.session, &vm, vim_deadline(VIM_TICKET_MS), &w->arena, ret_host, &on, e) &&
           (!on || err_set(e, ERR_INPUT, "%s is powered on", m->name));
}

static bool is_cancelled(void *self)
{
    return flow_cancelled(self);
}

/* What a file is called: "disk-0.vmdk", counted by us: what a vCenter says goes into no name here. */
static const char *name_file(struct work *w, const struct vim_lease_url *u, size_t n)
{
    return arena_printf(&w->arena, u->disk ? "disk-%zu.vmdk" : "file-%zu.bin", n);
}

static bool fetch_disks(struct work *w, const struct machine *m, const struct vim_object *lease, const struct vim_lease *l, struct vim_ovf_file *files,
                        struct err *e)
{
    size_t nth = (size_t)(m - w->thing.machines);
    struct vim_object host;
    if (!place_of(w, m, &host, e))
        return false;
    for (size_t i = 0; i < l->urls_len; i++) {
        const struct vim_lease_url *u = &l->urls[i];
        const char *name = name_file(w, u, w->entry->files_len);
        const struct download_file what = { .flow = w->flow, .entry = w->entry, .name = name, .shown = m->name, .org = w->thing.org,
                                            .lease = lease, .lease_s = l->timeout_s, .session = w->hold.session,
                                            .percent = (int)((nth * l->urls_len + i) * 100 / (w->thing.machines_len * l->urls_len)) };
        uint64_t size;
        if (!download_disk(&what, w->thing.vcenter, &host, u, &size, e))
            return false;
        files[i] = (struct vim_ovf_file){ .device = u->key, .path = name, .size = (int64_t)size };
    }
    return true;
}

/* What the vCenter wrote names each file with exactly its size; else a client would wait for bytes that don't come. */
static bool check_descriptor(const struct spool_entry *n, const char *text, size_t files, struct err *e)
{
    static const char ovf[] = "http://schemas.dmtf.org/ovf/envelope/1";
    AUTO(arena_done) struct arena a = { 0 };
    struct xml_element *root;
    size_t seen = 0;
    if (!xml_parse(text, strlen(text), NULL, &a, &root, e))
        return err_in(e, "the vCenter's descriptor");
    const struct xml_element *refs = xml_child(root, ovf, "References");
    for (const struct xml_element *f = xml_child(refs, ovf, "File"); f; f = xml_next(f, ovf, "File"), seen++) {
        const char *href = xml_attribute(f, ovf, "href"), *size = xml_attribute(f, ovf, "size");
        const struct spool_file *file = href ? spool_file(n, href) : NULL;
        if (!file || !size || strcmp(size, arena_printf(&a, "%llu", (unsigned long long)file->size)) != 0)
            return err_set(e, ERR_PEER, "the vCenter's descriptor names a file or a size that is not what was read");
    }
    return seen == files || err_set(e, ERR_PEER, "the vCenter's descriptor names %zu of %zu files", seen, files);
}

/* What the vCenter wrote of each machine: as copies, and as themselves. */
struct described {
    const char **texts[2]; /* by identity */
    size_t len;
};

static bool describe(struct work *w, const struct machine *m, const struct vim_ovf_file *files, size_t len, struct described *d, struct err *e)
{
    for (int identity = 0; identity < 2; identity++) {
        const struct vim_ovf_describe what = { .moref = m->moref, .name = m->name, .files = files, .files_len = len, .identity = identity };
        if (!vim_ovf_descriptor(w->hold.session, &what, vim_deadline(VIM_OVF_MS), &w->arena, &d->texts[identity][d->len], e))
            return false;
    }
    d->len++;
    return true;
}

static bool export_all(struct work *w, const struct machine *m, const struct vim_object *lease, struct described *d, struct err *e)
{
    const struct vim_task_wait how = { .cancelled = is_cancelled, .self = w->flow };
    struct vim_lease l;
    if (!vim_lease_wait(w->hold.session, lease, &how, vim_deadline(VIM_LEASE_READY_MS), &w->arena, &l, e))
        return false;
    if (l.urls_len > DOWNLOAD_DISKS)
        return err_set(e, ERR_LIMIT, "%s has more than %d files", m->name, DOWNLOAD_DISKS);
    struct vim_ovf_file *files = arena_array(&w->arena, l.urls_len + 1, sizeof(*files));
    return fetch_disks(w, m, lease, &l, files, e) && describe(w, m, files, l.urls_len, d, e);
}

static bool fetch_machine(struct work *w, const struct machine *m, struct described *d, struct err *e)
{
    struct vim_session *s = w->hold.session;
    struct vim_object lease;
    struct err ignored;
    if (!vim_export_vm(s, m->moref, vim_deadline(VIM_LEASE_CALL_MS), &lease, e))
        return err_in(e, "exporting %s", m->name);
    if (!export_all(w, m, &lease, d, e)) {
        (void)!vim_lease_abort(s, &lease, vim_deadline(VIM_LEASE_CALL_MS), &ignored);
        return false;
    }
    (void)!vim_lease_complete(s, &lease, vim_deadline(VIM_LEASE_CALL_MS), &ignored); /* everything is here: else it ends by itself */
    return true;
}

/* One machine's is the vCenter's own; of several they are joined. */
static bool add_descriptor(struct work *w, const char *const *texts, size_t len, size_t disks, const char *name, struct err *e)
{
    const char *text = texts[0];
    return (len == 1 || ovf_join(w->thing.name, texts, len, &w->arena, &text, e)) && check_descriptor(w->entry, text, disks, e) &&
           spool_add(w->entry, name, e) && spool_write(w->entry, text, strlen(text), e) && spool_whole(w->entry, e);
}

static bool fetch_machines(struct work *w, struct err *e)
{
    const struct thing *t = &w->thing;
    struct described d = { .len = 0 };
    for (int identity = 0; identity < 2; identity++)
        d.texts[identity] = arena_array(&w->arena, t->machines_len, sizeof(*d.texts[identity]));
    for (size_t i = 0; i < t->machines_len; i++)
        if (!fetch_machine(w, &t->machines[i], &d, e))
            return false;
    size_t disks = w->entry->files_len;
    return add_descriptor(w, d.texts[false], d.len, disks, DOWNLOAD_OVF, e) && add_descriptor(w, d.texts[true], d.len, disks, DOWNLOAD_OVF_ID, e);
}

/* What lies in a catalog never changes: what is in the spool of it already will do. */
static bool is_spooled(const struct flow *f)
{
    struct spool *s = task_of(f)->site->spool;
    AUTO(spool_unrefp) struct spool_entry *there = is(task_of(f)->owner, VAPP_URN) ? NULL : spool_find(s, task_of(f)->owner);
    AUTO(spool_unrefp) struct spool_entry *used = there ? spool_open(s, there->id, clock_mono_ms()) : NULL;
    return used != NULL;
}

/* It can be found from here on, unless the trust that it came by has gone meanwhile: whatever goes later is seen by a review. */
static bool publish(struct work *w, struct err *e)
{
    const struct site *site = task_of(w->flow)->site;
    struct trust_verdict v;
    char text[ERR_MSG_MAX];
    spool_publish(w->entry, clock_mono_ms());
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    if (spool_decide(w->entry, set, &v))
        return true;
    look_verdict_text(&v, text, sizeof(text));
    return err_set(e, ERR_UNTRUSTED, "The download of %s ended: an ESXi host that it came from is not believed any more: %s", w->thing.name, text);
}

static bool fetch(struct flow *f, struct err *e)
{
    AUTO(work_done) struct work w = { .flow = f };
    bool ok = is_spooled(f) ||
              (begin_work(&w, e) && (w.thing.path ? fetch_medium(&w, e) : fetch_machines(&w, e)) && publish(&w, e));
    leave_line(f);
    return ok;
}

static const struct flow_step steps[] = { { "turn", wait_for_turn, leave_line }, { "fetch", fetch, NULL }, { 0 } };
const struct flow_kind download_kind = { "download", steps, true };
