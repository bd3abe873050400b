#include "flow/register.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/secret.h"
#include "flow/anchor.h"
#include "flow/connect.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/look.h"
#include "flow/publisher.h"
#include "flow/site_settings.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "flow/watch.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/words.h"
#include "vim/nsx.h"
#include "vim/session.h"

#define OWNER_TYPE "application/vnd.vmware.admin.vmwvirtualcenter+xml"

/* ---- before anything is stored ---- */

bool register_check_text(const char *what, enum store_text kind, const char **text, size_t max, struct err *e)
{
    *text = *text ? *text : "";
    struct err why;
    return store_take_text(what, kind, *text, max, &why) || err_set(e, ERR_INPUT, "%s", why.msg);
}

bool register_check_password(const char *what, const struct secret *password, struct err *e)
{
    if (!password || password->len == 0)
        return err_set(e, ERR_INPUT, "%s is missing", what);
    return password->len <= VCENTER_PASSWORD_MAX || err_set(e, ERR_INPUT, "%s is longer than %d bytes", what, VCENTER_PASSWORD_MAX);
}

static bool check_user(const char *what, const char **user, struct err *e)
{
    if (!register_check_text(what, STORE_LINE, user, VCENTER_USER_MAX, e))
        return false;
    return !strchr(*user, ':') || err_set(e, ERR_INPUT, "%s has a colon", what); /* RFC 7617 section 2 */
}

bool register_check_account(const char **name, const char **username, const char **url, struct err *e)
{
    return register_check_text("name", STORE_LINE, name, VCENTER_NAME_MAX, e) &&
           register_check_text("url", STORE_LINE, url, VCENTER_URL_MAX, e) && check_user("username", username, e);
}

bool register_check(struct vcenter *v, struct arena *a, struct err *e)
{
    struct vcenter_nsxv *n = &v->nsxv;
    if (!register_check_account(&v->name, &v->username, &v->url, e) ||
        !register_check_text("description", STORE_PROSE, &v->description, VCENTER_TEXT_MAX, e) ||
        !register_check_text("vsphereWebClientServerUrl", STORE_LINE_OR_NONE, &v->web_client_url, VCENTER_URL_MAX, e) ||
        !register_check_text("rootFolder", STORE_LINE_OR_NONE, &v->root_folder, STORE_NAME_MAX, e) ||
        !register_check_text("vcNoneNetwork", STORE_LINE_OR_NONE, &v->none_network, STORE_NAME_MAX, e) ||
        !register_check_text("tenantVisibleName", STORE_LINE_OR_NONE, &v->tenant_visible_name, STORE_NAME_MAX, e) ||
        !vcenter_url_read(v->url, a, &v->url, &v->host, &v->port, e))
        return false;
    if (!n->url || !n->url[0]) {
        *n = (struct vcenter_nsxv){ .urn = "" };
        return true;
    }
    if (!check_user("the NSX Manager's username", &n->username, e) ||
        !register_check_text("the NSX Manager's name", STORE_LINE_OR_NONE, &n->name, VCENTER_NAME_MAX, e) ||
        !vcenter_url_read(n->url, a, &n->url, &n->host, &n->port, e))
        return err_in(e, "nsxVManager");
    if (!n->urn || !n->urn[0])
        n->urn = kept_urn("nsxvmanager", a);
    return true;
}

bool register_look_nsxv(const struct site *site, const struct vcenter_nsxv *n, struct err *e)
{
    const struct vcenter_reach *reach = vcenter_table_reach(site);
    AUTO(look_done) struct look l = { 0 };
    AUTO(loan_end) struct loan loan = { 0 };
    struct site_settings all;
    if (!loan_begin(site->shelf, &loan, e) || !site_settings_read(loan.store, &all, e))
        return false;
    loan_end(&loan);
    const struct look_request rq = { .host = n->host, .port = n->port,
                                     .names_mode = all.verify_nsx ? TRUST_NAMES_CHECK : TRUST_NAMES_OFF,
                                     .behalf = { TRUST_FOR_NSX, n->port, n->urn, n->host } };
    if (!reach->look(reach->self, site, &rq, &l, e))
        return false;
    return (l.seen && l.verdict.ok) || look_refused(&rq, &l, e) || err_in(e, "the NSX Manager");
}

