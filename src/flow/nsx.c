#include "flow/nsx.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "flow/anchor.h"
#include "flow/connect.h"
#include "flow/edit_common.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "flow/register.h"
#include "flow/rotation.h"
#include "flow/site.h"
#include "flow/subject.h"
#include "flow/task.h"
#include "flow/vcenter_table.h"
#include "store/record.h"
#include "store/sealed.h"
#include "store/store.h"
#include "store/words.h"
#include "vim/endpoint.h"
#include "vim/nsx.h"

#define KIND "nsx"

static bool read_nsx(const struct store_record *r, struct arena *a, struct nsx *ret, struct err *e)
{
    json_t *j;
    if (!kept_json(r, &j, e))
        return false;
    *ret = (struct nsx){
        .urn = arena_strdup(a, r->id), .name = arena_strdup(a, r->name), .description = kept_text(j, "description", a),
        .url = kept_text(j, "url", a), .host = kept_text(j, "host", a), .port = (uint16_t)kept_number(j, "port"),
        .username = kept_text(j, "username", a), .version = kept_text(j, "version", a),
        .provider_scope = kept_text(j, "providerScope", a), .made_ms = r->made_ms,
    };
    json_decref(j);
    return true;
}

static bool put(struct store *s, const struct nsx *n, struct err *e)
{
    json_t *j = json_pack("{s:o, s:o, s:o, s:i, s:o, s:o, s:o}", "description", task_json(n->description), "url",
                          task_json(n->url), "host", task_json(n->host), "port", (int)n->port, "username",
                          task_json(n->username), "version", task_json(n->version), "providerScope",
                          task_json(n->provider_scope));
    return kept_put(s, (struct store_record){ .kind = KIND, .id = n->urn, .owner = "", .name = n->name, .state = "",
                                              .made_ms = n->made_ms }, j, e);
}

bool nsx_get(struct store *s, const char *urn, struct arena *a, struct nsx *ret, struct err *e)
{
    struct store_record r;
    if (!store_record_get(s, KIND, urn, a, &r, e))
        return e->kind == ERR_NOT_FOUND ? err_set(e, ERR_NOT_FOUND, "there is no NSX Manager of this id") : false;
    return read_nsx(&r, a, ret, e);
}

bool nsx_list(struct store *s, struct arena *a, struct nsx **ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_all(s, KIND, NULL, a, &rows, &len, e))
        return false;
    struct nsx *list = arena_array(a, len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++)
        if (!read_nsx(&rows[i], a, &list[i], e))
            return false;
    *ret = list;
    *ret_len = len;
    return true;
}

static bool check(struct nsx *n, struct arena *a, struct err *e)
{
    n->description = n->description ? n->description : "";
    n->provider_scope = n->provider_scope ? n->provider_scope : "";
    n->version = n->version ? n->version : "";
    return register_check_account(&n->name, &n->username, &n->url, e) &&
           register_check_text("description", STORE_PROSE, &n->description, VCENTER_TEXT_MAX, e) &&
           register_check_text("networkProviderScope", STORE_LINE_OR_NONE, &n->provider_scope, STORE_NAME_MAX, e) &&
           vcenter_url_read(n->url, a, &n->url, &n->host, &n->port, e);
}

static bool name_is_free(struct store *s, const struct nsx *n, struct arena *a, struct err *e)
{
    struct store_record r;
    struct err none;
    if (!store_record_find(s, KIND, "", n->name, a, &r, &none))
        return none.kind == ERR_NOT_FOUND || err_set(e, none.kind, "%s", none.msg);
    return (n->urn && strcmp(r.id, n->urn) == 0) ||
           err_set(e, ERR_CONFLICT, "Duplicate name: an NSX Manager is called %s already", n->name);
}

/* What is there of it, the password included; false when a new one has none. */
static bool complete(const struct site *site, struct nsx *n, const struct secret *password, struct secret *ret, struct arena *a,
                     struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct nsx old;
    bool is_new = !n->urn || !n->urn[0];
    if (!loan_begin(site->shelf, &l, e) || !name_is_free(l.store, n, a, e))
        return false;
    if (is_new || password) {
        if (!register_check_password("password", password, e) || !secret_set(ret, password->bytes, password->len, e))
            return false;
    } else if (!store_sealed_get(l.store, NSX_PASSWORD, n->urn, ret, e)) {
        return false;
    }
    if (is_new) {
        n->urn = kept_urn("nsxtmanager", a);
        n->made_ms = clock_wall_ms();
        return true;
    }
    if (!nsx_get(l.store, n->urn, a, &old, e))
        return false;
    n->made_ms = old.made_ms;
    return true;
}

