#include "flow/edit.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/secret.h"
#include "flow/anchor.h"
#include "flow/connect.h"
#include "flow/edit_common.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/publisher.h"
#include "flow/register.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "flow/watch.h"
#include "store/sealed.h"
#include "store/store.h"
#include "vim/session.h"

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Does what connections depend on change? */
static bool relogin(const struct vcenter *old, const struct edit_new *n, const struct vcenter *new)
{
    return n->password || !old->enabled || !same(old->host, new->host) || old->port != new->port ||
           !same(old->username, new->username) || old->names != new->names ||
           old->unpinned_acknowledged != new->unpinned_acknowledged;
}

static bool nsxv_changes(const struct vcenter_nsxv *old, const struct edit_new *n, const struct vcenter_nsxv *new)
{
    return new->urn[0] && (n->nsxv_password || !same(old->host, new->host) || old->port != new->port ||
                           !same(old->username, new->username));
}

/* Step 1 again, for what shall be enabled. */
static bool look(const struct site *site, const struct vcenter *v, bool must_answer, struct err *e)
{
    AUTO(look_done) struct look l = { 0 };
    if (!connect_look(site, v, &l, e))
        return false;
    if ((l.seen && l.verdict.ok) || (!l.seen && !must_answer))
        return true;
    const struct look_request rq = { .host = v->host, .port = v->port };
    return look_refused(&rq, &l, e);
}

static bool check(const struct site *site, const struct edit_new *n, const struct vcenter *old, struct vcenter *v, struct arena *a,
                  struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct vcenter other;
    struct err none;
    if (!register_check(v, a, e) || (n->password && !register_check_password("password", n->password, e)) ||
        (n->nsxv_password && !register_check_password("the NSX Manager's password", n->nsxv_password, e)))
        return false;
    if (v->nsxv.urn[0] && !old->nsxv.urn[0] && !n->nsxv_password)
        return err_set(e, ERR_INPUT, "the NSX Manager's password is missing");
    if (!loan_begin(site->shelf, &l, e) || !task_none_of(l.store, v->urn, old->name, e))
        return false;
    if (vcenter_find(l.store, v->name, a, &other, &none) && !same(other.urn, v->urn))
        return err_set(e, ERR_CONFLICT, "Duplicate name: a vCenter Server is called %s already", other.name);
    loan_end(&l);
    if (!v->enabled)
        return true;
    return look(site, v, relogin(old, n, v), e) &&
           (!nsxv_changes(&old->nsxv, n, &v->nsxv) || register_look_nsxv(site, &v->nsxv, e));
}

bool edit_start(const struct site *site, const struct caller *c, const struct edit_new *n, char ret_task[STORE_ID_MAX + 1],
                struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter old, v = n->said;
    if (!edit_get(site, v.urn, &a, &old, e))
        return false;
    if (old.nsxv.urn[0] && v.nsxv.url && v.nsxv.url[0])
        v.nsxv.urn = old.nsxv.urn;
    v.nsxv.version = old.nsxv.version;
    v.mode = old.mode;
    v.made_ms = old.made_ms;
    v.revision = old.revision + 1;
    if (!check(site, n, &old, &v, &a, e))
        return false;
    struct task_secret secrets[2];
    size_t len = 0;
    if (n->password)
        secrets[len++] = (struct task_secret){ "password", n->password };
    if (n->nsxv_password && v.nsxv.urn[0])
        secrets[len++] = (struct task_secret){ "nsxv", n->nsxv_password };
    json_t *data = json_pack("{s:o, s:s, s:b, s:b, s:b, s:b}", "said", vcenter_write(&v), "oldNsxv", old.nsxv.urn, "relogin",
                             v.enabled && relogin(&old, n, &v), "nsxv", v.enabled && nsxv_changes(&old.nsxv, n, &v.nsxv),
                             "newPassword", n->password != NULL, "newNsxvPassword", len && same(secrets[len - 1].name, "nsxv"));
    const struct task_new t = {
        .operation = arena_printf(&a, "Updating vCenter Server %s", v.name), .operation_name = "vcenterUpdate",
        .owner_urn = v.urn, .owner_name = v.name, .owner_type = EDIT_OWNER_TYPE, .kind = &edit_kind, .data = data,
        .secrets = secrets, .secrets_len = len,
    };
    bool ok = task_start(site, c, &t, ret_task, e);
    json_decref(data);
    return ok;
}

/* ---- the steps ---- */

static bool flag(const struct flow *f, const char *key)
{
    return json_is_true(json_object_get(task_of(f)->data, key));
}

/* The new secret when there is one, else the one that is kept. */
static bool secret_of(const struct flow *f, const char *name, bool is_new, const char *kind, const char *urn, struct secret *ret,
                      struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(task_of(f)->site->shelf, &l, e) &&
           (is_new ? task_secret_get(f, l.store, name, ret, e) : store_sealed_get(l.store, kind, urn, ret, e));
}

