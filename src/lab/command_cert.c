#include "lab/command.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/hostcert.h"
#include "lab/issue.h"
#include "lab/option.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/request.h"

/* ---- the clock ---- */

bool lab_poll_all(struct lab_estate *s, struct err *e)
{
    for (size_t i = 0; i < s->vcenters_len; i++)
        if (!lab_poll(&s->vcenters[i], e))
            return false;
    return true;
}

/* "+30d", "-1h", "+10m", "+5s", or a time. */
static bool read_move(const char *text, int64_t now, int64_t *ret)
{
    static const char units[] = "smhdw";
    static const int64_t seconds[] = { 1, 60, 3600, LAB_DAY, 7 * LAB_DAY };
    uint64_t n;
    char digits[16];
    size_t len = strlen(text);
    if ((text[0] != '+' && text[0] != '-') || len < 3 || len - 2 >= sizeof(digits))
        return text_time_parse(text, ret);
    const char *unit = strchr(units, text[len - 1]);
    (void)text_copy(digits, len - 1, text + 1);
    if (!unit || !*unit || !text_number(digits, 0, 1000000000, &n))
        return false;
    *ret = now + (text[0] == '+' ? 1 : -1) * (int64_t)n * seconds[unit - units];
    return true;
}

bool lab_command_clock(struct lab_asked *a, struct err *e)
{
    struct lab_estate *s = a->estate;
    const char *move = json_string_value(json_object_get(a->request, "move"));
    int64_t now = lab_now(s), to = now;
    char text[TEXT_TIME];
    if (move && (!read_move(move, now, &to) || to < 0 || to > INT64_C(4102444800)))
        return err_set(e, ERR_INPUT, "\"move\" is +30d, -1h, +10m or a time as 2026-01-31T12:00:00Z, before the year 2100");
    const struct lab_change c = { .what = "clock", .target = s->vcenters[0].at.name, .value = s->stopped,
                                  .at = s->stopped ? to : to - clock_wall_ms() / 1000 };
    if (move && (!lab_change(s, &c, e) || !lab_poll_all(s, e)))
        return false;
    text_time(lab_now(s), text);
    (void)json_object_set_new(a->answer, "clock", json_string(text));
    (void)json_object_set_new(a->answer, "stopped", json_boolean(s->stopped));
    return true;
}

/* ---- VMCA ---- */

/* Absent: 0. */
static bool read_time(const struct lab_asked *a, const char *key, int64_t *ret, struct err *e)
{
    const char *text = json_string_value(json_object_get(a->request, key));
    *ret = 0;
    return !json_object_get(a->request, key) || (text && text_time_parse(text, ret)) ||
           err_set(e, ERR_INPUT, "\"%s\" is a time as 2026-01-31T12:00:00Z", key);
}

bool lab_command_sign(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *csr = vc ? lab_asked_text(a, "csr", e) : NULL;
    struct lab_issue i;
    struct buf pem;
    int64_t from, to;
    if (!csr || !read_time(a, "not_before", &from, e) || !read_time(a, "not_after", &to, e) ||
        !lab_issue_begin(&i, vc, from, to, e))
        return false;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_issue_pem(&i, csr, strlen(csr), &pem, &a->code, e);
    if (ok)
        (void)json_object_set_new(a->answer, "certificate", json_string(buf_str(&pem)));
    buf_done(&pem);
    return ok;
}

bool lab_command_import(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *chain = vc ? lab_asked_text(a, "chain", e) : NULL, *key = chain ? lab_asked_text(a, "key", e) : NULL;
    return key && lab_vmca_import(vc, chain, key, lab_now(a->estate), &a->code, e);
}

bool lab_command_subordinate(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    return vc && lab_vmca_subordinate(vc, lab_now(a->estate), e);
}

bool lab_command_publish(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *chain = vc ? lab_asked_text(a, "chain", e) : NULL;
    char id[64];
    if (!chain || !lab_trust_post(vc, chain, strlen(chain), lab_now(a->estate), id, e))
        return false;
    (void)json_object_set_new(a->answer, "chain", json_string(id));
    return true;
}

bool lab_command_unpublish(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *id = vc ? lab_asked_text(a, "chain", e) : NULL;
    return id && lab_trust_delete(vc, id, lab_now(a->estate), e);
}

/* ---- one's own certificates ---- */

bool lab_command_csr(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    struct buf pem;
    if (!ep)
        return false;
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = lab_request_usual(ep, lab_now(a->estate), &pem, e);
    if (ok)
        (void)json_object_set_new(a->answer, "csr", json_string(buf_str(&pem)));
    buf_done(&pem);
    return ok;
}

static bool install(struct lab_endpoint *ep, const char *chain, const char *key, struct err *e)
{
    struct lab_bundle b, k = { .len = 0 };
    if (!lab_bundle_read(&b, chain, strlen(chain), e))
        return false;
    bool ok = (!key || lab_bundle_read(&k, key, strlen(key), e)) && (!key || k.key || err_set(e, ERR_INPUT, "no private key")) &&
              (b.len || err_set(e, ERR_INPUT, "no certificate")) &&
              lab_own_install(ep, b.certs, b.len, k.key, lab_now(ep->estate), e);
    lab_bundle_done(&b);
    lab_bundle_done(&k);
    return ok;
}

