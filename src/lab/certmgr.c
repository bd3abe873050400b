#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "lab/alarm.h"
#include "lab/bundle.h"
#include "lab/change.h"
#include "lab/hostcert.h"
#include "lab/own.h"
#include "lab/pem.h"
#include "lab/request.h"
#include "lab/sdk.h"
#include "lab/sign.h"
#include "lab/task.h"

enum { STEP_MS = 5, HOSTS_MAX = LAB_HOSTS_MAX };

/* ---- tasks for a list of hosts ---- */

enum deed { RENEW, REFRESH, REVOKE, CONNECT, DISCONNECT };

static const struct {
    const char *method, *description;
} deeds[] = {
    [RENEW] = { "CertMgrRefreshCertificates_Task", "CertificateManager.refreshCertificates" },
    [REFRESH] = { "CertMgrRefreshCACertificatesAndCRLs_Task", "CertificateManager.refreshCACertificatesAndCRLs" },
    [REVOKE] = { "CertMgrRevokeCertificates_Task", "CertificateManager.revokeCertificates" },
    [CONNECT] = { "ReconnectHost_Task", "HostSystem.reconnect" },
    [DISCONNECT] = { "DisconnectHost_Task", "HostSystem.disconnect" },
};

struct work {
    enum deed what;
    unsigned *hosts; /* owned */
    size_t len, at;
    char user[LAB_NAME];
};

static void free_work(void *state)
{
    struct work *w = state;
    free(w->hosts);
    free(w);
}

static bool revoke(struct lab_host *h, int64_t now, struct err *e)
{
    X509 *x = lab_cert(&h->at, true, e);
    return x && lab_revoke(h->at.vcenter, x, now, e);
}

static bool run(const struct work *w, struct lab_host *h, int *code, struct err *e)
{
    int64_t now = lab_now_at(&h->at.vcenter->at);
    switch (w->what) {
    case RENEW: return lab_host_renew(h, now, code, e);
    case REFRESH: return lab_host_refresh(h, now, e);
    case REVOKE: return revoke(h, now, e);
    case CONNECT: return lab_host_reconnect(h, now, e);
    case DISCONNECT: return lab_host_disconnect(h, now, e);
    }
    return false;
}

/* What the client gets of a refusal. */
static enum lab_task_next refuse(struct lab_task *t, const struct lab_host *h, int code, const struct err *e)
{
    char text[ERR_MSG_MAX + LAB_NAME + 64];
    if (!code) {
        (void)lab_task_fault(t, e->kind == ERR_PEER ? "HostCommunication" : e->kind == ERR_CONFLICT ? "NotSupported" : "HostConfigFault",
                             e->msg);
        return LAB_TASK_FAILED;
    }
    (void)snprintf(text, sizeof(text), "A general system error occurred: Unable to get signed certificate for host name: %s. "
                   "Error: %s (%d).", h->at.name, lab_vmca_text(code), code);
    struct lab_value *fault = lab_task_fault(t, "SystemError", text);
    (void)lab_string(&t->arena, fault, "reason", arena_strdup(&t->arena, text));
    return LAB_TASK_FAILED;
}

static enum lab_task_next step(struct lab_task *t, void *state)
{
    static const char *const events[] = {
        [RENEW] = "HostCertUpdatedEvent", [REFRESH] = "HostCaCertsAndCrlsUpdatedEvent", [REVOKE] = "HostCertRevokedEvent",
    };
    struct work *w = state;
    struct lab_host *h = &t->vc->hosts[w->hosts[w->at]];
    struct err e;
    int code = 0;
    if (!run(w, h, &code, &e))
        return refuse(t, h, code, &e);
    if (w->what <= REVOKE)
        lab_cert_event(h, events[w->what], w->user);
    t->progress = (int)(++w->at * 100 / w->len);
    t->wait_ms = STEP_MS;
    return w->at < w->len ? LAB_TASK_AGAIN : LAB_TASK_DONE;
}

static bool start(struct lab_call *c, struct work *take, struct lab_object entity)
{
    (void)text_copy(take->user, sizeof(take->user), c->k.session->user);
    const struct lab_task_plan plan = { deeds[take->what].method, deeds[take->what].description, entity, false, step, free_work, take };
    return lab_task_start(c, &plan);
}

