#include "lab/alarm.h"

#include <string.h>

#include "base/text.h"
#include "lab/event.h"
#include "lab/own.h"
#include "lab/pem.h"

#define PREFIX "com.vmware.vc.certmgr."

enum { STS_YELLOW_DAYS = 90, STS_RED_DAYS = 7 };

static const char *const colors[] = { [LAB_GREEN] = "green", [LAB_YELLOW] = "yellow", [LAB_RED] = "red" };

/* Ids of vCenter's catalogue of events. */
static const struct {
    const char *kind, *severity, *text;
} kinds[] = {
    { "HostCaCertsAndCrlsUpdatedEvent", "info", "CA certificates and CRLs were updated" },
    { "HostCertExpirationImminentEvent", "warning", "The certificate's expiration is imminent" },
    { "HostCertExpiredEvent", "error", "The certificate expired" },
    { "HostCertExpiringEvent", "info", "The certificate is nearing expiration" },
    { "HostCertExpiringShortlyEvent", "warning", "The certificate will expire soon" },
    { "HostCertRevokedEvent", "warning", "The certificate was revoked" },
    { "HostCertUpdatedEvent", "info", "The certificate was updated" },
};

void lab_cert_event(struct lab_host *h, const char *kind, const char *user)
{
    struct lab_vcenter *vc = h->at.vcenter;
    size_t n = 0;
    while (n + 1 < ARRAY_LEN(kinds) && strcmp(kinds[n].kind, kind) != 0)
        n++;
    struct lab_event_plan p = { .type = "EventEx", .user = user };
    struct lab_value *v = lab_event_of_host(vc, h->at.n, &p, "%s on host %s", kinds[n].text, h->at.name);
    const struct lab_asking k = { .vc = vc, .arena = p.arena };
    (void)lab_string(p.arena, v, "eventTypeId", arena_printf(p.arena, PREFIX "%s", kinds[n].kind));
    (void)lab_string(p.arena, v, "severity", kinds[n].severity);
    (void)lab_string(p.arena, v, "message", arena_printf(p.arena, "%s on host %s", kinds[n].text, h->at.name));
    (void)lab_string(p.arena, v, "objectId", lab_object_moid(&k, (struct lab_object){ .mo = MO_HOST, .n = h->at.n }));
    (void)lab_string(p.arena, v, "objectType", "HostSystem");
    (void)lab_string(p.arena, v, "objectName", arena_strdup(p.arena, h->at.name));
}

const char *lab_cert_status_event(enum lab_cert_status s)
{
    static const char *const events[] = { NULL, "HostCertExpiringEvent", "HostCertExpiringShortlyEvent",
                                          "HostCertExpirationImminentEvent", "HostCertExpiredEvent" };
    return events[s];
}

/* ---- the alarm ---- */

static const char *color(const struct lab_host *h)
{
    return lab_host_is_lost(h) || h->status >= LAB_CERT_IMMINENT ? "red" : h->status == LAB_CERT_SHORTLY ? "yellow" : "green";
}

struct lab_value *lab_host_status(const struct lab_asking *k, struct lab_object o)
{
    return lab_text(k->arena, NULL, NULL, "ManagedEntityStatus", color(&k->vc->hosts[o.n]));
}

static void state(const struct lab_asking *k, struct lab_value *list, struct lab_object of, struct lab_object alarm,
                  enum lab_color c, int64_t since)
{
    struct arena *a = k->arena;
    const char *entity = lab_object_moid(k, of), *id = lab_object_moid(k, alarm);
    struct lab_value *v = lab_struct(a, list, NULL, "AlarmState");
    (void)lab_string(a, v, "key", arena_printf(a, "%s.%s", id, entity));
    (void)lab_ref(a, v, "entity", lab_object_type(of), entity);
    (void)lab_ref(a, v, "alarm", "Alarm", id);
    (void)lab_text(a, v, "overallStatus", "ManagedEntityStatus", colors[c]);
    (void)lab_time(a, v, "time", since);
    (void)lab_bool(a, v, "acknowledged", false);
}

