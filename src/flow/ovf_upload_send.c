/* The way of an upload's bytes: its lease, the host that the lease names, and a gate_upload for each file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "flow/evidence.h"
#include "flow/host_target.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/ovf_archive.h"
#include "flow/ovf_upload_parts.h"
#include "flow/vcenter_table.h"
#include "gate/upload.h"
#include "net/pool.h"
#include "trust/verdict.h"
#include "vim/lease.h"
#include "vim/ovf.h"
#include "vim/vm_ticket.h"
#include "wire/url.h"

static const char feature[] = "OVF import";

/* A file on its way over one lease: what the gate calls. */
struct way {
    struct ovf_upload *upload;    /* a reference */
    size_t file, machine;
    unsigned attempt;
    char device[VIM_MOID_MAX];
    bool put;
};

static struct way *way_destroy(struct way *w)
{
    (void)ovf_upload_unref(w->upload);
    free(w);
    return NULL;
}

/* ---- to which host ---- */

/* "https://esx1:443/nfc/52../disk-0.vmdk"; a host "*" is left to the inventory (vsphere-api.md 3.2). */
static bool read_url(const char *text, struct gate_target *t, struct err *e)
{
    static const char any[] = "https://*";
    struct url u;
    const char *path = strncmp(text, any, sizeof(any) - 1) == 0 ? strchr(text + sizeof(any) - 1, '/') : NULL;
    if (path && strlen(path) <= GATE_PATH_MAX) {
        t->path = xstrdup(path);
        return true;
    }
    if (!url_parse(text, strlen(text), &u, e) || !u.tls || !u.target.path.len || strlen(u.target.path.at) > GATE_PATH_MAX)
        return err_set(e, ERR_PEER, "the lease has a URL that is none");
    t->host = xstrdup(u.host.name);
    t->port = u.host.port;
    t->path = xstrdup(u.target.path.at);
    return true;
}

static bool target_of(struct ovf_upload *u, struct vim_session *s, const struct vim_object *host, const struct vim_lease_url *url,
                      struct gate_target **ret, struct err *e)
{
    AUTO(gate_target_unrefp) struct gate_target *t = gate_target_create();
    if (!read_url(url->url, t, e))
        return false;
    if (url->thumbprint[0] && !gate_target_thumbprint(t, url->thumbprint))
        return err_set(e, ERR_PEER, "the lease has a thumbprint that can't be read");
    if (!host_target_fill(u->site, u->vcenter, s, host, t, e))
        return false;
    t->vm_name = xstrdup(u->name);
    t->user_name = xstrdup(u->user);
    t->org = xstrdup(u->org);
    *ret = STEAL(t);
    return true;
}

static bool errand_of(struct gate_target *take, bool put, struct gate_errand **ret, struct err *e)
{
    AUTO(gate_errand_destroyp) struct gate_errand *r = gate_errand_create(take, put ? "PUT" : "POST");
    if (!(put ? gate_errand_field(r, "Overwrite", "t", e) && gate_errand_field(r, "Content-Type", "application/octet-stream", e)
              : gate_errand_field(r, "Content-Type", "application/x-vnd.vmware-streamVmdk", e)))
        return false;
    *ret = STEAL(r);
    return true;
}

static const struct vim_lease_url *url_of(const struct vim_lease *l, const char *device)
{
    for (size_t i = 0; i < l->urls_len; i++)
        if (strcmp(l->urls[i].import_key, device) == 0)
            return &l->urls[i];
    return NULL;
}

static bool host_of(struct vim_session *s, const struct vim_lease *l, struct vim_object *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    bool on;
    return vim_vm_place(s, &l->entity, vim_deadline(OVF_UPLOAD_CALL_MS), &a, ret, &on, e);
}

/* ---- what the gate asks ---- */