static bool wrong_argument(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: host", "invalidProperty", name);
}

static bool start_listed(struct lab_call *c, enum deed what)
{
    struct work *w = xcalloc(1, sizeof(*w));
    struct lab_object o, first = { .mo = MO_HOST };
    w->what = what;
    bool ok = c->self.mo == MO_CERT_MANAGER || lab_say_gone(c, c->self_moid);
    for (const struct xml_element *it = lab_arg(c, "host"); ok && it; it = xml_next(it, VIM_NS, "host")) {
        if (!lab_object_find(&c->k, it->text, &o))
            ok = lab_say_gone(c, it->text);
        else if (o.mo != MO_HOST || w->len == HOSTS_MAX)
            ok = wrong_argument(c, "host");
        else {
            w->hosts = xreallocarray(w->hosts, w->len + 1, sizeof(*w->hosts));
            first.n = w->len ? first.n : o.n;
            w->hosts[w->len++] = o.n;
        }
    }
    if (ok && !w->len)
        ok = wrong_argument(c, "host");
    if (ok)
        return start(c, w, first);
    free_work(w);
    return false;
}

bool lab_refresh_certificates(struct lab_call *c)
{
    return start_listed(c, RENEW);
}

bool lab_refresh_cas(struct lab_call *c)
{
    return start_listed(c, REFRESH);
}

bool lab_revoke_certificates(struct lab_call *c)
{
    return start_listed(c, REVOKE);
}

static bool start_one(struct lab_call *c, enum deed what)
{
    if (c->self.mo != MO_HOST)
        return lab_say_gone(c, c->self_moid);
    struct work *w = xcalloc(1, sizeof(*w));
    w->what = what;
    w->hosts = xmalloc(sizeof(*w->hosts));
    w->hosts[0] = c->self.n;
    w->len = 1;
    return start(c, w, c->self);
}

bool lab_reconnect_host(struct lab_call *c)
{
    return start_one(c, CONNECT);
}

bool lab_disconnect_host(struct lab_call *c)
{
    return start_one(c, DISCONNECT);
}

/* ---- HostCertificateManager ---- */

/* The host, if it answers; NULL after a fault. */
static struct lab_host *host_of(struct lab_call *c)
{
    struct lab_host *h = c->self.mo == MO_HOST_CERT_MANAGER ? &c->k.vc->hosts[c->self.n] : NULL;
    if (!h)
        (void)lab_say_gone(c, c->self_moid);
    else if (lab_host_is_lost(h))
        (void)lab_say(c, "HostNotConnected", "Unable to communicate with the remote host, since it is disconnected.");
    return h && !lab_host_is_lost(h) ? h : NULL;
}

static bool say_failure(struct lab_call *c, const struct err *e)
{
    return lab_say(c, "HostConfigFault", arena_strdup(c->k.arena, e->msg));
}

static void answer_text(struct lab_call *c, const char *text)
{
    lab_value_bare(c->w, "returnval", lab_string(c->k.arena, NULL, NULL, text));
}

static bool answer_request(struct lab_call *c, struct lab_host *h, const char *dn)
{
    struct buf pem;
    struct err e;
    int64_t now = lab_now(h->at.estate);
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = dn ? lab_request_by_dn(h, dn, now, &pem, &e)
                 : lab_request_host(h, lab_arg_boolean(c, "useIpAddressAsCommonName"), now, &pem, &e);
    if (ok)
        answer_text(c, arena_strdup(c->k.arena, buf_str(&pem)));
    buf_done(&pem);
    return ok || say_failure(c, &e);
}

bool lab_host_csr(struct lab_call *c)
{
    struct lab_host *h = host_of(c);
    return h && answer_request(c, h, NULL);
}

bool lab_host_csr_by_dn(struct lab_call *c)
{
    struct lab_host *h = host_of(c);
    const char *dn = lab_arg_text(c, "distinguishedName");
    return h && answer_request(c, h, dn ? dn : "");
}

bool lab_host_install_certificate(struct lab_call *c)
{
    struct lab_host *h = host_of(c);
    const char *pem = lab_arg_text(c, "cert");
    struct err e;
    return h && (lab_host_install(h, pem ? pem : "", pem ? strlen(pem) : 0, lab_now(h->at.estate), &e) || say_failure(c, &e));
}

