#include "flow/vmca.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "flow/anchor.h"
#include "flow/change.h"
#include "flow/loan.h"
#include "flow/publisher.h"
#include "flow/site.h"
#include "flow/site_settings.h"
#include "flow/vcenter.h"
#include "flow/vcenter_table.h"
#include "net/chain.h"
#include "store/crl.h"
#include "store/store.h"
#include "trust/cert.h"
#include "trust/crl.h"
#include "trust/set.h"
#include "vim/about.h"
#include "vim/roots.h"
#include "vim/session.h"

void vmca_answer_done(struct vmca_answer *a)
{
    (void)trust_cert_unref(a->cert);
    for (size_t i = 0; i < a->others_len; i++)
        (void)trust_cert_unref(a->others[i]);
    hosts_report_done(&a->hosts);
    arena_done(&a->arena);
    *a = (struct vmca_answer){ 0 };
}

/* ---- which root it is ---- */

static void ask(const struct site *site, const struct vim_roots *roots, const struct chain *endpoint,
                const struct hosts_report *hosts, struct arena *a, struct trust_vmca_answer *ret)
{
    const struct trust_cert **candidates = arena_array(a, roots->len + 1, sizeof(*candidates));
    struct trust_vmca_chain *chains = arena_array(a, hosts->len + 1, sizeof(*chains));
    for (size_t i = 0; i < roots->len; i++)
        candidates[i] = roots->list[i].cert;
    size_t n = 0;
    for (size_t i = 0; i < hosts->len && n < TRUST_VMCA_HOSTS; i++)
        chains[n++] = (struct trust_vmca_chain){ hosts->rows[i].certs, hosts->rows[i].seen ? hosts->rows[i].certs_len : 0 };
    const struct trust_vmca_question q = {
        .roots = candidates, .roots_len = roots->len, .hosts = chains, .hosts_len = n,
        .endpoint = { endpoint ? chain_certs(endpoint) : NULL, endpoint ? chain_len(endpoint) : 0 },
        .now = clock_wall_ms() / 1000, .policy = { .allow_lab = site->allow_lab },
    };
    trust_vmca_find(&q, a, ret);
}

/* The certificate itself, or one of the roots that issued it, is granted for the hosts of this vCenter. */
static bool is_granted(const struct site *site, const char *vcenter, const struct trust_cert *c, const struct vim_roots *roots)
{
    AUTO(trust_set_unrefp) struct trust_set *set = trust_live_get(site->live);
    const struct trust_behalf b = { TRUST_FOR_ESXI, 443, vcenter, "" };
    if (trust_set_grants(set, trust_cert_sha256(c), &b))
        return true;
    for (size_t i = 0; roots && i < roots->len; i++)
        if (trust_set_grants(set, trust_cert_sha256(roots->list[i].cert), &b) && trust_cert_issued_by(c, roots->list[i].cert))
            return true;
    return false;
}

static bool take(const struct site *site, const char *vcenter, const struct vim_roots *roots,
                 const struct trust_vmca_answer *found, struct vmca_answer *ret, struct err *e)
{
    size_t len;
    ret->basis = found->basis;
    if (found->basis == TRUST_VMCA_NOTHING) {
        ret->state = VMCA_NONE;
        return true;
    }
    const struct vim_root *root = &roots->list[found->chosen];
    ret->cert = trust_cert_ref(root->cert);
    ret->from = arena_strdup(&ret->arena, root->from ? root->from : "");
    const uint8_t *der = trust_cert_der(ret->cert, &len);
    if (!anchor_write(der, len, &ret->arena, &ret->pem, e))
        return false;
    ret->others = arena_array(&ret->arena, VMCA_OTHERS_MAX, sizeof(*ret->others));
    for (size_t i = 0; i < roots->len && i < TRUST_VMCA_ROOTS && ret->others_len < VMCA_OTHERS_MAX; i++)
        if (found->roots[i].use == TRUST_VMCA_ALSO)
            ret->others[ret->others_len++] = trust_cert_ref(roots->list[i].cert);
    ret->granted = is_granted(site, vcenter, ret->cert, roots);
    ret->state = ret->granted ? VMCA_TRUSTED : VMCA_UNTRUSTED;
    return true;
}

/* ---- the sentence ---- */

#define STANDS_STILL \
    "console proxy, power-on with guest customization, OVF import and export and media transfers stand still on hosts that are not verified"

const char *vmca_text(enum vmca_state state, const char *version, const struct hosts_report *r, struct arena *a)
{
    char hosts[HOSTS_TEXT_MAX];
    hosts_text(r, hosts);
    switch (state) {
    case VMCA_TRUSTED:
        return arena_strdup(a, hosts);
    case VMCA_UNTRUSTED:
        return arena_printf(a, "the VMCA certificate is not trusted for the hosts of this vCenter: " STANDS_STILL "; %s", hosts);
    case VMCA_NEEDS_70:
        return arena_printf(a, "this is vCenter Server %s: reading the VMCA certificate needs 7.0 or later. Find it in the bundle "
                               "of roots or import it by hand (KB 78885); until then " STANDS_STILL "; %s", version, hosts);
    case VMCA_NO_API:
        return arena_printf(a, "this server has no certificate management, so there is no VMCA certificate to read; import what "
                               "signed its hosts by hand; %s", hosts);
    case VMCA_NONE:
        return arena_printf(a, "none of the roots that this vCenter keeps signed a host or the vCenter itself; %s", hosts);
    case VMCA_UNREVIEWED:
    case VMCA_STATES:
        break;
    }
    return "";
}

