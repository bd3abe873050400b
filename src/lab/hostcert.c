#include "lab/hostcert.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lab/alarm.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/sign.h"

const char *lab_cert_status_name(enum lab_cert_status s)
{
    static const char *const names[] = { "good", "expiring", "expiringShortly", "expirationImminent", "expired" };
    return names[s];
}

enum lab_cert_status lab_cert_status(const struct lab_vcenter *vc, int64_t end, int64_t now)
{
    int64_t left = end - now;
    return left < 0 ? LAB_CERT_EXPIRED : left < vc->settings.hard_days * LAB_DAY ? LAB_CERT_IMMINENT
         : left < LAB_SHORTLY_DAYS * LAB_DAY && LAB_SHORTLY_DAYS < vc->settings.soft_days ? LAB_CERT_SHORTLY
         : left < vc->settings.soft_days * LAB_DAY ? LAB_CERT_EXPIRING : LAB_CERT_GOOD;
}

bool lab_host_is_lost(const struct lab_host *h)
{
    return h->lost || h->at.faults & LAB_FAULT_DISCONNECTED;
}

/* It believes its vCenter as long as it knows the root that signed its own certificate. */
void lab_host_made_anew(struct lab_host *h)
{
    h->lost = h->known_roots <= h->at.ca_generation ? LAB_NOT_RESPONDING : LAB_HERE;
    h->status = LAB_CERT_GOOD;
}

static bool can_take(struct lab_host *h, struct err *e)
{
    if (h->at.faults & LAB_FAULT_DISCONNECTED)
        return err_set(e, ERR_PEER, "the host %s does not respond", h->at.name);
    return !(h->at.faults & LAB_FAULT_REFUSES) || err_set(e, ERR_PEER, "the host %s refused the certificates", h->at.name);
}

static bool can_renew(struct lab_host *h, int64_t now, int *ret_code, struct err *e)
{
    struct lab_vcenter *vc = h->at.vcenter;
    int64_t start = lab_terms_start(vc->settings.terms, now);
    *ret_code = 0;
    if (vc->settings.mode != LAB_MODE_VMCA)
        return err_set(e, ERR_CONFLICT, "vpxd.certmgmt.mode is not vmca: host certificates are managed by hand");
    if (h->lost)
        return err_set(e, ERR_PEER, "the host %s does not respond", h->at.name);
    if (h->maintenance)
        return err_set(e, ERR_CONFLICT, "the host %s is in maintenance mode: its certificate is not renewed", h->at.name);
    if (!can_take(h, e))
        return false;
    if (lab_vmca_start_error(vc->vmca, start))
        return lab_vmca_refuse(ret_code, LAB_VMCA_START, e, "minutesBefore goes behind the start of the CA's own certificate");
    if (h->at.faults & LAB_FAULT_SKEW && start > lab_now_at(&h->at))
        return err_set(e, ERR_PEER, "the host %s refused the certificate: it is not yet valid there", h->at.name);
    return true;
}

static struct lab_change replacing(const struct lab_host *h, int64_t now)
{
    return (struct lab_change){ .what = "replace", .target = h->at.name, .at = now };
}

static struct lab_change telling(const struct lab_host *h, int64_t now)
{
    return (struct lab_change){ .what = "roots", .target = h->at.name, .at = now };
}

bool lab_host_renew(struct lab_host *h, int64_t now, int *ret_code, struct err *e)
{
    const struct lab_change c = replacing(h, now);
    return can_renew(h, now, ret_code, e) && lab_change(h->at.estate, &c, e);
}

bool lab_host_refresh(struct lab_host *h, int64_t now, struct err *e)
{
    const struct lab_change c = telling(h, now);
    if (h->at.vcenter->settings.mode == LAB_MODE_THUMBPRINT)
        return err_set(e, ERR_CONFLICT, "vpxd.certmgmt.mode is thumbprint: hosts are told no roots");
    return can_take(h, e) && lab_change(h->at.estate, &c, e);
}

bool lab_do_roots(struct lab_endpoint *ep, const struct lab_change *c UNUSED, struct err *e UNUSED)
{
    struct lab_host *h = CONTAINER_OF(ep, struct lab_host, at);
    h->known_roots = ep->vcenter->vmca->roots_len;
    free(STEAL(h->castore));
    return true;
}

bool lab_hosts_renew(struct lab_vcenter *vc, int64_t now, size_t *ret_done, struct err *e)
{
    struct lab_change *c = xcalloc(2 * vc->hosts_len + 1, sizeof(*c));
    size_t done = 0;
    struct err why = { .kind = ERR_NONE };
    for (int code; done < vc->hosts_len; done++) {
        struct lab_host *h = &vc->hosts[done];
        int was_lost = h->lost;
        h->lost = LAB_HERE; /* it is told the roots first */
        bool ok = can_renew(h, now, &code, &why);
        h->lost = was_lost;
        if (!ok)
            break;
        c[2 * done] = telling(h, now);
        c[2 * done + 1] = replacing(h, now);
    }
    bool ok = lab_change_all(vc->at.estate, c, 2 * done, e);
    free(c);
    *ret_done = done;
    if (ok && done < vc->hosts_len && e)
        *e = why;
    return ok && done == vc->hosts_len;
}

static bool believes(const struct lab_host *h)
{
    const struct lab_vcenter *vc = h->at.vcenter;
    const struct lab_own *own = h->at.own;
    if (vc->settings.mode == LAB_MODE_CUSTOM && own)
        return lab_trusts(vc, own->cert, own->above, own->above_len);
    return h->known_roots > h->at.ca_generation;
}

