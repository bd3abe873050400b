#include "cli/certs.h"

#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/ours.h"
#include "cli/remote.h"
#include "cli/vcenters.h"
#include "cli/verdict.h"
#include "trust/cert.h"
#include "wire/json.h"

void cert_list_done(struct cert_list *l)
{
    for (size_t i = 0; i < l->len; i++)
        trust_cert_unref(l->items[i].cert);
    *l = (struct cert_list){ 0 };
}

static struct trust_cert *decode(const char *pem, struct arena *a)
{
    struct bundle b = { 0 };
    struct trust_cert *cert = NULL;
    struct err e;
    bool ok = bundle_add(&b, TRUST_PEM_CERTIFICATE, pem, strlen(pem), a, &e) && b.len == 1 &&
              trust_cert_parse(b.items[0].der, b.items[0].len, &cert, &e);
    return ok ? cert : NULL;
}

/* What the cell's own list of grants says besides. */
static const json_t *grant_of(const json_t *grants, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(grants, i, one) {
        const char *own = answer_str(one, "id");
        if (own && id && !strcmp(own, id))
            return one;
    }
    return NULL;
}

/* The names behind the URNs in scopes; what can't be read stays a URN. */
struct names {
    json_t *vcenters, *managers; /* owned; may be NULL */
};

static void names_read(struct remote *r, struct names *n)
{
    json_t *managers = NULL;
    struct err none;
    if (!remote_list(r, VCENTERS_PATH, &n->vcenters, &none))
        n->vcenters = NULL;
    if (remote_get(r, "/api/admin/extension/nsxtManagers", &managers, &none))
        n->managers = json_incref(answer_member(managers, "nsxTManager"));
    json_decref(managers);
}

static void names_done(struct names *n)
{
    json_decref(n->vcenters);
    json_decref(n->managers);
}

/* The name of the row with this URN; NULL when there is none. */
static const char *name_in(const json_t *rows, const char *key, const char *urn, size_t len, struct arena *a)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        const char *own = answer_str(row, key);
        if (own && strlen(own) == len && !strncmp(own, urn, len))
            return answer_shown(row, "name", NULL, a);
    }
    return NULL;
}

static const char *named_scope(const struct names *n, const char *scope, struct arena *a)
{
    const char *urn = scope ? strchr(scope, ':') : NULL;
    if (!urn)
        return scope;
    size_t len = strcspn(++urn, "/");
    const char *name = name_in(n->vcenters, "vcId", urn, len, a);
    if (!name)
        name = name_in(n->managers, "id", urn, len, a);
    return name ? arena_printf(a, "%.*s%s%s", (int)(urn - scope), scope, name, urn + len) : scope;
}

bool certs_read(struct remote *r, struct arena *a, struct cert_list *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *rows = NULL;
    AUTO(wire_json_decrefp) json_t *grants = NULL;
    AUTO(names_done) struct names names = { 0 };
    struct err none;
    size_t i;
    json_t *row;
    if (!remote_list(r, CERTS_PATH, &rows, e))
        return false;
    if (json_array_size(rows))
        names_read(r, &names);
    if (!remote_list(r, OURS_PATH "/grants", &grants, &none))
        grants = NULL; /* an organization's user sees no scopes: his are for nothing else */
    *ret = (struct cert_list){ .items = arena_array(a, json_array_size(rows) + 1, sizeof(*ret->items)) };
    json_array_foreach(rows, i, row) {
        const char *pem = answer_str(row, "certificate");
        const json_t *more = grant_of(grants, answer_str(row, "id"));
        ret->items[ret->len++] = (struct cert_grant){
            .id = answer_shown(row, "id", "", a), .alias = answer_shown(row, "alias", "", a),
            .scope = answer_shown(more, "scope", NULL, a), .owner = answer_shown(more, "owner", NULL, a),
            .scope_name = named_scope(&names, answer_shown(more, "scope", NULL, a), a), .by = answer_shown(more, "madeBy", NULL, a),
            .flow = answer_shown(more, "flow", NULL, a), .made = answer_shown(more, "made", NULL, a),
            .pem = pem ? arena_strdup(a, pem) : "", .cert = pem ? decode(pem, a) : NULL,
        };
    }
    return true;
}