static bool again(void *self, struct gate_errand **ret, struct err *e)
{
    struct way *w = self;
    struct ovf_upload *u = w->upload;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct gate_target *t;
    struct vim_lease l;
    struct vim_object host;
    (void)pthread_mutex_lock(&u->lock);
    const struct vim_object lease = u->machines[w->machine].lease;
    (void)pthread_mutex_unlock(&u->lock);
    if (!vcenter_borrow(u->site, u->vcenter, &hold, e) ||
        !vim_lease_read(hold.session, &lease, vim_deadline(OVF_UPLOAD_CALL_MS), &a, &l, e))
        return false;
    const struct vim_lease_url *url = url_of(&l, w->device);
    if (!url)
        return err_set(e, ERR_PEER, "the lease has no URL for this file any more");
    return host_of(hold.session, &l, &host, e) && target_of(u, hold.session, &host, url, &t, e) && errand_of(t, w->put, ret, e);
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    const struct way *w = self;
    host_target_event(w->upload->site, n, feature, ret_event);
}

static void proved(void *self, const struct gate_target *t, const struct trust_verdict *v)
{
    const struct way *w = self;
    evidence_note(w->upload->site->evidence, v->anchor, t->endpoint, EVIDENCE_OVF_UP);
}

static void tap(void *self, const uint8_t *p, size_t len)
{
    const struct way *w = self;
    struct ovf_upload_file *f = &w->upload->files[w->file];
    for (size_t i = 0; i < OVF_UPLOAD_DIGESTS; i++)
        if (f->digests[i])
            digest_add(f->digests[i], p, len);
}

/* Under the lock; the tap is quiet. */
static void sum_up(struct ovf_upload_file *f)
{
    for (size_t i = 0; i < OVF_UPLOAD_DIGESTS; i++)
        if (f->digests[i]) {
            digest_end(f->digests[i], f->sums[i]);
            f->summed[i] = true;
            f->digests[i] = digest_destroy(f->digests[i]);
        }
}

/* Only a host that could not be reached, or broke off, is tried again; not with an archive, which is one request. */
static bool may_try_again(const struct ovf_upload *u, const struct gate_upload_end *end)
{
    return end->why == RELAY_HOST && end->what == GATE_FAILED && u->leases < OVF_UPLOAD_LEASES_MAX && u->archived == OVF_ARCHIVE_NONE;
}

/* Under the lock. */
static void note_end(struct ovf_upload *u, struct ovf_upload_file *f, const struct gate_upload_end *end)
{
    if (end->why == RELAY_DONE) {
        f->complete = true;
        f->size = (int64_t)end->bytes;
        sum_up(f);
    } else if (may_try_again(u, end)) {
        u->broken = true;
        LOG(INFO, "upload.broken", "transfer=%s file=\"%s\" why=\"%s\"", u->id, f->name, end->err ? end->err->msg : "");
    } else if (u->failed.kind == ERR_NONE && end->why != RELAY_SHUTDOWN) {
        (void)err_set(&u->failed, end->err ? end->err->kind : ERR_PEER, "%s of the file %s: %s", feature, f->name,
                      end->err ? end->err->msg : "the transfer was stopped");
    }
}

static void ended(void *self, const struct gate_upload_end *end)
{
    struct way *w = self;
    struct ovf_upload *u = w->upload;
    (void)pthread_mutex_lock(&u->lock);
    bool counts = w->attempt == u->attempt && u->phase == OVF_UPLOAD_SENDING;
    if (counts)
        note_end(u, &u->files[w->file], end);
    (void)pthread_mutex_unlock(&u->lock);
    if (counts)
        ovf_upload_wake(u);
    (void)way_destroy(w);
}

static const struct gate_sender sender = { again, tell, proved, tap, ended };

/* ---- ways ---- */

