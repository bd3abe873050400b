#include "flow/gc_change.h"

#include "base/arena.h"
#include "flow/gc.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/runner.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vm.h"
#include "store/sealed.h"
#include "store/store.h"

void gc_passwords_done(struct gc_passwords *p)
{
    secret_done(&p->admin);
    secret_done(&p->domain);
}

bool gc_change_start(const struct site *site, const struct caller *c, const struct vm *v, struct gc *g, const struct gc_passwords *p,
                     char ret_task[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct task_secret secrets[2];
    size_t len = 0;
    if (p->admin.len) {
        g->has_admin_password = true;
        secrets[len++] = (struct task_secret){ "admin", &p->admin };
    }
    if (p->domain.len) {
        g->has_domain_password = true;
        secrets[len++] = (struct task_secret){ "domain", &p->domain };
    }
    g->pending |= g->enabled;
    if (!gc_check(g, v, e))
        return false;
    json_t *data = json_pack("{s:o, s:b, s:b}", "section", gc_write(g), "admin", p->admin.len > 0, "domain", p->domain.len > 0);
    const struct task_new n = {
        .operation = arena_printf(&a, "Updating the guest customization of %s", v->name), .operation_name = "vappUpdateVm",
        .owner_urn = v->urn, .owner_name = v->name, .owner_type = VM_TYPE, .kind = &gc_change_kind, .data = data, .secrets = secrets,
        .secrets_len = len,
    };
    bool ok = task_start(site, c, &n, ret_task, e);
    json_decref(data);
    return ok;
}

static bool keep_password(const struct flow *f, struct store *s, const char *name, const char *kind, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    if (!json_is_true(json_object_get(task_of(f)->data, name)))
        return true;
    return task_secret_get(f, s, name, &password, e) &&
           store_sealed_put(s, kind, task_of(f)->owner, &password, task_by(f).at_ms, e);
}

/* How far the last one came is the machine's, not the section's. */
static bool keep(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = task_by(f);
    struct vm v;
    struct gc now, said;
    if (!loan_begin(task_of(f)->site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !vm_find(l.store, task_of(f)->owner, &a, &v, e) || !gc_get(l.store, &v, &a, &now, e))
        return false;
    gc_read(json_object_get(task_of(f)->data, "section"), &a, &said);
    gc_keep_progress(&said, &now);
    return keep_password(f, l.store, "admin", GC_ADMIN_PASSWORD, e) && keep_password(f, l.store, "domain", GC_DOMAIN_PASSWORD, e) &&
           gc_put(l.store, v.urn, &said, e) &&
           kept_audit(l.store, &by, "vm.guest", v.urn, e, "Guest customization of %s changed", v.name) && store_commit(l.store, e);
}

static const struct flow_step steps[] = { { "keep", keep, NULL }, { 0 } };
const struct flow_kind gc_change_kind = { "vm.guest", steps, false };