bool lab_host_reconnect(struct lab_host *h, int64_t now, struct err *e)
{
    struct lab_vcenter *vc = h->at.vcenter;
    struct lab_change c = { .what = "lost", .target = h->at.name, .at = now };
    struct lab_change all[3] = { c };
    size_t len = 1;
    int code;
    if (h->at.faults & LAB_FAULT_DISCONNECTED)
        return err_set(e, ERR_PEER, "the host %s does not respond", h->at.name);
    if (vc->settings.mode != LAB_MODE_THUMBPRINT && !believes(h))
        return err_set(e, ERR_PEER, "the host %s does not know the CA of its vCenter: refresh its CA certificates", h->at.name);
    /* What is about to expire is renewed on the way (vmca.md 3.2). */
    int was_lost = h->lost;
    h->lost = LAB_HERE;
    if (vc->settings.mode == LAB_MODE_VMCA && lab_cert_status(vc, lab_cert_end(&h->at), now) >= LAB_CERT_SHORTLY &&
        can_renew(h, now, &code, NULL)) {
        all[len++] = telling(h, now);
        all[len++] = replacing(h, now);
    }
    h->lost = was_lost;
    return lab_change_all(h->at.estate, all, len, e);
}

bool lab_host_disconnect(struct lab_host *h, int64_t now, struct err *e)
{
    return lab_change(h->at.estate, &(struct lab_change){ .what = "lost", .target = h->at.name, .value = LAB_DISCONNECTED,
                                                          .at = now }, e);
}

bool lab_do_lost(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    CONTAINER_OF(ep, struct lab_host, at)->lost = (int)c->value;
    return true;
}

bool lab_host_install(struct lab_host *h, const char *pem, size_t len, int64_t now, struct err *e)
{
    struct lab_bundle b;
    if (!can_take(h, e) || !lab_bundle_read(&b, pem, len, e))
        return false;
    bool ok = b.len > 0 || err_set(e, ERR_INPUT, "no certificate");
    if (ok && h->at.faults & LAB_FAULT_SKEW && lab_time_of(X509_get0_notBefore(b.certs[0])) > lab_now_at(&h->at))
        ok = err_set(e, ERR_INPUT, "the certificate is not yet valid on the host %s", h->at.name);
    ok = ok && lab_own_install(&h->at, b.certs, b.len, NULL, now, e);
    lab_bundle_done(&b);
    if (ok && h->at.vcenter->settings.mode == LAB_MODE_CUSTOM && !believes(h))
        ok = lab_change(h->at.estate, &(struct lab_change){ .what = "lost", .target = h->at.name, .value = 1, .at = now }, e);
    return ok;
}

bool lab_host_castore(struct lab_host *h, const char *pem, int64_t now, struct err *e)
{
    return can_take(h, e) && lab_change(h->at.estate, &(struct lab_change){ .what = "castore", .target = h->at.name, .at = now,
                                                                             .text = pem }, e);
}

bool lab_do_castore(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    struct lab_host *h = CONTAINER_OF(ep, struct lab_host, at);
    if (!c->text)
        return err_set(e, ERR_STORE, "a host's CA certificates can't be read");
    free(h->castore);
    h->castore = xstrdup(c->text);
    return true;
}

/* ---- the vCenter's look every few days ---- */

bool lab_do_poll(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    struct lab_vcenter *vc = ep->vcenter;
    vc->polls = c->value;
    for (size_t i = 0; i < vc->hosts_len; i++) {
        struct lab_host *h = &vc->hosts[i];
        int now = (int)lab_cert_status(vc, lab_cert_end(&h->at), c->at);
        if (now == h->status)
            continue;
        h->status = now;
        h->status_at = c->at;
        h->at.changed = ep->estate->version + 1; /* what lab_endpoint_touch makes it */
    }
    return true;
}

/* 8.0 U3h renews by itself what VMCA signed (vmca.md 3.2). */
static bool renew_due(struct lab_vcenter *vc, int64_t now, struct err *e)
{
    struct lab_change *c = xcalloc(2 * vc->hosts_len + 2, sizeof(*c));
    size_t len = 0;
    int code;
    for (size_t i = 0; i < vc->hosts_len; i++) {
        struct lab_host *h = &vc->hosts[i];
        if (h->status < LAB_CERT_SHORTLY || h->at.own || h->at.faults & LAB_FAULT_SHAPES || !can_renew(h, now, &code, NULL))
            continue;
        c[len++] = telling(h, now);
        c[len++] = replacing(h, now);
    }
    if (vc->at.issuer == LAB_FROM_VMCA && !vc->at.own && lab_cert_end(&vc->at) - now < LAB_SHORTLY_DAYS * LAB_DAY)
        c[len++] = (struct lab_change){ .what = "replace", .target = vc->at.name, .at = now };
    bool ok = lab_change_all(vc->at.estate, c, len, e);
    free(c);
    return ok;
}

bool lab_poll(struct lab_vcenter *vc, struct err *e)
{
    int64_t now = lab_now(vc->at.estate), since = now - vc->at.estate->born;
    lab_look(vc, now);
    uint64_t due = since > 0 ? (uint64_t)(since / (vc->settings.poll_days * LAB_DAY)) : 0;
    if (due <= vc->polls)
        return true;
    if (!lab_change(vc->at.estate, &(struct lab_change){ .what = "poll", .target = vc->at.name, .value = due, .at = now }, e))
        return false;
    for (size_t i = 0; i < vc->hosts_len; i++) {
        const char *news = lab_cert_status_event((enum lab_cert_status)vc->hosts[i].status);
        if (news && vc->hosts[i].status_at == now)
            lab_cert_event(&vc->hosts[i], news, "");
    }
    return vc->vmca->version < LAB_80U3 || renew_due(vc, now, e);
}