bool register_login_nsxv(const struct site *site, struct vcenter_nsxv *n, const struct secret *password, struct arena *a,
                         struct err *e)
{
    AUTO(vim_endpoint_destroyp) struct vim_endpoint *ep = NULL;
    struct vim_nsx found;
    if (!vcenter_open_nsx(site, n->urn, n->host, n->port, &ep, e) ||
        !vim_nsx_read(ep, VIM_NSX_V, n->username, password, vim_deadline(CONNECT_MS), &found, e))
        return err_in(e, "the NSX Manager");
    n->version = arena_strdup(a, found.version);
    return true;
}

static bool name_is_free(const struct site *site, const char *name, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter other;
    struct err none;
    if (!loan_begin(site->shelf, &l, e))
        return false;
    if (vcenter_find(l.store, name, &a, &other, &none))
        return err_set(e, ERR_CONFLICT, "Duplicate name: a vCenter Server is called %s already", other.name);
    return none.kind == ERR_NOT_FOUND || err_set(e, none.kind, "%s", none.msg);
}

bool register_start(const struct site *site, const struct caller *c, const struct register_new *n,
                    char ret_task[STORE_ID_MAX + 1], char ret_urn[STORE_ID_MAX + 1], struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v = n->said;
    v.urn = kept_urn("vimserver", &a);
    v.mode = "NONE";
    v.revision = 1;
    if (!register_check(&v, &a, e) || !register_check_password("password", n->password, e) ||
        (v.nsxv.urn[0] && !register_check_password("the NSX Manager's password", n->nsxv_password, e)) ||
        !name_is_free(site, v.name, e) || !connect_look_believed(site, &v, e) ||
        (v.nsxv.urn[0] && !register_look_nsxv(site, &v.nsxv, e)))
        return false;
    const struct task_secret secrets[] = { { "password", n->password }, { "nsxv", n->nsxv_password } };
    json_t *data = json_pack("{s:o}", "said", vcenter_write(&v));
    const struct task_new t = {
        .operation = arena_printf(&a, "Attaching vCenter Server %s", v.name), .operation_name = "vcenterAttach",
        .owner_urn = v.urn, .owner_name = v.name, .owner_type = OWNER_TYPE, .kind = &register_kind, .data = data,
        .secrets = secrets, .secrets_len = v.nsxv.urn[0] ? 2 : 1,
    };
    bool ok = task_start(site, c, &t, ret_task, e);
    json_decref(data);
    if (ok)
        (void)snprintf(ret_urn, STORE_ID_MAX + 1, "%s", v.urn);
    return ok;
}

/* ---- the steps ---- */

bool register_said(const struct flow *f, struct arena *a, struct vcenter *ret, struct err *e)
{
    return vcenter_read(json_object_get(task_of(f)->data, "said"), a, ret, e);
}

static bool secret_of(const struct flow *f, const char *name, struct secret *ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(task_of(f)->site->shelf, &l, e) && task_secret_get(f, l.store, name, ret, e);
}

static bool login(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(vcenter_return) struct vcenter_hold h = { 0 };
    struct vcenter v;
    struct vim_about about;
    if (!register_said(f, &a, &v, e) || !secret_of(f, "password", &password, e) || !vcenter_open(site, &v, &password, &h, e) ||
        !connect_login(h.session, v.name, &about, e))
        return false;
    vim_session_logout(h.session, vim_deadline(CONNECT_MS));
    task_text_set(f, "uuid", about.instance_uuid);
    task_text_set(f, "version", about.version);
    task_text_set(f, "build", about.build);
    task_text_set(f, "apiVersion", about.api_version);
    return true;
}

static bool identity(struct flow *f, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    return loan_begin(task_of(f)->site->shelf, &l, e) && vcenter_uuid_free(l.store, task_text(f, "uuid"), task_of(f)->owner, e);
}

static bool nsxv(struct flow *f, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(secret_done) struct secret password = { 0 };
    struct vcenter v;
    if (!register_said(f, &a, &v, e))
        return false;
    if (!v.nsxv.urn[0])
        return true;
    if (!secret_of(f, "nsxv", &password, e) || !register_login_nsxv(task_of(f)->site, &v.nsxv, &password, &a, e))
        return false;
    (void)json_object_set_new(task_of(f)->data, "said", vcenter_write(&v));
    return true;
}

