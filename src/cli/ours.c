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

static json_t *fingerprint_json(const struct trust_cert *cert)
{
    char text[3 * DIGEST_SHA256];
    text_fingerprint(trust_cert_sha256(cert), DIGEST_SHA256, text);
    return json_string(text);
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

bool ours_inspect(struct remote *r, const struct url_host *endpoint, bool leaf, struct arena *a, struct ours_look *ret,
                  struct err *e)
{
    AUTO(ours_look_done) struct ours_look l = { 0 };
    json_t *body = json_pack("{s:s, s:i, s:s}", "host", endpoint->name, "port", endpoint->port, "store", leaf ? "leaf" : "issuer");
    if (!remote_send(r, "POST", OURS_PATH "/inspect", body, &l.json, e))
        return false;
    l.believed = answer_true(l.json, "verdict.ok");
    l.challenge = answer_str(l.json, "challenge");
    l.address = answer_shown(l.json, "address", NULL, a);
    l.problem = l.believed ? "" : answer_shown(l.json, "verdict.text", "it is not believed", a);
    l.would_be = answer_shown(l.json, "store.wouldBe.text", l.problem, a);
    l.would_be_rule = answer_shown(l.json, "store.wouldBe.rule", "it is not believed", a);
    l.also_sent = json_array_size(answer_member(l.json, "alsoSent"));
    if (!read_chain(&l, a, e))
        return false;
    *ret = l;
    l = (struct ours_look){ 0 };
    return true;
}

bool ours_confirm(struct remote *r, const struct ours_look *l, struct err *e)
{
    if (!l->challenge)
        return err_set(e, ERR_UNTRUSTED, "trusting it would not help: %s", l->would_be_rule);
    json_t *body = json_pack("{s:s, s:o}", "challenge", l->challenge, "sha256", fingerprint_json(l->chain[l->store]));
    return remote_send(r, "POST", OURS_PATH "/confirm", body, NULL, e);
}

/* ---- the VMCA ---- */

void ours_vmca_done(struct ours_vmca *v)
{
    trust_cert_unref(v->cert);
    *v = (struct ours_vmca){ 0 };
}

/* Why there is none to show: the cell's words, which came as an error. */
static bool read_absent(struct remote *r, const char *urn, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *trust = NULL;
    if (e->kind != ERR_INPUT)
        return false;
    const char *why = arena_strdup(a, e->msg);
    if (!ours_trust(r, urn, a, &trust, e))
        return false;
    const char *state = answer_str(trust, "vmca");
    ret->text = answer_shown(trust, "text", NULL, a); /* says what stands still, and of the hosts */
    if (!ret->text)
        ret->text = arena_printf(a, "%s. Until its hosts are trusted these stand still: console, power-on with guest customization, "
                                 "OVF import and export, and media transfer", why);
    ret->findable = state && !strcmp(state, "needs-7.0");
    return true;
}

/* VCD's own call for it, then what our record of it says. */
static bool read_vmca(struct remote *r, const char *urn, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    AUTO(wire_json_decrefp) json_t *trust = NULL;
    if (!remote_get(r, arena_printf(a, VCENTERS_PATH "/%s/certificateAuthority/vmca", remote_escape(a, urn)), &answer, e))
        return read_absent(r, urn, a, ret, e);
    const char *pem = answer_str(answer, "vmca");
    if (!decode(pem, a, &ret->cert, e) || !ours_trust(r, urn, a, &trust, e))
        return false;
    const char *state = answer_str(trust, "vmca");
    ret->pem = arena_strdup(a, pem);
    ret->text = answer_shown(trust, "text", "", a);
    ret->granted = state && !strcmp(state, "trusted") && is_fingerprint(ret->cert, answer_str(trust, "vmca_sha256"));
    return true;
}

static bool find_vmca(struct remote *r, const char *urn, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    if (!remote_send(r, "POST", arena_printf(a, OURS_PATH "/vcenters/%s/findVmca", remote_escape(a, urn)), NULL, &answer, e))
        return false;
    const char *pem = answer_str(answer, "vmca");
    ret->text = answer_shown(answer, "text", "", a);
    ret->granted = answer_true(answer, "granted");
    ret->pem = pem ? arena_strdup(a, pem) : NULL;
    return !pem || decode(pem, a, &ret->cert, e);
}

bool ours_vmca(struct remote *r, const char *urn, bool find, struct arena *a, struct ours_vmca *ret, struct err *e)
{
    *ret = (struct ours_vmca){ .text = "" };
    if (find ? find_vmca(r, urn, a, ret, e) : read_vmca(r, urn, a, ret, e))
        return true;
    ours_vmca_done(ret);
    return false;
}

static json_t *count_json(json_int_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}

static json_t *trust_json(const json_t *answer, struct arena *a)
{
    json_int_t all = answer_number(answer, "hosts.total"), verified = answer_number(answer, "hosts.verified");
    json_t *j = json_object();
    json_object_set_new(j, "vmca", answer_text(answer, "state"));
    json_object_set_new(j, "vmca_sha256", answer_text(answer, "vmca.sha256"));
    json_object_set_new(j, "reviewed", json_boolean(answer_true(answer, "reviewed")));
    json_object_set_new(j, "hosts", count_json(all));
    json_object_set_new(j, "verified", count_json(verified));
    json_object_set_new(j, "verified_text", all < 0 || verified < 0
                            ? json_null() : json_string(arena_printf(a, "%lld of %lld", (long long)verified, (long long)all)));
    json_object_set_new(j, "text", answer_text(answer, "text"));
    return j;
}

bool ours_trust_vmca(struct remote *r, const char *urn, const struct trust_cert *cert, bool find, struct arena *a, json_t **ret,
                     struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    json_t *body = json_pack("{s:o, s:b}", "sha256", fingerprint_json(cert), "bundle", find);
    if (!remote_send(r, "POST", arena_printf(a, OURS_PATH "/vcenters/%s/trustVmca", remote_escape(a, urn)), body, &answer, e))
        return false;
    *ret = trust_json(answer, a);
    return true;
}

bool ours_review(struct remote *r, const char *urn, struct arena *a, struct err *e)
{
    return remote_send(r, "POST", arena_printf(a, OURS_PATH "/vcenters/%s/review", remote_escape(a, urn)), NULL, NULL, e);
}

bool ours_trust(struct remote *r, const char *urn, struct arena *a, json_t **ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *answer = NULL;
    if (!remote_get(r, arena_printf(a, OURS_PATH "/vcenters/%s/trust", remote_escape(a, urn)), &answer, e))
        return false;
    *ret = trust_json(answer, a);
    return true;
}

bool ours_grant(struct remote *r, const char *alias, const char *pem, const char *scope, struct err *e)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "alias", alias, "certificate", pem, "scope", scope);
    return remote_send(r, "POST", OURS_PATH "/grants", body, NULL, e);
}

bool ours_hosts(struct remote *r, const char *urn, struct arena *a, json_t **ret, struct err *e)
{
    return remote_list(r, arena_printf(a, OURS_PATH "/vcenters/%s/hosts", remote_escape(a, urn)), ret, e);
}

bool ours_look_at_host(struct remote *r, const char *urn, const char *id, struct arena *a, json_t **ret, struct err *e)
{
    remote_patience(r, OURS_LOOK_MS);
    return remote_send(r, "POST", arena_printf(a, OURS_PATH "/vcenters/%s/hosts/%s/look", remote_escape(a, urn), remote_escape(a, id)),
                       NULL, ret, e);
}
