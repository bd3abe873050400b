/* What is remembered of step 3 with each vCenter: the trust record's JSON, written, read back, and kept true. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/believed.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/vcenter.h"
#include "flow/vmca.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/set.h"
#include "wire/json.h"

enum { UNSEEN_MAX = 250 /* hosts that are named in a record; a sentence of each fits VCENTER_TRUST_MAX */, WHY_MAX = 200 };

static const char *const state_names[VMCA_STATES] = {
    [VMCA_UNREVIEWED] = "unreviewed", [VMCA_TRUSTED] = "trusted", [VMCA_UNTRUSTED] = "untrusted",
    [VMCA_NEEDS_70] = "needs-7.0", [VMCA_NO_API] = "no-certificate-management", [VMCA_NONE] = "none",
};

const char *vmca_state_name(enum vmca_state s)
{
    return state_names[s];
}

/* ---- reading ---- */

static json_t *load(const char *record)
{
    json_t *root = NULL;
    struct err none;
    if (!record || !*record || !wire_json_read(record, strlen(record), NULL, &root, &none) || !json_is_object(root)) {
        json_decref(root);
        return json_object();
    }
    return root;
}

static const char *text_of(const json_t *o, const char *key, struct arena *a)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? arena_strdup(a, text) : NULL;
}

static size_t count_of(const json_t *o, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(o, key));
    return n > 0 ? (size_t)n : 0;
}

void vmca_summary_read(const char *record, struct arena *a, struct vmca_summary *ret)
{
    AUTO(wire_json_decrefp) json_t *root = load(record);
    const char *state = json_string_value(json_object_get(root, "state"));
    const char *sha256 = json_string_value(json_object_get(root, "sha256"));
    *ret = (struct vmca_summary){ .state = VMCA_UNREVIEWED, .text = "" };
    for (int s = 0; state && s < VMCA_STATES; s++)
        if (strcmp(state, state_names[s]) == 0)
            ret->state = (enum vmca_state)s;
    ret->has_sha256 = sha256 && text_unhex(sha256, ret->sha256, sizeof(ret->sha256));
    ret->reviewed = json_is_true(json_object_get(root, "reviewed"));
    ret->pem = text_of(root, "pem", a);
    ret->hosts = count_of(root, "hosts");
    ret->verified = count_of(root, "verified");
    const json_t *classes = json_object_get(root, "classes");
    for (int c = 0; c < HOST_CLASSES; c++)
        ret->classes[c] = count_of(classes, host_class_name((enum host_class)c));
    ret->at_ms = (int64_t)json_integer_value(json_object_get(root, "at"));
    const char *text = text_of(root, "text", a);
    ret->text = text ? text : "";
    /* Trusted, or nothing left to trust: nobody has to look at it any more. */
    ret->reviewed |= ret->state == VMCA_TRUSTED || (ret->at_ms > 0 && ret->verified == ret->hosts && ret->hosts > 0);
}

/* ---- writing ---- */

static void put_hosts(json_t *root, const struct hosts_report *r)
{
    json_t *classes = json_object(), *unseen = json_array();
    for (int c = 0; c < HOST_CLASSES; c++)
        json_object_set_new(classes, host_class_name((enum host_class)c), json_integer((json_int_t)r->classes[c]));
    for (size_t i = 0; i < r->len && json_array_size(unseen) < UNSEEN_MAX; i++) {
        const struct host_row *h = &r->rows[i];
        char why[WHY_MAX], name[WHY_MAX];
        if (h->seen)
            continue;
        text_escape(why, sizeof(why), h->err.msg, strlen(h->err.msg));
        text_escape(name, sizeof(name), h->name, strlen(h->name));
        json_array_append_new(unseen, json_pack("{s:s, s:s, s:s, s:b}", "key", h->key, "name", name, "why", why, "tried",
                                                h->err.kind != ERR_CANCELLED));
    }
    json_object_set_new(root, "hosts", json_integer((json_int_t)r->len));
    json_object_set_new(root, "verified", json_integer((json_int_t)r->verified));
    json_object_set_new(root, "classes", classes);
    json_object_set_new(root, "unseen", unseen);
}

/* The text of a JSON string: what is no UTF-8 is escaped. */
static json_t *escaped(const char *text)
{
    char out[2 * VMCA_TEXT_MAX];
    if (text_utf8(text, strlen(text)))
        return json_string(text);
    text_escape(out, sizeof(out), text, strlen(text));
    return json_string(out);
}

static bool write(const json_t *root, struct arena *a, const char **ret, struct err *e)
{
    AUTO(buf_done) struct buf text;
    buf_init(&text, VCENTER_TRUST_MAX);
    if (!wire_json_write(&text, root, e))
        return err_in(e, "the trust record");
    *ret = arena_strdup(a, buf_str(&text));
    return true;
}

/* A review holds for the certificate that was seen. */
static bool still_reviewed(const struct vmca_summary *old, const struct vmca_answer *a)
{
    if (!a->cert || !old->has_sha256)
        return old->reviewed && !a->cert == !old->has_sha256;
    return old->reviewed && memcmp(old->sha256, trust_cert_sha256(a->cert), DIGEST_SHA256) == 0;
}

