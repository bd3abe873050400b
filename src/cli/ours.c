#include "cli/ours.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/answer.h"
#include "cli/bundle.h"
#include "cli/remote.h"
#include "cli/vcenters.h"
#include "trust/cert.h"
#include "wire/json.h"

/* ---- certificates out of answers: decoded here, so that what is shown is what was sent ---- */

static bool decode(const char *pem, struct arena *a, struct trust_cert **ret, struct err *e)
{
    struct bundle b = { 0 };
    if (!pem || !bundle_add(&b, TRUST_PEM_CERTIFICATE, pem, strlen(pem), a, e) || b.len != 1 ||
        !trust_cert_parse(b.items[0].der, b.items[0].len, ret, e))
        return err_set(e, ERR_PEER, "the cell's answer holds a certificate that can't be read");
    return true;
}

void ours_look_done(struct ours_look *l)
{
    for (size_t i = 0; i < l->len; i++)
        trust_cert_unref(l->chain[i]);
    json_decref(l->json);
    *l = (struct ours_look){ 0 };
}

static bool is_fingerprint(const struct trust_cert *c, const char *text)
{
    uint8_t digest[DIGEST_SHA256];
    return text && text_unhex(text, digest, sizeof(digest)) && memcmp(trust_cert_sha256(c), digest, sizeof(digest)) == 0;
}

static bool read_chain(struct ours_look *l, struct arena *a, struct err *e)
{
    const json_t *chain = answer_member(l->json, "chain");
    const char *store = answer_str(l->json, "store.sha256");
    size_t i;
    json_t *one;
    json_array_foreach(chain, i, one) {
        if (l->len == ARRAY_LEN(l->chain))
            return err_set(e, ERR_PEER, "the cell shows a chain of more than %d certificates", TRUST_PATH_MAX);
        if (!decode(answer_str(one, "certificate"), a, &l->chain[l->len], e))
            return false;
        if (is_fingerprint(l->chain[l->len], store))
            l->store = l->len;
        l->len++;
    }
    return l->len || err_set(e, ERR_PEER, "the cell shows no certificate of it");
}

bool ours_inspect(struct remote *r, const struct url_host *endpoint, struct arena *a, struct ours_look *ret, struct err *e)
{
    AUTO(ours_look_done) struct ours_look l = { 0 };
    json_t *body = json_pack("{s:s, s:i}", "host", endpoint->name, "port", endpoint->port);
    if (!remote_send(r, "POST", OURS_PATH "/inspect", body, &l.json, e))
        return false;
    l.believed = answer_true(l.json, "verdict.ok");
    l.challenge = answer_str(l.json, "challenge");
    l.address = answer_shown(l.json, "address", NULL, a);
    l.problem = answer_shown(l.json, "verdict.text", "", a);
    l.also_sent = json_array_size(answer_member(l.json, "alsoSent"));
    if (!read_chain(&l, a, e))
        return false;
    *ret = l;
    l = (struct ours_look){ 0 };
    return true;
}

bool ours_confirm(struct remote *r, const struct ours_look *l, size_t which, struct err *e)
{
    char text[3 * DIGEST_SHA256];
    if (!l->challenge)
        return err_set(e, ERR_PEER, "the cell gave nothing to confirm");
    text_fingerprint(trust_cert_sha256(l->chain[which]), DIGEST_SHA256, text);
    return remote_send(r, "POST", OURS_PATH "/confirm", json_pack("{s:s, s:s}", "challenge", l->challenge, "sha256", text), NULL, e);
}

/* ---- the VMCA ---- */

void ours_vmca_done(struct ours_vmca *v)
{
    trust_cert_unref(v->cert);
    *v = (struct ours_vmca){ 0 };
}

/* Is this certificate granted for the hosts of this vCenter? A list that can't be read answers no: then somebody is asked. */
static bool is_granted(struct remote *r, const struct trust_cert *cert, const char *urn, struct arena *a)
{
    AUTO(wire_json_decrefp) json_t *grants = NULL;
    struct trust_scope hosts, scope;
    struct err e;
    size_t i;
    json_t *one;
    if (!trust_scope_parse(arena_printf(a, "vcenter:%s/hosts", urn), &hosts, &e) || !remote_list(r, OURS_PATH "/grants", &grants, &e))
        return false;
    json_array_foreach(grants, i, one) {
        const char *text = answer_str(one, "scope");
        if (is_fingerprint(cert, answer_str(one, "sha256")) && text && trust_scope_parse(text, &scope, &e) &&
            trust_scope_covers(&scope, &hosts))
            return true;
    }
    return false;
}

/* A 400 says why there is none to show; 6.7 publishes a bundle all the same. */
static bool read_absent(struct remote *r, const char *at, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *vcenter = NULL;
    if (e->kind != ERR_INPUT)
        return false;
    ret->text = arena_strdup(a, e->msg);
    if (!remote_get(r, arena_printf(a, VCENTERS_PATH "/%s", at), &vcenter, e))
        return false;
    const char *version = answer_str(vcenter, "vcVersion");
    ret->findable = version && strncmp(version, "6.", 2) == 0;
    return true;
}

bool ours_vmca(struct remote *r, const char *urn, bool find, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    const char *at = remote_escape(a, urn);
    *ret = (struct ours_vmca){ .text = "" };
    bool there = find ? remote_send(r, "POST", arena_printf(a, OURS_PATH "/vcenters/%s/findVmca", at), NULL, &answer, e)
                      : remote_get(r, arena_printf(a, VCENTERS_PATH "/%s/certificateAuthority/vmca", at), &answer, e);
    if (!there)
        return read_absent(r, at, a, ret, e);
    const char *pem = answer_str(answer, "vmca");
    ret->text = answer_shown(answer, "text", "", a);
    if (!pem)
        return true;
    ret->pem = arena_strdup(a, pem);
    if (!decode(pem, a, &ret->cert, e))
        return false;
    ret->granted = is_granted(r, ret->cert, urn, a);
    return true;
}

bool ours_grant(struct remote *r, const char *alias, const char *pem, const char *scope, struct err *e)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "alias", alias, "certificate", pem, "scope", scope);
    return remote_send(r, "POST", OURS_PATH "/grants", body, NULL, e) || e->kind == ERR_CONFLICT;
}

/* ---- hosts ---- */

bool ours_hosts(struct remote *r, const char *urn, struct arena *a, json_t **ret, struct err *e)
{
    return remote_get(r, arena_printf(a, OURS_PATH "/vcenters/%s/hosts", remote_escape(a, urn)), ret, e);
}

const char *ours_hosts_text(const json_t *hosts, struct arena *a)
{
    return answer_shown(hosts, "text", NULL, a);
}

json_t *ours_trust(struct remote *r, const char *urn, struct arena *a)
{
    AUTO(wire_json_decrefp) json_t *hosts = NULL;
    struct err e;
    if (!urn || !ours_hosts(r, urn, a, &hosts, &e))
        return json_null();
    json_int_t all = answer_number(hosts, "total"), verified = answer_number(hosts, "verified");
    json_t *j = json_object();
    json_object_set_new(j, "vmca", answer_text(hosts, "vmca"));
    json_object_set_new(j, "hosts", all < 0 ? json_null() : json_integer(all));
    json_object_set_new(j, "verified", verified < 0 ? json_null() : json_integer(verified));
    json_object_set_new(j, "verified_text", all < 0 || verified < 0
                            ? json_null() : json_string(arena_printf(a, "%lld of %lld", (long long)verified, (long long)all)));
    json_object_set_new(j, "text", answer_text(hosts, "text"));
    return j;
}