static void add_host(const struct lab_asking *k, struct lab_value *list, unsigned n)
{
    const struct lab_host *h = &k->vc->hosts[n];
    const struct lab_object host = { .mo = MO_HOST, .n = n }, alarm = { .mo = MO_ALARM };
    if (h->status >= LAB_CERT_SHORTLY)
        state(k, list, host, alarm, h->status >= LAB_CERT_IMMINENT ? LAB_RED : LAB_YELLOW, h->status_at);
}

struct lab_value *lab_host_alarms(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "AlarmState");
    add_host(k, list, o.n);
    return list;
}

/* ---- the vCenter's own ---- */

static const struct {
    enum lab_mo mo;
    const char *system, *description, *event;
} own[LAB_OWN_ALARMS] = {
    [LAB_ALARM_CERTS] = { MO_CERT_ALARM, "alarm.CertificateStatusAlarm", "Default alarm that monitors certificates of vCenter Server",
                          "vsphere-lab.certificate.expiring" },
    [LAB_ALARM_STS] = { MO_STS_ALARM, "alarm.StsSigningCertificate", "Default alarm that monitors STS signing certificates",
                        "vsphere-lab.sts.expiring" },
};

/* The certificate whose end comes first; x NULL: there is none to look at. */
struct nearest {
    X509 *x;
    const char *store;
    int64_t end;
};

static void nearer(struct nearest *n, X509 *x, const char *store)
{
    int64_t end = x ? lab_time_of(X509_get0_notAfter(x)) : 0;
    if (x && (!n->x || end < n->end))
        *n = (struct nearest){ x, store, end };
}

/* A machine certificate that nobody has met is not made for this. */
static struct nearest nearest_of(struct lab_vcenter *vc)
{
    struct lab_ca *roots[LAB_TRUSTED_MAX];
    struct nearest n = { .x = NULL };
    nearer(&n, vc->met ? lab_cert(&vc->at, true, NULL) : NULL, "MACHINE_SSL_CERT");
    for (size_t i = lab_trusted_roots(vc, roots); i-- > 0;)
        nearer(&n, roots[i]->cert, "TRUSTED_ROOTS");
    return n;
}

static enum lab_color color_of(const struct lab_vcenter *vc, enum lab_own_alarm which, int64_t end, int64_t now)
{
    if (which == LAB_ALARM_STS)
        return end - now < STS_RED_DAYS * LAB_DAY ? LAB_RED : end - now < STS_YELLOW_DAYS * LAB_DAY ? LAB_YELLOW : LAB_GREEN;
    enum lab_cert_status s = lab_cert_status(vc, end, now);
    return s >= LAB_CERT_IMMINENT ? LAB_RED : s == LAB_CERT_SHORTLY ? LAB_YELLOW : LAB_GREEN;
}

static void tell(struct lab_vcenter *vc, enum lab_own_alarm which, const struct nearest *n)
{
    char dn[LAB_DN_MAX], end[TEXT_TIME];
    struct lab_event_plan p = { .type = "EventEx", .user = "" };
    struct lab_value *v;
    if (which == LAB_ALARM_STS) {
        v = lab_event_session(vc, &p, "STS signing certificates are about to expire");
    } else {
        lab_dn_text(X509_get_subject_name(n->x), ",", dn);
        text_time(n->end, end);
        v = lab_event_session(vc, &p, "Certificate '%.300s' from '%s' expires on %.10s %.8s.000", dn, n->store, end, end + 11);
    }
    (void)lab_string(p.arena, v, "eventTypeId", own[which].event);
    (void)lab_string(p.arena, v, "severity", vc->alarms[which].color == LAB_RED ? "error" : "warning");
}

static void look_at(struct lab_vcenter *vc, enum lab_own_alarm which, const struct nearest *n, int64_t now)
{
    struct lab_alarm_state *a = &vc->alarms[which];
    enum lab_color c = color_of(vc, which, n->end, now);
    bool news = c != a->color;
    if (news) {
        *a = (struct lab_alarm_state){ .color = c, .since = now };
        (void)lab_touch(vc);
    }
    if (c == LAB_GREEN || (!news && now - a->told < (c == LAB_RED ? 1 : 7) * LAB_DAY))
        return;
    a->told = now;
    tell(vc, which, n);
}