/* What a manifest that came already asks for, else whatever one could. */
static void begin_sums(struct ovf_upload *u, struct ovf_upload_file *f)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_sum *sums;
    size_t len = 0;
    struct err none;
    bool known = u->manifest && ovf_manifest_parse(u->manifest, u->manifest_len, &a, &sums, &len, &none);
    for (size_t i = 0; i < OVF_UPLOAD_DIGESTS; i++) {
        f->digests[i] = digest_destroy(f->digests[i]);
        f->summed[i] = false;
        bool wanted = u->manifest_wanted && !known;
        for (size_t n = 0; n < len; n++)
            wanted |= sums[n].kind == (enum digest_kind)i && strcmp(sums[n].name, f->name) == 0;
        if (wanted)
            f->digests[i] = digest_create((enum digest_kind)i);
    }
}

/* Under the lock. */
static void put_way(struct ovf_upload *u, size_t n, struct ovf_upload_plan *p)
{
    struct ovf_upload_file *f = &u->files[n];
    struct way *w = xcalloc(1, sizeof(*w));
    u->refs++;
    *w = (struct way){ .upload = u, .file = n, .machine = p->files[n].machine, .attempt = u->attempt, .put = p->files[n].put };
    memcpy(w->device, p->files[n].device, sizeof(w->device));
    begin_sums(u, f);
    const struct gate_upload_how how = { .sender = &sender, .self = w, .name = f->name,
                                         .length = f->size < 0 ? RANGE_UNKNOWN : (uint64_t)f->size };
    (void)gate_upload_unref(f->way);
    f->way = gate_upload_create(u->site->gate, STEAL(p->errands[n]), &how);
    f->complete = false;
}

void ovf_upload_plan_done(struct ovf_upload_plan *p)
{
    for (size_t i = 0; i < OVF_FILES_MAX; i++)
        p->errands[i] = gate_errand_destroy(p->errands[i]);
}

static const struct vim_ovf_item *item_of(const struct vim_import_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->items_len; i++)
        if (strcmp(spec->items[i].path, name) == 0)
            return &spec->items[i];
    return NULL;
}

/* One machine of the package. */
struct opening {
    struct ovf_upload *upload;
    size_t machine;
    const struct vim_import_spec *spec;
    struct vim_lease lease;
    struct vim_object host;
    struct ovf_upload_plan *plan;
};

static bool make_errand(struct opening *o, size_t n, const struct vim_ovf_item *item, const char **looked, struct err *e)
{
    const char *name = o->upload->files[n].name;
    const struct vim_lease_url *url = url_of(&o->lease, item->device);
    char event[RANDOM_UUID];
    struct gate_target *t;
    if (o->plan->errands[n])
        return err_set(e, ERR_INPUT, "the file %s belongs to more than one virtual machine: each needs one of its own", name);
    if (!url || !text_copy(o->plan->files[n].device, sizeof(o->plan->files[n].device), item->device))
        return err_set(e, ERR_PEER, "the lease has no URL for the file %s", name);
    if (!target_of(o->upload, o->plan->session, &o->host, url, &t, e))
        return false;
    bool ok = (*looked && strcmp(*looked, t->host) == 0) || host_target_ask(o->upload->site, t, feature, event, e);
    *looked = t->host;
    if (!ok) {
        (void)gate_target_unref(t);
        return false;
    }
    o->plan->files[n].machine = o->machine;
    o->plan->files[n].put = item->create;
    return errand_of(t, item->create, &o->plan->errands[n], e);
}

/* Each file's errand; the host behind the first URL is looked at before anything is promised, and each other one when it is another. */
static bool make_errands(struct opening *o, struct err *e)
{
    const char *looked = NULL;
    for (size_t i = 0; i < o->upload->files_len; i++) {
        const struct vim_ovf_item *item = item_of(o->spec, o->upload->files[i].name);
        if (item && !make_errand(o, i, item, &looked, e))
            return false;
    }
    return true;
}

static bool cancelled(void *self)
{
    return flow_cancelled(self);
}