static bool gather(struct lab_call *c, const char *name, struct buf *out, struct err *e)
{
    for (const struct xml_element *it = lab_arg(c, name); it; it = xml_next(it, VIM_NS, name)) {
        struct lab_bundle b;
        if (!lab_bundle_read(&b, it->text, strlen(it->text), e))
            return err_in(e, "%s", name);
        lab_bundle_done(&b);
        if (!buf_puts(out, it->text, e) || !buf_puts(out, "\n", e))
            return false;
    }
    return true;
}

bool lab_host_replace_cas(struct lab_call *c)
{
    struct lab_host *h = host_of(c);
    struct buf pem;
    struct err e;
    if (!h)
        return false;
    if (!lab_arg(c, "caCert"))
        return wrong_argument(c, "caCert");
    buf_init(&pem, LAB_PEM_MAX);
    bool ok = gather(c, "caCert", &pem, &e) && gather(c, "caCrl", &pem, &e) &&
              lab_host_castore(h, buf_str(&pem), lab_now(h->at.estate), &e);
    buf_done(&pem);
    return ok || say_failure(c, &e);
}

/* Each block of a text that begins with this line. */
static void answer_blocks(struct lab_call *c, const char *text, const char *kind)
{
    const char *begin = arena_printf(c->k.arena, "-----BEGIN %s-----", kind);
    const char *end = arena_printf(c->k.arena, "-----END %s-----", kind);
    for (const char *at = text, *stop; (at = strstr(at, begin)) && (stop = strstr(at, end)); at = stop)
        answer_text(c, arena_printf(c->k.arena, "%.*s%s\n", (int)(stop - at), at, end));
}

/* A root of its own VMCA that it was not told of is not there yet. */
static bool knows(const struct lab_host *h, const struct lab_ca *ca)
{
    const struct lab_vmca *v = h->at.vcenter->vmca;
    return ca < v->roots || ca >= v->roots + v->roots_len || ca < v->roots + h->known_roots;
}

static bool list(struct lab_call *c, bool crls)
{
    struct lab_host *h = host_of(c);
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    if (!h)
        return false;
    if (h->castore) {
        answer_blocks(c, h->castore, crls ? "X509 CRL" : "CERTIFICATE");
        return true;
    }
    size_t len = lab_trusted_roots(c->k.vc, roots);
    for (size_t i = 0; i < len; i++) {
        struct buf pem;
        X509_CRL *crl = crls ? lab_crl(c->k.vc, roots[i]) : NULL;
        if (!knows(h, roots[i]) || (crls && !crl))
            continue;
        buf_init(&pem, LAB_PEM_MAX);
        if (crls ? lab_pem_crl(&pem, crl, NULL) : lab_pem_cert(&pem, roots[i]->cert, NULL))
            answer_text(c, arena_strdup(c->k.arena, buf_str(&pem)));
        buf_done(&pem);
    }
    return true;
}

bool lab_host_list_cas(struct lab_call *c)
{
    return list(c, false);
}

bool lab_host_list_crls(struct lab_call *c)
{
    return list(c, true);
}

static bool no_such_method(struct lab_call *c)
{
    return lab_say_value(c, "MethodNotFound", "The method is not known here", "method", c->body->name);
}

/* hostd takes the new certificate at once; older hosts have no such method, and clients know how to do without. */
bool lab_host_notify(struct lab_call *c)
{
    return c->k.vc->plan->version < LAB_80 ? no_such_method(c) : host_of(c) != NULL;
}

struct lab_value *lab_host_certificate_list(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *all = lab_array(k->arena, NULL, NULL, "HostCertificateManagerCertificateInfo");
    struct lab_value *one = lab_host_certificate_info(k, o);
    if (!one)
        return NULL;
    lab_value_add(all, one);
    return all;
}

bool lab_host_certificates(struct lab_call *c)
{
    if (c->k.vc->plan->version < LAB_80)
        return no_such_method(c);
    if (!host_of(c))
        return false;
    lab_value_bare(c->w, "returnval", lab_host_certificate_info(&c->k, c->self));
    return true;
}