void lab_look(struct lab_vcenter *vc, int64_t now)
{
    const struct nearest n = nearest_of(vc);
    if (n.x)
        look_at(vc, LAB_ALARM_CERTS, &n, now);
    const struct nearest sts = { .end = vc->at.faults & LAB_FAULT_STS ? now - LAB_DAY : lab_sts_end(vc) };
    if (vc->plan->version >= LAB_70)
        look_at(vc, LAB_ALARM_STS, &sts, now);
}

struct lab_value *lab_root_status(const struct lab_asking *k, struct lab_object o UNUSED)
{
    enum lab_color worst = LAB_GREEN;
    lab_look(k->vc, lab_now(k->vc->at.estate));
    for (size_t i = 0; i < LAB_OWN_ALARMS; i++)
        worst = k->vc->alarms[i].color > worst ? k->vc->alarms[i].color : worst;
    return lab_text(k->arena, NULL, NULL, "ManagedEntityStatus", colors[worst]);
}

struct lab_value *lab_tree_alarms(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "AlarmState");
    lab_look(k->vc, lab_now(k->vc->at.estate));
    for (size_t i = 0; o.mo == MO_ROOT && i < LAB_OWN_ALARMS; i++)
        if (k->vc->alarms[i].color != LAB_GREEN)
            state(k, list, o, (struct lab_object){ .mo = own[i].mo }, k->vc->alarms[i].color, k->vc->alarms[i].since);
    for (size_t i = 0; i < k->vc->hosts_len; i++)
        add_host(k, list, (unsigned)i);
    return list;
}

/* ---- what an alarm is ---- */

struct trigger {
    const char *event, *object, *status;
};

static void expression(struct arena *a, struct lab_value *list, const struct trigger *t)
{
    struct lab_value *x = lab_poly(a, list, NULL, "EventAlarmExpression");
    (void)lab_string(a, x, "eventType", "EventEx");
    (void)lab_string(a, x, "eventTypeId", t->event);
    (void)lab_string(a, x, "objectType", t->object);
    (void)lab_text(a, x, "status", "ManagedEntityStatus", t->status);
}

static void host_expression(struct arena *a, struct lab_value *list, enum lab_cert_status s, const char *status)
{
    expression(a, list, &(struct trigger){ arena_printf(a, PREFIX "%s", lab_cert_status_event(s)), "HostSystem", status });
}

struct lab_value *lab_alarm_info(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "AlarmInfo");
    const size_t n = o.mo == MO_STS_ALARM ? LAB_ALARM_STS : LAB_ALARM_CERTS;
    const bool of_host = o.mo == MO_ALARM;
    (void)lab_string(a, v, "name", lab_object_name(k, o));
    (void)lab_string(a, v, "systemName", of_host ? "alarm.HostCertificateStatus" : own[n].system);
    (void)lab_string(a, v, "description", of_host ? "Default alarm that monitors the certificates of hosts" : own[n].description);
    (void)lab_bool(a, v, "enabled", true);
    struct lab_value *either = lab_poly(a, v, "expression", "OrAlarmExpression");
    struct lab_value *list = lab_array(a, either, "expression", "AlarmExpression");
    if (of_host) {
        host_expression(a, list, LAB_CERT_SHORTLY, "yellow");
        host_expression(a, list, LAB_CERT_IMMINENT, "red");
        host_expression(a, list, LAB_CERT_EXPIRED, "red");
    } else {
        expression(a, list, &(struct trigger){ own[n].event, "Folder", "yellow" });
        expression(a, list, &(struct trigger){ own[n].event, "Folder", "red" });
    }
    (void)lab_string(a, v, "key", lab_object_moid(k, o));
    (void)lab_ref(a, v, "alarm", "Alarm", lab_object_moid(k, o));
    (void)lab_ref(a, v, "entity", "Folder", "group-d1");
    (void)lab_time(a, v, "lastModifiedTime", k->vc->at.estate->born);
    (void)lab_string(a, v, "lastModifiedUser", "");
    (void)lab_int(a, v, "creationEventId", 0);
    return v;
}