/* Its lease is kept alive from here on, while the next machines get theirs. */
static void keep_alive(struct ovf_upload *u, size_t machine, const struct vim_lease *l)
{
    int64_t third = l->timeout_s * 1000 / 3;
    (void)pthread_mutex_lock(&u->lock);
    struct ovf_upload_machine *m = &u->machines[machine];
    m->renew_every_ms = third < OVF_UPLOAD_RENEW_MS ? third : OVF_UPLOAD_RENEW_MS;
    m->renew_ms = clock_mono_ms() + m->renew_every_ms;
    u->leased = true;
    (void)pthread_mutex_unlock(&u->lock);
}

bool ovf_upload_plan_machine(struct ovf_upload *u, struct ovf_upload_plan *p, size_t machine, const struct vim_import_spec *spec,
                             struct vim_object *ret_vm, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_session *s = p->session;
    struct opening o = { .upload = u, .machine = machine, .spec = spec, .plan = p };
    const struct vim_object *lease = &u->machines[machine].lease; /* this thread's task set it */
    const struct vim_task_wait w = { .cancelled = cancelled, .self = p->flow };
    if (!vim_lease_wait(s, lease, &w, vim_deadline(VIM_LEASE_READY_MS), &a, &o.lease, e))
        return false;
    if (strcmp(o.lease.entity.type, "VirtualMachine") != 0)
        return err_set(e, ERR_INPUT, "the vCenter Server made something else than a virtual machine of the package");
    *ret_vm = o.lease.entity;
    keep_alive(u, machine, &o.lease);
    if (!host_of(s, &o.lease, &o.host, e) || !make_errands(&o, e))
        return false;
    LOG(INFO, "upload.leased", "transfer=%s lease=%s vm=%s files=%zu", u->id, lease->id, ret_vm->id, u->files_len);
    return true;
}

/* An import without a file that anybody wants still goes to a host. */
static bool wants_something(const struct ovf_upload_plan *p)
{
    for (size_t i = 0; i < OVF_FILES_MAX; i++)
        if (p->errands[i])
            return true;
    return false;
}

void ovf_upload_open_ways(struct ovf_upload *u, struct ovf_upload_plan *p)
{
    if (!wants_something(p) && u->files_len)
        LOG(INFO, "upload.unwanted", "transfer=%s files=%zu", u->id, u->files_len);
    (void)pthread_mutex_lock(&u->lock);
    u->attempt++;
    u->leases++;
    u->broken = false;
    for (size_t i = 0; i < u->files_len; i++)
        put_way(u, i, p);
    u->phase = OVF_UPLOAD_SENDING;
    ovf_archive_tell(u);
    (void)pthread_mutex_unlock(&u->lock);
}

void ovf_upload_stop_ways(struct ovf_upload *u)
{
    AUTO(arena_done) struct arena a = { 0 };
    (void)pthread_mutex_lock(&u->lock);
    u->attempt += u->phase == OVF_UPLOAD_OVER; /* what ends now is not heard */
    struct gate_upload **ways = arena_array(&a, u->files_len + 1, sizeof(struct gate_upload *));
    size_t len = 0;
    for (size_t i = 0; i < u->files_len; i++)
        if (u->files[i].way)
            ways[len++] = gate_upload_ref(u->files[i].way);
    u->leased = false;
    (void)pthread_mutex_unlock(&u->lock);
    for (size_t i = 0; i < len; i++) {
        gate_upload_stop(ways[i]);
        (void)gate_upload_unref(ways[i]);
    }
}

/* ---- the lease lives on ---- */

struct renewal {
    struct pool_job job;
    struct ovf_upload *upload; /* a reference */
};

/* Under the lock. */
static struct ovf_upload_machine *due(struct ovf_upload *u, int64_t now_ms)
{
    for (size_t i = 0; u->leased && i < u->machines_len; i++)
        if (u->machines[i].renew_every_ms && now_ms >= u->machines[i].renew_ms)
            return &u->machines[i];
    return NULL;
}