static bool fits(const struct cert_grant *g, const char *word, const uint8_t *digest)
{
    return text_caseeq(g->alias, word) || !strcmp(g->id, word) ||
           (digest && g->cert && memcmp(trust_cert_sha256(g->cert), digest, DIGEST_SHA256) == 0);
}

bool certs_named(struct cert_list *l, const char *word, struct err *e)
{
    uint8_t digest[DIGEST_SHA256];
    struct err none;
    bool is_digest = verdict_sha256_read("CERTIFICATE", word, digest, &none);
    size_t kept = 0;
    for (size_t i = 0; i < l->len; i++) {
        if (fits(&l->items[i], word, is_digest ? digest : NULL))
            l->items[kept++] = l->items[i];
        else
            trust_cert_unref(l->items[i].cert);
    }
    l->len = kept;
    char shown[200];
    text_escape(shown, sizeof(shown), word, strlen(word));
    return kept || err_set(e, ERR_NOT_FOUND, "no trusted certificate has the alias, id or SHA-256 '%s' ('vouchsafe cert list')", shown);
}

json_t *certs_json(const struct cert_grant *g)
{
    json_t *j = json_object();
    json_object_set_new(j, "alias", out_text(g->alias));
    json_object_set_new(j, "id", out_text(g->id));
    json_object_set_new(j, "scope", out_text(g->scope));
    json_object_set_new(j, "scope_name", out_text(g->scope_name));
    json_object_set_new(j, "by", out_text(g->by));
    json_object_set_new(j, "flow", out_text(g->flow));
    json_object_set_new(j, "made", out_text(g->made));
    json_object_set_new(j, "certificate", g->cert ? verdict_cert_json(g->cert) : json_null());
    return j;
}

/* ---- scopes ---- */

/* The URN that stands for a name behind "nsx:". */
static bool nsx_urn(struct remote *r, const char *name, struct arena *a, const char **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *all = NULL;
    size_t i;
    json_t *m;
    if (!remote_get(r, "/api/admin/extension/nsxtManagers", &all, e))
        return false;
    json_array_foreach(answer_member(all, "nsxTManager"), i, m) {
        const char *own = answer_str(m, "name"), *id = answer_str(m, "id");
        if (own && id && text_caseeq(own, name)) {
            *ret = arena_strdup(a, id);
            return true;
        }
    }
    return err_set(e, ERR_NOT_FOUND, "--scope: no such NSX Manager is registered");
}

static bool vcenter_urn(struct remote *r, const char *name, struct arena *a, const char **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *v = NULL;
    if (!vcenters_find(r, name, a, &v, e))
        return err_in(e, "--scope");
    const char *urn = answer_str(v, "vcId");
    if (!urn)
        return err_set(e, ERR_PEER, "the cell's answer names no vCenter Server");
    *ret = arena_strdup(a, urn);
    return true;
}

bool certs_scope(struct remote *r, const char *text, struct arena *a, const char **ret, struct err *e)
{
    struct trust_scope scope;
    char written[TRUST_SCOPE_TEXT];
    const char *colon = strchr(text, ':'), *urn = NULL;
    bool vcenter = strncmp(text, "vcenter:", 8) == 0, nsx = strncmp(text, "nsx:", 4) == 0;
    if ((vcenter || nsx) && strncmp(colon + 1, "urn:", 4) != 0) {
        size_t len = vcenter ? strcspn(colon + 1, "/") : strlen(colon + 1);
        const char *name = arena_strndup(a, colon + 1, len);
        if (!(vcenter ? vcenter_urn(r, name, a, &urn, e) : nsx_urn(r, name, a, &urn, e)))
            return false;
        text = arena_printf(a, "%s:%s%s", vcenter ? "vcenter" : "nsx", urn, colon + 1 + len);
    }
    if (!trust_scope_parse(text, &scope, e))
        return err_in(e, "--scope");
    trust_scope_write(&scope, written);
    *ret = arena_strdup(a, written);
    return true;
}