/* ---- CRLs ---- */

struct crls {
    const struct vim_roots *roots;
    const char *vcenter;
};

static bool of_a_root(const struct vim_roots *roots, const char *key_id)
{
    char id[STORE_ID_MAX + 1];
    for (size_t i = 0; i < roots->len; i++) {
        trust_cert_key_id(roots->list[i].cert, id, sizeof(id));
        if (strcmp(id, key_id) == 0)
            return true;
    }
    return false;
}

/* crlNumber as octets; 0 when there is none or it is longer than the RFC allows. */
static size_t number_of(const struct trust_crl *crl, uint8_t out[STORE_CRL_NUMBER_MAX])
{
    char hex[2 * STORE_CRL_NUMBER_MAX + 4] = "0";
    trust_crl_number(crl, hex + 1, sizeof(hex) - 1);
    size_t digits = strlen(hex + 1);
    if (digits == 0 || digits > 2 * STORE_CRL_NUMBER_MAX)
        return 0;
    const char *even = digits % 2 ? hex : hex + 1;
    size_t len = (digits + 1) / 2;
    return text_unhex(even, out, len) ? len : 0;
}

static bool keep_crl(struct store *s, const struct crls *c, const struct vim_root_crl *raw, struct err *e)
{
    struct trust_crl *crl;
    struct err why = { 0 };
    char key_id[STORE_ID_MAX + 1];
    uint8_t number[STORE_CRL_NUMBER_MAX];
    if (raw->len > STORE_CRL_MAX || !trust_crl_parse(raw->der, raw->len, &crl, &why))
        return true;
    trust_crl_key_id(crl, key_id, sizeof(key_id));
    const int64_t next = trust_crl_next_update(crl);
    struct store_crl row = { .vcenter = c->vcenter, .issuer_key = key_id, .part = trust_crl_is_delta(crl) ? "delta" : "",
                             .number = number, .number_len = number_of(crl, number),
                             .this_ms = trust_crl_this_update(crl) * 1000, .next_ms = next > 0 ? next * 1000 : 0,
                             .kept_ms = clock_wall_ms(), .der = raw->der, .der_len = raw->len };
    (void)trust_crl_unref(crl);
    if (!row.number_len)
        row.number = NULL;
    if (!key_id[0] || !of_a_root(c->roots, key_id) || store_crl_put(s, &row, &why))
        return true;
    /* An older one is never taken back (product rule 2.6); one that makes no sense spoils nothing else. */
    if (why.kind == ERR_CONFLICT || why.kind == ERR_INPUT || why.kind == ERR_LIMIT)
        return true;
    return err_set(e, why.kind, "%s", why.msg);
}

static bool keep_crls(void *self, struct store *s, struct err *e)
{
    const struct crls *c = self;
    for (size_t i = 0; i < c->roots->crls_len; i++)
        if (!keep_crl(s, c, &c->roots->crls[i], e))
            return err_in(e, "keeping a CRL");
    return true;
}

/* ---- looking ---- */

/* When a part that may take ms has to end, within a look that has to end at `until` (0: any time). */
static int64_t by_then(int64_t ms, int64_t until)
{
    int64_t deadline = vim_deadline(ms);
    return until && until < deadline ? until : deadline;
}

static bool read_roots(const struct vmca_look *how, int64_t until, struct vim_roots *roots, struct err *e)
{
    int64_t deadline = by_then(VIM_ROOTS_MS, until);
    if (how->bundle)
        return vim_roots_zip(vim_session_endpoint(how->session), deadline, roots, e) || err_in(e, "reading the bundle of roots");
    return vim_roots_rest(how->session, deadline, roots, e) || err_in(e, "reading the trusted roots");
}

/* With roots and hosts there: which one it is, and what to say. */
static bool conclude(const struct site *site, const struct vmca_look *how, const struct vim_roots *roots,
                     const struct chain *endpoint, struct vmca_answer *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct trust_vmca_answer found;
    ask(site, roots, endpoint, &ret->hosts, &a, &found);
    if (!take(site, how->vcenter, roots, &found, ret, e))
        return false;
    hosts_classify(&ret->hosts, ret->cert, clock_wall_ms() / 1000);
    ret->text = vmca_text(ret->state, "", &ret->hosts, &ret->arena);
    return true;
}

static bool fail(struct vmca_answer *ret)
{
    vmca_answer_done(ret);
    return false;
}