static bool login(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct vcenter v, old;
    struct vim_about about;
    if (!flag(f, "relogin"))
        return true;
    if (!register_said(f, &a, &v, e) || !edit_get(site, v.urn, &a, &old, e) ||
        !secret_of(f, "password", flag(f, "newPassword"), VCENTER_PASSWORD, v.urn, &password, e) ||
        !vcenter_open(site, &v, &password, &h, e) || !connect_login(h.session, v.name, &about, e))
        return false;
    vim_session_logout(h.session, vim_deadline(CONNECT_MS));
    return !old.uuid[0] || !about.instance_uuid[0] || same(old.uuid, about.instance_uuid) ||
           err_set(e, ERR_CONFLICT, "another vCenter Server than the registered one answers at %s; register it by itself", v.url);
}

static bool nsxv(struct flow *f, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    struct vcenter v;
    if (!flag(f, "nsxv"))
        return true;
    if (!register_said(f, &a, &v, e) ||
        !secret_of(f, "nsxv", flag(f, "newNsxvPassword"), VCENTER_NSXV_PASSWORD, v.nsxv.urn, &password, e) ||
        !register_login_nsxv(task_of(f)->site, &v.nsxv, &password, &a, e))
        return false;
    (void)json_object_set_new(task_of(f)->data, "said", vcenter_write(&v));
    return true;
}

static bool replace_secret(const struct flow *f, struct store *s, const char *name, const char *kind, const char *urn,
                           struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    return task_secret_get(f, s, name, &password, e) && store_sealed_put(s, kind, urn, &password, task_by(f).at_ms, e);
}

/* The NSX-V Manager that is beside it no more: a PUT with null removes it (vcd-api.md 3.1). */
static bool drop_nsxv(const struct flow *f, struct store *s, const struct vcenter *v, struct err *e)
{
    const char *old = task_text(f, "oldNsxv");
    const struct store_by by = task_by(f);
    size_t count;
    if (!old[0] || same(old, v->nsxv.urn))
        return true;
    return anchor_forget(s, old, &by, &count, e) && edit_drop_endpoints(s, old, e) &&
           (store_sealed_remove(s, VCENTER_NSXV_PASSWORD, old, e) || e->kind == ERR_NOT_FOUND);
}

static bool keep_in(const struct flow *f, struct store *s, struct vcenter *v, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = task_by(f);
    struct vcenter now;
    if (!vcenter_get(s, v->urn, &a, &now, e))
        return false;
    v->mode = now.mode; /* follows use: VDCs may have come and gone meanwhile */
    return vcenter_put(s, v, e) &&
           (!flag(f, "newPassword") || replace_secret(f, s, "password", VCENTER_PASSWORD, v->urn, e)) &&
           (!flag(f, "newNsxvPassword") || replace_secret(f, s, "nsxv", VCENTER_NSXV_PASSWORD, v->nsxv.urn, e)) &&
           drop_nsxv(f, s, v, e) && register_promote(s, v, &by, e) &&
           register_audit(s, v, "vcenter.edit", v->enabled ? "changed; enabled" : "changed; disabled", &by, e);
}

/* True when what is kept is this revision already: by this step before a kill, or by a commit that seemed to fail. */
static bool is_kept(const struct site *site, const struct vcenter *v)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter now;
    struct err e;
    return edit_get(site, v->urn, &a, &now, &e) && now.revision == v->revision;
}

static bool keep(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    if (!register_said(f, &a, &v, e))
        return false;
    if (!is_kept(site, &v)) {
        if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !keep_in(f, l.store, &v, e))
            return false;
        if (!store_commit(l.store, e) && !is_kept(site, &v))
            return false;
    }
    task_of(f)->settled = true;
    return edit_publish(site, e);
}

static bool attach(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct err why;
    if (!register_said(f, &a, &v, e))
        return false;
    if (v.enabled)
        connect_notice(site, v.urn);
    if (!v.enabled)
        connect_stop(site, v.urn);
    else if (!connect_registered(site, v.urn, flag(f, "relogin"), NULL, &why))
        flow_note(f, "The change is kept; it is not connected now: %s", why.msg);
    watch_poke(site->watch, v.urn);
    return true;
}

static const struct flow_step steps[] = {
    { "login", login, NULL },
    { "nsx-manager", nsxv, NULL },
    { "keep", keep, NULL },     /* one transaction */
    { "attach", attach, NULL }, /* from here on nothing fails any more */
    { "vmca", register_trust, NULL },
    { 0 },
};
const struct flow_kind edit_kind = { "vcenter.edit", steps, false };