static bool login(const struct site *site, struct nsx *n, const struct secret *password, struct arena *a, struct err *e)
{
    AUTO(vim_endpoint_destroyp) struct vim_endpoint *ep = NULL;
    struct vim_nsx found;
    const struct vcenter_nsxv as = { .urn = n->urn, .host = n->host, .port = n->port };
    if (!register_look_nsxv(site, &as, e) || !vcenter_open_nsx(site, n->urn, n->host, n->port, &ep, e) ||
        !vim_nsx_read(ep, VIM_NSX_T, n->username, password, vim_deadline(CONNECT_MS), &found, e))
        return false;
    n->version = arena_strdup(a, found.version);
    return true;
}

static bool keep(const struct site *site, const struct caller *c, const struct nsx *n, const struct secret *password, bool is_new,
                 struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = site_by(c, "api.nsxt-managers");
    struct trust_scope to = { .kind = TRUST_SCOPE_NSX };
    size_t count;
    (void)snprintf(to.name, sizeof(to.name), "%s", n->urn);
    return loan_begin(site->shelf, &l, e) && store_begin(l.store, STORE_WRITE, e) && put(l.store, n, e) &&
           store_sealed_put(l.store, NSX_PASSWORD, n->urn, password, by.at_ms, e) &&
           anchor_promote(l.store, n->host, n->port, &to, &by, &count, e) &&
           kept_audit(l.store, &by, is_new ? "nsx.register" : "nsx.edit", n->urn, e, "NSX Manager %s (%s): %s", n->name, n->url,
                      is_new ? "registered" : "changed") &&
           store_commit(l.store, e);
}

/* What it presents is kept, so that another identity can be told from this one. It is registered whatever comes of that. */
static void notice(const struct site *site, const char *urn)
{
    struct err e;
    if (!nsx_look(site, urn, &e))
        LOG(WARN, "nsx.not-looked-at", "urn=%s error=\"%s\"", urn, e.msg);
}

bool nsx_save(const struct site *site, const struct caller *c, struct nsx *n, const struct secret *password, struct arena *a,
              struct err *e)
{
    AUTO(secret_done) struct secret used = { 0 };
    bool is_new = !n->urn || !n->urn[0];
    if (!check(n, a, e) || !complete(site, n, password, &used, a, e) || !login(site, n, &used, a, e) ||
        !keep(site, c, n, &used, is_new, e) || !edit_publish(site, e))
        return false;
    notice(site, n->urn);
    return true;
}

bool nsx_look(const struct site *site, const char *urn, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(loan_end) struct loan l = { 0 };
    const struct store_by by = rotation_by();
    struct subject *list;
    size_t len;
    bool all = true;
    if (!loan_begin(site->shelf, &l, e) || !subject_list(l.store, &a, &list, &len, e))
        return false;
    loan_end(&l);
    for (size_t i = 0; i < len && !site_closing(site); i++)
        if (list[i].kind == SUBJECT_NSXT && (!urn || strcmp(urn, list[i].urn) == 0))
            all &= rotation_look(site, &list[i], &by, e) || err_in(e, "%s", list[i].name);
    return all;
}

bool nsx_remove(const struct site *site, const struct caller *c, const char *urn, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    AUTO(arena_done) struct arena a = { 0 };
    const struct store_by by = site_by(c, "api.nsxt-managers");
    struct nsx n;
    size_t count;
    if (!loan_begin(site->shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) || !nsx_get(l.store, urn, &a, &n, e))
        return false;
    return anchor_forget(l.store, urn, &by, &count, e) && edit_drop_endpoints(l.store, urn, e) &&
           (store_sealed_remove(l.store, NSX_PASSWORD, urn, e) || e->kind == ERR_NOT_FOUND) &&
           store_record_remove(l.store, KIND, urn, e) &&
           kept_audit(l.store, &by, "nsx.remove", urn, e, "NSX Manager %s (%s): removed", n.name, n.url) &&
           store_commit(l.store, e) && edit_publish(site, e);
}