bool register_promote(struct store *s, const struct vcenter *v, const struct store_by *by, struct err *e)
{
    struct trust_scope to = { .kind = TRUST_SCOPE_VCENTER_ENDPOINT };
    size_t count;
    (void)snprintf(to.name, sizeof(to.name), "%s", v->urn);
    if (!anchor_promote(s, v->host, v->port, &to, by, &count, e))
        return false;
    if (!v->nsxv.urn || !v->nsxv.urn[0])
        return true;
    to.kind = TRUST_SCOPE_NSX;
    (void)snprintf(to.name, sizeof(to.name), "%s", v->nsxv.urn);
    return anchor_promote(s, v->nsxv.host, v->nsxv.port, &to, by, &count, e);
}

bool register_audit(struct store *s, const struct vcenter *v, const char *action, const char *text, const struct store_by *by,
                    struct err *e)
{
    return kept_audit(s, by, action, v->urn, e, "vCenter Server %s (%s): %s", v->name, v->url, text);
}

/* Everything or nothing: the records, the passwords, the grants. */
static bool keep_in(struct flow *f, struct store *s, struct vcenter *v, struct err *e)
{
    AUTO(secret_done) struct secret password = { 0 };
    AUTO(secret_done) struct secret nsxv_password = { 0 };
    const struct store_by by = task_by(f);
    v->listener = VCENTER_CONNECTING;
    v->uuid = task_text(f, "uuid");
    v->version = task_text(f, "version");
    v->build = task_text(f, "build");
    v->api_version = task_text(f, "apiVersion");
    v->since_ms = by.at_ms;
    return vcenter_uuid_free(s, v->uuid, v->urn, e) && vcenter_put(s, v, e) && vcenter_state_put(s, v, e) &&
           task_secret_get(f, s, "password", &password, e) &&
           store_sealed_put(s, VCENTER_PASSWORD, v->urn, &password, by.at_ms, e) &&
           (!v->nsxv.urn[0] || (task_secret_get(f, s, "nsxv", &nsxv_password, e) &&
                                store_sealed_put(s, VCENTER_NSXV_PASSWORD, v->nsxv.urn, &nsxv_password, by.at_ms, e))) &&
           register_promote(s, v, &by, e) && register_audit(s, v, "vcenter.register", "registered", &by, e);
}

static bool is_kept(const struct site *site, const char *urn)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct err e;
    return loan_begin(site->shelf, &l, &e) && vcenter_get(l.store, urn, &a, &v, &e);
}

static bool keep(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    if (!is_kept(site, task_of(f)->owner)) {
        if (!register_said(f, &a, &v, e) || !loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
            !keep_in(f, l.store, &v, e))
            return false;
        /* A commit that failed may be kept all the same: then it is registered. */
        if (!store_commit(l.store, e) && !is_kept(site, task_of(f)->owner))
            return false;
    }
    task_of(f)->settled = true;
    return !site->publisher || publisher_sync(site->publisher, e) || e->kind == ERR_TIMEOUT || e->kind == ERR_STORE;
}

static bool attach(struct flow *f, struct err *e)
{
    const struct site *site = task_of(f)->site;
    const char *urn = task_of(f)->owner;
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    struct err why;
    if (!register_said(f, &a, &v, e))
        return false;
    connect_notice(site, urn);
    if (!v.enabled)
        connect_stop(site, urn);
    else if (!connect_registered(site, urn, true, NULL, &why))
        flow_note(f, "It is registered, and not connected now: %s", why.msg);
    watch_poke(site->watch, urn);
    return true;
}

bool register_trust(struct flow *f, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vcenter v;
    if (!register_said(f, &a, &v, e))
        return false;
    if (v.enabled)
        connect_trust(task_of(f)->site, task_of(f)->owner, f);
    return true;
}

static const struct flow_step steps[] = {
    { "login", login, NULL },       /* the handshake decides before a credential leaves; nothing stays */
    { "identity", identity, NULL },
    { "nsx-manager", nsxv, NULL },
    { "keep", keep, NULL },         /* one transaction: there is nothing to undo when it failed */
    { "attach", attach, NULL },     /* from here on nothing fails any more: it is registered */
    { "vmca", register_trust, NULL },
    { 0 },
};
const struct flow_kind register_kind = { "vcenter.register", steps, false };
