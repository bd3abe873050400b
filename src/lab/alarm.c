#include "lab/alarm.h"

#include <string.h>

#include "lab/event.h"

#define PREFIX "com.vmware.vc.certmgr."

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

struct lab_value *lab_host_alarms(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    const struct lab_host *h = &k->vc->hosts[o.n];
    const struct lab_object alarm = { .mo = MO_ALARM };
    struct lab_value *list = lab_array(a, NULL, NULL, "AlarmState");
    if (h->status < LAB_CERT_SHORTLY)
        return list;
    const char *host = lab_object_moid(k, o), *id = lab_object_moid(k, alarm);
    struct lab_value *v = lab_struct(a, list, NULL, "AlarmState");
    (void)lab_string(a, v, "key", arena_printf(a, "%s.%s", id, host));
    (void)lab_ref(a, v, "entity", "HostSystem", host);
    (void)lab_ref(a, v, "alarm", "Alarm", id);
    (void)lab_text(a, v, "overallStatus", "ManagedEntityStatus", h->status >= LAB_CERT_IMMINENT ? "red" : "yellow");
    (void)lab_time(a, v, "time", h->status_at);
    (void)lab_bool(a, v, "acknowledged", false);
    return list;
}

static void expression(struct arena *a, struct lab_value *list, enum lab_cert_status s, const char *status)
{
    struct lab_value *x = lab_poly(a, list, NULL, "EventAlarmExpression");
    (void)lab_string(a, x, "eventType", "EventEx");
    (void)lab_string(a, x, "eventTypeId", arena_printf(a, PREFIX "%s", lab_cert_status_event(s)));
    (void)lab_string(a, x, "objectType", "HostSystem");
    (void)lab_text(a, x, "status", "ManagedEntityStatus", status);
}

struct lab_value *lab_alarm_info(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "AlarmInfo");
    (void)lab_string(a, v, "name", "ESXi Host Certificate Status");
    (void)lab_string(a, v, "systemName", "alarm.HostCertificateStatus");
    (void)lab_string(a, v, "description", "Default alarm that monitors the certificates of hosts");
    (void)lab_bool(a, v, "enabled", true);
    struct lab_value *either = lab_poly(a, v, "expression", "OrAlarmExpression");
    struct lab_value *list = lab_array(a, either, "expression", "AlarmExpression");
    expression(a, list, LAB_CERT_SHORTLY, "yellow");
    expression(a, list, LAB_CERT_IMMINENT, "red");
    expression(a, list, LAB_CERT_EXPIRED, "red");
    (void)lab_string(a, v, "key", lab_object_moid(k, o));
    (void)lab_ref(a, v, "alarm", "Alarm", lab_object_moid(k, o));
    (void)lab_ref(a, v, "entity", "Folder", "group-d1");
    (void)lab_time(a, v, "lastModifiedTime", k->vc->at.estate->born);
    (void)lab_string(a, v, "lastModifiedUser", "");
    (void)lab_int(a, v, "creationEventId", 0);
    return v;
}