bool lab_command_install(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    const char *chain = ep ? lab_asked_text(a, "chain", e) : NULL;
    return chain && install(ep, chain, json_string_value(json_object_get(a->request, "key")), e);
}

/* Done is what was asked for: to be refused. */
bool lab_command_own(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *kind = vc ? lab_asked_text(a, "kind", e) : NULL;
    struct err why;
    if (!kind || strcmp(kind, "ecdsa") != 0)
        return kind && err_set(e, ERR_INPUT, "\"kind\" is ecdsa; for one of RSA: issuer %s enterprise", vc->plan->name);
    if (lab_machine_put_ecdsa(vc, lab_now(a->estate), &why))
        return err_set(e, ERR_INTERNAL, "a chain with ECDSA was not refused");
    if (why.kind != ERR_INPUT)
        return err_set(e, why.kind, "%s", why.msg);
    (void)json_object_set_new(a->answer, "refused", json_string(why.msg));
    return true;
}

bool lab_command_sts(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *text = json_string_value(json_object_get(a->request, "days"));
    uint64_t days = 0;
    if (vc && json_object_get(a->request, "days") && (!text || !text_number(text, 1, LAB_STS_DAYS_MAX, &days)))
        return err_set(e, ERR_INPUT, "\"days\" is 1 to %d", LAB_STS_DAYS_MAX);
    return vc && lab_sts_refresh(vc, days, lab_now(a->estate), e);
}

bool lab_command_option(struct lab_asked *a, struct err *e)
{
    struct lab_vcenter *vc = lab_asked_vcenter(a, e);
    const char *key = vc ? lab_asked_text(a, "key", e) : NULL, *value = json_string_value(json_object_get(a->request, "value"));
    char text[LAB_NAME];
    if (!key || (value && !lab_option_set(vc, key, value, lab_now(a->estate), e)))
        return false;
    if (!lab_option_get(vc, key, text))
        return err_set(e, ERR_NOT_FOUND, "no setting is called %s", key);
    (void)json_object_set_new(a->answer, "value", json_string(text));
    return true;
}

/* ---- hosts: one, or all of a vCenter ---- */

typedef bool deed(struct lab_asked *a, struct lab_host *h, struct err *e);

static bool each(struct lab_asked *a, deed *run, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    if (!ep || ep->kind == LAB_NSX)
        return ep && err_set(e, ERR_INPUT, "\"target\" must name a host or a vCenter");
    if (ep->kind == LAB_HOST)
        return run(a, CONTAINER_OF(ep, struct lab_host, at), e);
    for (size_t i = 0; i < ep->vcenter->hosts_len; i++)
        if (!run(a, &ep->vcenter->hosts[i], e))
            return false;
    (void)json_object_set_new(a->answer, "hosts", json_integer((json_int_t)ep->vcenter->hosts_len));
    return true;
}

static bool refresh(struct lab_asked *a, struct lab_host *h, struct err *e)
{
    return lab_host_refresh(h, lab_now(a->estate), e);
}

static bool renew(struct lab_asked *a, struct lab_host *h, struct err *e)
{
    return lab_host_renew(h, lab_now(a->estate), &a->code, e);
}

static bool refresh_and_renew(struct lab_asked *a, struct lab_host *h, struct err *e)
{
    return refresh(a, h, e) && (!h->lost || lab_host_reconnect(h, lab_now(a->estate), e)) && renew(a, h, e);
}

static bool reconnect(struct lab_asked *a, struct lab_host *h, struct err *e)
{
    return lab_host_reconnect(h, lab_now(a->estate), e);
}

static bool revoke(struct lab_asked *a, struct lab_host *h, struct err *e)
{
    X509 *x = lab_cert(&h->at, true, e);
    return x && lab_revoke(h->at.vcenter, x, lab_now(a->estate), e);
}

bool lab_command_refresh(struct lab_asked *a, struct err *e)
{
    return each(a, refresh, e);
}

/* Without more: the roots first, so that no host is lost. */
bool lab_command_renew(struct lab_asked *a, struct err *e)
{
    const char *how = json_string_value(json_object_get(a->request, "how"));
    struct lab_endpoint *ep = lab_asked_target(a, e);
    size_t done;
    if (!ep || (how && strcmp(how, "cert-only") != 0))
        return ep && err_set(e, ERR_INPUT, "\"how\" is cert-only, or absent: the roots first");
    if (how || ep->kind != LAB_VCENTER)
        return each(a, how ? renew : refresh_and_renew, e);
    bool ok = lab_hosts_renew(ep->vcenter, lab_now(a->estate), &done, e);
    (void)json_object_set_new(a->answer, "hosts", json_integer((json_int_t)done));
    return ok;
}

bool lab_command_reconnect(struct lab_asked *a, struct err *e)
{
    return each(a, reconnect, e);
}

bool lab_command_revoke(struct lab_asked *a, struct err *e)
{
    struct lab_endpoint *ep = lab_asked_target(a, e);
    X509 *x = ep ? lab_cert(ep, true, e) : NULL;
    if (ep && ep->kind == LAB_HOST)
        return each(a, revoke, e);
    return x && lab_revoke(ep->vcenter, x, lab_now(a->estate), e);
}
