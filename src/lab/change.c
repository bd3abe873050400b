#include "lab/change.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/hostcert.h"
#include "lab/option.h"
#include "lab/own.h"
#include "lab/vmca.h"
#include "net/tls_server.h"

void lab_endpoint_touch(struct lab_endpoint *ep)
{
    for (size_t i = 0; i < ARRAY_LEN(ep->cached); i++) {
        X509_free(ep->cached[i]);
        ep->cached[i] = NULL;
    }
    ep->identity = tls_identity_unref(ep->identity);
    ep->changed = ++ep->estate->version;
    (void)pthread_cond_broadcast(&ep->estate->news);
}

/* What the root signed dies and rises with it. */
static void touch_all(struct lab_estate *s, const struct lab_vmca *v)
{
    for (size_t i = 0; i < s->vcenters_len; i++) {
        struct lab_vcenter *vc = &s->vcenters[i];
        if (vc->vmca != v)
            continue;
        lab_endpoint_touch(&vc->at);
        for (size_t j = 0; j < vc->hosts_len; j++)
            lab_endpoint_touch(&vc->hosts[j].at);
    }
}

static bool do_faults(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    unsigned before = ep->faults;
    ep->faults = (unsigned)c->value;
    if (!((before ^ ep->faults) & LAB_FAULT_ROOT))
        return true;
    touch_all(ep->estate, ep->vcenter->vmca);
    return lab_root_fault(ep->vcenter, ep->faults & LAB_FAULT_ROOT, c->at, e);
}

static bool do_reissue(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    lab_made_anew(ep, c->at);
    return true;
}

static bool do_replace(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    bool ok = do_reissue(ep, c, e);
    ep->rekeyed++;
    return ok;
}

static bool do_issuer(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    ep->issuer = (int)c->value;
    return do_replace(ep, c, e);
}

static bool do_retire(struct lab_endpoint *ep, const struct lab_change *c UNUSED, struct err *e UNUSED)
{
    ep->vcenter->vmca->retired = ep->vcenter->vmca->roots_len - 1;
    return true;
}

static bool do_password(struct lab_endpoint *ep, const struct lab_change *c, struct err *e)
{
    if (!c->text || !c->text[0] || !text_copy(ep->vcenter->password, LAB_NAME, c->text))
        return err_set(e, ERR_INPUT, "a password has 1 to %d bytes", LAB_NAME - 1);
    ep->vcenter->wrong = 0;
    return true;
}

/* value: 0 = ahead of the machine by `at` seconds, 1 = stands still there. */
static bool do_clock(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    ep->estate->stopped = c->value != 0;
    ep->estate->clock = c->at;
    return true;
}

static bool do_step(struct lab_endpoint *ep, const struct lab_change *c, struct err *e UNUSED)
{
    ep->estate->steps = (size_t)c->value;
    return true;
}

/* The same now and at every restart. */
bool lab_change_apply(struct lab_estate *s, const struct lab_change *c, struct err *e)
{
    static const struct {
        const char *what;
        lab_apply *run;
    } known[] = {
        { "castore", lab_do_castore }, { "clock", do_clock }, { "faults", do_faults }, { "import", lab_do_import },
        { "issuer", do_issuer }, { "key", lab_do_key }, { "lost", lab_do_lost }, { "maintenance", lab_do_maintenance }, { "option", lab_do_option },
        { "own", lab_do_own }, { "password", do_password }, { "poll", lab_do_poll }, { "publish", lab_do_post },
        { "refused", lab_do_refused }, { "reissue", do_reissue }, { "replace", do_replace }, { "retire", do_retire }, { "revoke", lab_do_revoke },
        { "roots", lab_do_roots }, { "rotate", lab_do_rotate }, { "step", do_step }, { "sts", lab_do_sts },
        { "subordinate", lab_do_subordinate }, { "unpublish", lab_do_delete },
    };
    struct lab_endpoint *ep = lab_endpoint_named(s, c->target);
    if (!ep)
        return err_set(e, ERR_NOT_FOUND, "nothing in the estate is called %s", c->target);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(known[i].what, c->what) != 0)
            continue;
        if (!known[i].run(ep, c, e))
            return false;
        lab_endpoint_touch(ep);
        return true;
    }
    return err_set(e, ERR_INPUT, "no such change: %s", c->what);
}

bool lab_set_faults(struct lab_endpoint *ep, unsigned bits, struct err *e)
{
    if (bits & ~ep->faults & LAB_FAULT_ROOT && !lab_root_can_expire(ep->vcenter))
        return err_set(e, ERR_CONFLICT, "the root of %s was imported: only who signed it can make an expired one", ep->name);
    return lab_change(ep->estate, &(struct lab_change){ .what = "faults", .target = ep->name, .value = bits,
                                                         .at = lab_now(ep->estate) }, e);
}

bool lab_replace(struct lab_endpoint *ep, int64_t now, struct err *e)
{
    return lab_change(ep->estate, &(struct lab_change){ .what = "replace", .target = ep->name, .at = now }, e);
}

bool lab_set_issuer(struct lab_endpoint *ep, enum lab_endpoint_cert issuer, int64_t now, struct err *e)
{
    if (ep->kind == LAB_HOST)
        return err_set(e, ERR_INPUT, "who signs a host's certificate is a matter of its faults");
    return lab_change(ep->estate, &(struct lab_change){ .what = "issuer", .target = ep->name, .value = issuer, .at = now }, e);
}

bool lab_reissue(struct lab_endpoint *ep, int64_t now, struct err *e)
{
    return lab_change(ep->estate, &(struct lab_change){ .what = "reissue", .target = ep->name, .at = now }, e);
}

bool lab_set_password(struct lab_vcenter *vc, const char *password, struct err *e)
{
    if (!password[0] || strlen(password) >= sizeof(vc->password))
        return err_set(e, ERR_INPUT, "a password has 1 to %zu bytes", sizeof(vc->password) - 1);
    return lab_change(vc->at.estate, &(struct lab_change){ .what = "password", .target = vc->at.name, .text = password }, e);
}

bool lab_retire(struct lab_vcenter *vc, struct err *e)
{
    const struct lab_estate *s = vc->at.estate;
    for (size_t i = 0; i < s->vcenters_len; i++) {
        const struct lab_vcenter *it = &s->vcenters[i];
        for (size_t j = 0; it->vmca == vc->vmca && j < it->hosts_len; j++)
            if (it->hosts[j].at.ca_generation + 1 < vc->vmca->roots_len)
                return err_set(e, ERR_CONFLICT, "%s still has a certificate of an older root: renew %s first",
                               it->hosts[j].at.name, it->plan->name);
    }
    return lab_change(vc->at.estate, &(struct lab_change){ .what = "retire", .target = vc->at.name }, e);
}