/* The next lease whose time it is; its time is another then. */
static bool take_due(struct ovf_upload *u, struct vim_object *ret)
{
    int64_t now = clock_mono_ms();
    (void)pthread_mutex_lock(&u->lock);
    struct ovf_upload_machine *m = due(u, now);
    if (m) {
        m->renew_ms = now + m->renew_every_ms;
        *ret = m->lease;
    }
    (void)pthread_mutex_unlock(&u->lock);
    return m != NULL;
}

static void renew(struct pool_job *j)
{
    struct ovf_upload *u = CONTAINER_OF(j, struct renewal, job)->upload;
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct err e;
    if (!vcenter_borrow(u->site, u->vcenter, &hold, &e)) {
        LOG(WARN, "upload.lease", "transfer=%s error=\"%s\"", u->id, e.msg);
        return;
    }
    for (struct vim_object lease; take_due(u, &lease);)
        if (!vim_lease_progress(hold.session, &lease, ovf_upload_percent(u), vim_deadline(VIM_TICKET_MS), &e))
            LOG(WARN, "upload.lease", "transfer=%s lease=%s error=\"%s\"", u->id, lease.id, e.msg); /* one that is over breaks its files' connections */
}

static void renewal_destroy(struct pool_job *j)
{
    struct renewal *r = CONTAINER_OF(j, struct renewal, job);
    (void)pthread_mutex_lock(&r->upload->lock);
    r->upload->renewing = false;
    (void)pthread_mutex_unlock(&r->upload->lock);
    (void)ovf_upload_unref(r->upload);
    free(r);
}

void ovf_upload_renew(struct ovf_upload *u, int64_t now_ms)
{
    struct err e;
    (void)pthread_mutex_lock(&u->lock);
    bool begins = !u->renewing && due(u, now_ms);
    u->renewing |= begins;
    (void)pthread_mutex_unlock(&u->lock);
    if (!begins)
        return;
    struct renewal *r = xcalloc(1, sizeof(*r));
    *r = (struct renewal){ .job = { .work = renew, .destroy = renewal_destroy }, .upload = ovf_upload_ref(u) };
    if (!pool_run(u->site->pool, &r->job, &e))
        renewal_destroy(&r->job);
}

/* ---- digests ---- */

static bool agrees(const struct ovf_upload *u, const struct ovf_sum *sum, struct err *e)
{
    uint8_t here[DIGEST_MAX];
    const uint8_t *seen = NULL;
    for (size_t i = 0; i < u->files_len && !seen; i++)
        if (strcmp(u->files[i].name, sum->name) == 0) {
            if (!u->files[i].summed[sum->kind])
                return err_set(e, ERR_INTERNAL, "the digest of the file %s was not taken", sum->name);
            seen = u->files[i].sums[sum->kind];
        }
    if (!seen) { /* the descriptor, under its own name at the client */
        struct digest *d = digest_create(sum->kind);
        digest_add(d, u->descriptor, u->descriptor_len);
        digest_end(d, here);
        (void)digest_destroy(d);
        seen = here;
    }
    return memcmp(seen, sum->digest, digest_size(sum->kind)) == 0 ||
           err_set(e, ERR_INPUT, "the file %s is not the one that the manifest names: its digest is another", sum->name);
}

static bool is_named(const struct ovf_sum *sums, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(sums[i].name, name) == 0)
            return true;
    return false;
}

bool ovf_upload_sums_agree(struct ovf_upload *u, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct ovf_sum *sums;
    size_t len;
    if (!u->manifest)
        return !u->manifest_wanted || err_set(e, ERR_INPUT, "the manifest that was announced did not come");
    if (!ovf_manifest_parse(u->manifest, u->manifest_len, &a, &sums, &len, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!agrees(u, &sums[i], e))
            return false;
    for (size_t i = 0; i < u->files_len; i++)
        if (!is_named(sums, len, u->files[i].name))
            return err_set(e, ERR_INPUT, "the manifest says nothing of the file %s", u->files[i].name);
    return true;
}