bool vmca_look(const struct site *site, const struct vmca_look *how, struct vmca_answer *ret, struct err *e)
{
    const int64_t until = how->timeout_ms ? vim_deadline(how->timeout_ms) : 0;
    /* Hosts that never answer leave time for the roots, which are few. */
    const struct hosts_look hosts = { .vcenter = how->vcenter, .session = how->session, .names_off = how->names_off,
                                      .progress = how->progress, .self = how->self, .timeout_ms = how->timeout_ms * 3 / 4 };
    struct vim_about about;
    AUTO(vim_roots_done) struct vim_roots roots = { 0 };
    if (!vim_session_about(how->session, by_then(VIM_CALL_MS, until), &about, e) || !hosts_look(site, &hosts, &ret->hosts, e) ||
        !read_roots(how, until, &roots, e))
        return fail(ret);
    if (roots.absent) {
        ret->state = vim_version_valid(about.version) && vim_version_compare(about.version, "7.0") < 0 &&
                             !strcasestr(about.full_name, "simulator")
                         ? VMCA_NEEDS_70
                         : VMCA_NO_API;
        ret->text = vmca_text(ret->state, about.version, &ret->hosts, &ret->arena);
        return true;
    }
    struct crls crls = { &roots, how->vcenter };
    AUTO(chain_unrefp) struct chain *endpoint = vim_endpoint_chain(vim_session_endpoint(how->session));
    if (!how->bundle && roots.crls_len > 0) {
        if (!change_run(site, keep_crls, &crls, e))
            return fail(ret);
        hosts_decide(site, how->vcenter, how->names_off, &ret->hosts); /* somebody may have been revoked */
    }
    return conclude(site, how, &roots, endpoint, ret, e) || fail(ret);
}

/* ---- of a registered vCenter ---- */

struct registered {
    const char *urn;
    struct arena arena;
    struct vcenter v;
    bool names_off;
};

static bool read_registered(void *self, struct store *s, struct err *e)
{
    struct registered *r = self;
    struct site_settings settings;
    if (!vcenter_get(s, r->urn, &r->arena, &r->v, e) || !site_settings_read(s, &settings, e))
        return false;
    r->names_off = r->v.names == VCENTER_NAMES_OFF || (r->v.names == VCENTER_NAMES_INHERIT && !settings.verify_vc);
    return true;
}

static bool look_registered(const struct site *site, const char *urn, bool bundle, struct vmca_answer *ret, struct err *e)
{
    struct registered r = { .urn = urn };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    bool ok = change_read(site, read_registered, &r, e) && vcenter_borrow(site, urn, &hold, e);
    if (ok) {
        const struct vmca_look how = { .vcenter = urn, .session = hold.session, .names_off = r.names_off, .bundle = bundle };
        ok = vmca_look(site, &how, ret, e);
    }
    arena_done(&r.arena);
    return ok;
}

struct recording {
    struct vmca_answer *answer;
    const char *urn;
};

static bool record(void *self, struct store *s, struct err *e)
{
    const struct recording *r = self;
    struct vcenter v;
    const char *json;
    return vcenter_get(s, r->urn, &r->answer->arena, &v, e) && vmca_record(r->answer, v.trust, false, &json, e) &&
           vmca_keep(s, r->urn, json, e);
}

bool vmca_read(const struct site *site, const char *vcenter, struct vmca_answer *ret, struct err *e)
{
    if (!look_registered(site, vcenter, false, ret, e))
        return false;
    struct recording r = { ret, vcenter };
    if (!change_keep(site, record, &r, e))
        return fail(ret);
    if (ret->cert)
        return true;
    (void)err_set(e, ERR_INPUT, "%s", ret->text);
    return fail(ret);
}

bool vmca_find(const struct site *site, const char *vcenter, struct vmca_answer *ret, struct err *e)
{
    return look_registered(site, vcenter, true, ret, e);
}

bool vmca_preview(const struct site *site, const char *vcenter, const void *data, size_t len, struct vmca_answer *ret,
                  struct err *e)
{
    AUTO(vim_roots_done) struct vim_roots roots = { 0 };
    AUTO(vcenter_return) struct vcenter_hold hold = { 0 };
    struct registered r = { .urn = vcenter };
    bool ok = vim_roots_bytes(data, len, "what was handed over", &roots, e) && change_read(site, read_registered, &r, e) &&
              vcenter_borrow(site, vcenter, &hold, e);
    const struct vmca_look how = { .vcenter = vcenter, .session = hold.session, .names_off = r.names_off, .bundle = true };
    const struct hosts_look hosts = { .vcenter = vcenter, .session = hold.session, .names_off = r.names_off };
    ok = ok && hosts_look(site, &hosts, &ret->hosts, e);
    AUTO(chain_unrefp) struct chain *endpoint = ok ? vim_endpoint_chain(hold.endpoint) : NULL;
    ok = ok && conclude(site, &how, &roots, endpoint, ret, e);
    arena_done(&r.arena);
    return ok || fail(ret);
}