bool vmca_record(struct vmca_answer *a, const char *old_record, bool reviewed, const char **ret_json, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *root = json_object();
    struct vmca_summary old;
    char sha256[3 * DIGEST_SHA256];
    vmca_summary_read(old_record, &a->arena, &old);
    json_object_set_new(root, "state", json_string(state_names[a->state]));
    json_object_set_new(root, "reviewed", json_boolean(reviewed || still_reviewed(&old, a)));
    if (a->cert) {
        text_fingerprint(trust_cert_sha256(a->cert), DIGEST_SHA256, sha256);
        json_object_set_new(root, "sha256", json_string(sha256));
        json_object_set_new(root, "pem", json_string(a->pem));
        json_object_set_new(root, "from", escaped(a->from ? a->from : ""));
    }
    json_object_set_new(root, "at", json_integer(a->hosts.at_ms));
    json_object_set_new(root, "text", escaped(a->text ? a->text : ""));
    put_hosts(root, &a->hosts);
    return write(root, &a->arena, ret_json, e);
}

bool vmca_reviewed(const char *record, struct arena *a, const char **ret_json, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *root = load(record);
    json_object_set_new(root, "reviewed", json_true());
    return write(root, a, ret_json, e);
}

bool vmca_keep(struct store *s, const char *vcenter, const char *record, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    struct vmca_summary said;
    struct err none;
    vmca_summary_read(record, &a, &said);
    if (said.state == VMCA_TRUSTED && said.pem && anchor_read(said.pem, strlen(said.pem), &vmca, &none) &&
        !believed_put(s, believed_vmca_key(vcenter, &a), vcenter, vmca, said.at_ms, e))
        return false;
    return vcenter_trust_put(s, vcenter, record, e);
}

/* ---- kept true after a change of grants ---- */

struct list {
    struct arena arena;
    struct vcenter *rows;
    size_t len;
    struct site_settings settings;
};

static bool read_list(void *self, struct store *s, struct err *e)
{
    struct list *l = self;
    return site_settings_read(s, &l->settings, e) && vcenter_list(s, &l->arena, &l->rows, &l->len, e);
}

struct update {
    const char *urn, *json;
};

static bool put(void *self, struct store *s, struct err *e)
{
    const struct update *u = self;
    return vmca_keep(s, u->urn, u->json, e);
}

static bool granted(const struct site *site, const char *vcenter, const struct trust_cert *c)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    const struct trust_behalf b = { TRUST_FOR_ESXI, 443, vcenter, "" };
    return trust_set_grants(set, trust_cert_sha256(c), &b);
}

/* Some host that leads to the VMCA is believed: through the VMCA itself, or through what issued it. */
static bool carries_hosts(const struct hosts_report *r)
{
    for (size_t i = 0; i < r->len; i++)
        if (r->rows[i].class == HOST_VMCA && r->rows[i].seen && r->rows[i].verdict.ok)
            return true;
    return false;
}

static bool refresh_one(const struct site *site, const struct vcenter *v, bool names_off, struct err *e)
{
    struct vmca_summary old;
    struct hosts_report hosts = { 0 };
    struct err none;
    if (!v->trust || !*v->trust)
        return true;
    if (!hosts_kept(site, v->urn, names_off, &hosts, e))
        return false;
    vmca_summary_read(v->trust, &hosts.arena, &old);
    AUTO(trust_cert_unrefp) struct trust_cert *vmca = NULL;
    AUTO(wire_json_decrefp) json_t *root = load(v->trust);
    enum vmca_state state = old.state;
    if (old.pem && anchor_read(old.pem, strlen(old.pem), &vmca, &none)) {
        hosts_classify(&hosts, vmca, clock_wall_ms() / 1000);
        state = granted(site, v->urn, vmca) || carries_hosts(&hosts) ? VMCA_TRUSTED : VMCA_UNTRUSTED;
    }
    const char *json;
    json_object_set_new(root, "state", json_string(state_names[state]));
    json_object_set_new(root, "text", escaped(vmca_text(state, v->version ? v->version : "", &hosts, &hosts.arena)));
    put_hosts(root, &hosts);
    bool ok = write(root, &hosts.arena, &json, e);
    if (ok && strcmp(json, v->trust) != 0)
        ok = change_keep(site, put, &(struct update){ v->urn, json }, e);
    hosts_report_done(&hosts);
    return ok;
}

bool vmca_refresh(const struct site *site, const char *vcenter, struct err *e)
{
    struct list l = { 0 };
    bool ok = change_read(site, read_list, &l, e);
    for (size_t i = 0; ok && i < l.len; i++) {
        const struct vcenter *v = &l.rows[i];
        bool off = v->names == VCENTER_NAMES_OFF || (v->names == VCENTER_NAMES_INHERIT && !l.settings.verify_vc);
        if (!vcenter || strcmp(vcenter, v->urn) == 0)
            ok = refresh_one(site, v, off, e);
    }
    arena_done(&l.arena);
    return ok;
}
