#include "lab/sdk.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "lab/event.h"
#include "lab/pem.h"
#include "lab/task.h"
#include "lab/vm.h"
#include "wire/http1.h"

/* 6.7 is Update 1: the last without certificate management over REST (vsphere-api.md 2.2). */
static const struct {
    const char *version, *api, *build, *full;
} releases[] = {
    { "6.7.0", "6.7.1", "10244745", "VMware vCenter Server 6.7.0 build-10244745" },
    { "7.0.3", "7.0.3.0", "21477706", "VMware vCenter Server 7.0.3 build-21477706" },
    { "8.0.2", "8.0.2.0", "22617221", "VMware vCenter Server 8.0.2 build-22617221" },
    { "8.0.3", "8.0.3.0", "25092719", "VMware vCenter Server 8.0.3 build-25092719" }, /* Update 3h */
};

static void write_about(const struct lab_asking *k, struct lab_value *in)
{
    struct arena *a = k->arena;
    int n = k->vc->plan->version;
    struct lab_value *v = lab_struct(a, in, "about", "AboutInfo");
    (void)lab_string(a, v, "name", "VMware vCenter Server");
    (void)lab_string(a, v, "fullName", releases[n].full);
    (void)lab_string(a, v, "vendor", "VMware, Inc.");
    (void)lab_string(a, v, "version", releases[n].version);
    (void)lab_string(a, v, "build", releases[n].build);
    (void)lab_string(a, v, "localeVersion", "INTL");
    (void)lab_string(a, v, "localeBuild", "000");
    (void)lab_string(a, v, "osType", "linux-x64");
    (void)lab_string(a, v, "productLineId", "vpx");
    (void)lab_string(a, v, "apiType", "VirtualCenter");
    (void)lab_string(a, v, "apiVersion", releases[n].api);
    (void)lab_string(a, v, "instanceUuid", k->vc->uuid);
    (void)lab_string(a, v, "licenseProductName", "VMware VirtualCenter Server");
    (void)lab_string(a, v, "licenseProductVersion", k->vc->plan->version == LAB_67 ? "6.0"
                                                    : k->vc->plan->version == LAB_70 ? "7.0" : "8.0");
}

/* Managers that answer, if only that they do not support it: a client may take one for granted. */
struct lab_value *lab_service_content(const struct lab_asking *k, const char *name)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, name, "ServiceContent");
    (void)lab_ref(a, v, "rootFolder", "Folder", "group-d1");
    (void)lab_ref(a, v, "propertyCollector", "PropertyCollector", "propertyCollector");
    (void)lab_ref(a, v, "viewManager", "ViewManager", "ViewManager");
    write_about(k, v);
    (void)lab_ref(a, v, "setting", "OptionManager", "VpxSettings");
    (void)lab_ref(a, v, "sessionManager", "SessionManager", "SessionManager");
    (void)lab_ref(a, v, "authorizationManager", "AuthorizationManager", "AuthorizationManager");
    (void)lab_ref(a, v, "perfManager", "PerformanceManager", "PerfMgr");
    (void)lab_ref(a, v, "eventManager", "EventManager", "EventManager");
    (void)lab_ref(a, v, "taskManager", "TaskManager", "TaskManager");
    (void)lab_ref(a, v, "customizationSpecManager", "CustomizationSpecManager", "CustomizationSpecManager");
    (void)lab_ref(a, v, "diagnosticManager", "DiagnosticManager", "DiagMgr");
    (void)lab_ref(a, v, "licenseManager", "LicenseManager", "LicenseManager");
    (void)lab_ref(a, v, "searchIndex", "SearchIndex", "SearchIndex");
    (void)lab_ref(a, v, "fileManager", "FileManager", "FileManager");
    (void)lab_ref(a, v, "virtualDiskManager", "VirtualDiskManager", "virtualDiskManager");
    (void)lab_ref(a, v, "ovfManager", "OvfManager", "OvfManager");
    (void)lab_ref(a, v, "guestOperationsManager", "GuestOperationsManager", "guestOperationsManager");
    (void)lab_ref(a, v, "certificateManager", "CertificateManager", "certificateManager");
    (void)lab_ref(a, v, "vStorageObjectManager", "VcenterVStorageObjectManager", "VStorageObjectManager");
    return v;
}

bool lab_not_supported(struct lab_call *c)
{
    return lab_say(c, "NotSupported", "The operation is not supported on the object.");
}

bool lab_service_content_call(struct lab_call *c)
{
    lab_value_bare(c->w, "returnval", lab_service_content(&c->k, "returnval"));
    return true;
}

/* The new session's cookie, and what it knows of its client. */
static void welcome(struct lab_call *c, struct lab_session *s)
{
    char cookie[128];
    const char *agent = http1_find(c->rq->head, "User-Agent");
    for (size_t i = 0; agent && agent[i] && i + 1 < sizeof(s->agent); i++)
        s->agent[i] = (char)(agent[i] >= ' ' && agent[i] <= '~' ? agent[i] : '?');
    http_request_client(c->rq, s->ip, sizeof(s->ip));
    (void)snprintf(cookie, sizeof(cookie), "vmware_soap_session=\"%s\"; Path=/; HttpOnly; Secure", s->id);
    http_response_field(c->rs, "Set-Cookie", cookie);
    lab_value_bare(c->w, "returnval", lab_user_session(&c->k, NULL, NULL, s));
    struct lab_event_plan ev = { .type = "UserLoginSessionEvent", .user = s->user };
    struct lab_value *said = lab_event_session(c->k.vc, &ev, "User %s@%s logged in as %s", s->user, s->ip, s->agent);
    (void)lab_string(ev.arena, said, "ipAddress", arena_strdup(ev.arena, s->ip));
    (void)lab_string(ev.arena, said, "userAgent", arena_strdup(ev.arena, s->agent));
    (void)lab_string(ev.arena, said, "locale", "en");
    (void)lab_string(ev.arena, said, "sessionId", arena_strdup(ev.arena, s->key));
}

static bool not_in(struct lab_call *c, const char *user)
{
    char ip[48];
    struct lab_event_plan ev = { .type = "BadUsernameSessionEvent", .user = user ? user : "" };
    http_request_client(c->rq, ip, sizeof(ip));
    struct lab_value *said = lab_event_session(c->k.vc, &ev, "Cannot login %.100s@%s", ev.user, ip);
    (void)lab_string(ev.arena, said, "ipAddress", arena_strdup(ev.arena, ip));
    return lab_say(c, "InvalidLogin", "Cannot complete login due to an incorrect user name or password.");
}

bool lab_login(struct lab_call *c)
{
    const char *user = lab_arg_text(c, "userName"), *password = lab_arg_text(c, "password");
    struct err e;
    /* On a real vCenter a second login on one cookie is InvalidLogin as well (vsphere-api.md 1.4). */
    if (!user || !password || c->k.session)
        return not_in(c, user);
    if (c->k.vc->at.faults & LAB_FAULT_STS)
        return lab_say_value(c, "SystemError", "A general system error occurred: Signing certificate is not valid", "reason",
                             "Signing certificate is not valid");
    struct lab_session *s = lab_session_login(c->k.vc, user, password, false, c->k.now * 1000, &e);
    if (!s)
        return not_in(c, user);
    welcome(c, s);
    return true;
}

bool lab_clone_ticket(struct lab_call *c)
{
    random_uuid(c->k.session->clone);
    lab_value_bare(c->w, "returnval", lab_string(c->k.arena, NULL, NULL, c->k.session->clone));
    return true;
}

bool lab_clone_session(struct lab_call *c)
{
    const char *ticket = lab_arg_text(c, "cloneTicket");
    struct lab_session *s = ticket && !c->k.session ? lab_session_clone(c->k.vc, ticket, c->k.now * 1000) : NULL;
    if (!s)
        return lab_say(c, "InvalidLogin", "The ticket is not known, or was used.");
    welcome(c, s);
    return true;
}

bool lab_logout(struct lab_call *c)
{
    const struct lab_session *s = c->k.session;
    struct lab_event_plan ev = { .type = "UserLogoutSessionEvent", .user = s->user };
    struct lab_value *said = lab_event_session(c->k.vc, &ev, "User %s@%s logged out (login time: %lld, number of API invocations: %llu, "
                                               "user agent: %s)", s->user, s->ip, (long long)(s->login_ms / 1000),
                                               (unsigned long long)s->calls, s->agent);
    (void)lab_string(ev.arena, said, "ipAddress", arena_strdup(ev.arena, s->ip));
    (void)lab_string(ev.arena, said, "userAgent", arena_strdup(ev.arena, s->agent));
    (void)lab_long(ev.arena, said, "callCount", (int64_t)s->calls);
    (void)lab_string(ev.arena, said, "sessionId", arena_strdup(ev.arena, s->key));
    (void)lab_time(ev.arena, said, "loginTime", s->login_ms / 1000);
    lab_session_end(c->k.vc, c->k.session);
    c->k.session = NULL;
    return true;
}

bool lab_current_time(struct lab_call *c)
{
    lab_value_bare(c->w, "returnval", lab_time(c->k.arena, NULL, NULL, c->k.now));
    return true;
}

bool lab_create_view(struct lab_call *c)
{
    const char *container = lab_arg_text(c, "container");
    struct lab_object o;
    size_t count = 0;
    for (struct lab_view *v = c->k.session->views; v; v = v->next)
        count++;
    if (count == LAB_VIEWS_MAX)
        return lab_say(c, "RuntimeFault", "Too many views in this session");
    if (!container || strlen(container) >= LAB_MOID_MAX || !lab_object_find(&c->k, container, &o))
        return lab_say_gone(c, container ? container : "");
    struct lab_view *v = xcalloc(1, sizeof(*v));
    lab_session_moid(c->k.session, v->moid);
    (void)text_copy(v->container, sizeof(v->container), container);
    v->recursive = lab_arg_boolean(c, "recursive");
    for (const struct xml_element *t = lab_arg(c, "type"); t && v->types_len < LAB_TYPES_MAX; t = xml_next(t, VIM_NS, "type"))
        (void)text_copy(v->types[v->types_len++], sizeof(v->types[0]), t->text);
    v->next = c->k.session->views;
    c->k.session->views = v;
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, "ContainerView", v->moid));
    return true;
}

bool lab_destroy_view(struct lab_call *c)
{
    struct lab_view *v = lab_session_view(c->k.session, c->self_moid);
    if (!v)
        return lab_say_gone(c, c->self_moid);
    lab_session_view_end(c->k.session, v);
    return true;
}

/* It ends when its next step looks. */
bool lab_cancel_task(struct lab_call *c)
{
    struct lab_task *t = c->self.mo == MO_TASK ? lab_task_find(c->k.vc, c->self.n) : NULL;
    if (!t)
        return lab_say_gone(c, c->self_moid);
    if (!t->cancelable)
        return lab_say(c, "NotSupported", "The operation is not supported on the object.");
    t->cancelled = true;
    t->changed = lab_touch(c->k.vc);
    return true;
}

/* ---- SearchIndex ---- */

static bool found(struct lab_call *c, struct lab_object o)
{
    lab_value_bare(c->w, "returnval", lab_ref(c->k.arena, NULL, NULL, lab_object_type(o), lab_object_moid(&c->k, o)));
    return true;
}

/* "DC1/host/Cluster1/esx1": the names from the root folder down, which itself is not named. */
static const char *path_of(struct lab_call *c, struct lab_object o)
{
    const char *path = NULL;
    for (struct lab_object up = o; up.mo != MO_ROOT;) {
        bool known;
        const char *name = lab_property(&c->k, up, "name", &known)->text;
        path = path ? arena_printf(c->k.arena, "%s/%s", name, path) : name;
        struct lab_value *parent = lab_property(&c->k, up, "parent", &known);
        if (!parent || !lab_object_find(&c->k, parent->text, &up))
            return "";
    }
    return path ? path : "";
}

bool lab_find_path(struct lab_call *c)
{
    const char *wanted = lab_arg_text(c, "inventoryPath");
    wanted += wanted ? strspn(wanted, "/") : 0;
    for (size_t i = 0; wanted && i < lab_inventory_len(c->k.vc); i++) {
        struct lab_object o;
        if (lab_inventory_at(c->k.vc, i, &o) && !strcmp(path_of(c, o), wanted))
            return found(c, o);
    }
    return true;
}

bool lab_find_dns(struct lab_call *c)
{
    const char *wanted = lab_arg_text(c, "dnsName");
    bool vms = lab_arg_boolean(c, "vmSearch");
    for (unsigned i = 0; wanted && !vms && i < c->k.vc->hosts_len; i++) {
        char dns[LAB_NAME];
        lab_dns_name(&c->k.vc->hosts[i].at, dns);
        if (text_caseeq(dns, wanted))
            return found(c, (struct lab_object){ .mo = MO_HOST, .n = i });
    }
    return true;
}

bool lab_find_ip(struct lab_call *c)
{
    const char *wanted = lab_arg_text(c, "ip");
    bool vms = lab_arg_boolean(c, "vmSearch");
    for (unsigned i = 0; wanted && !vms && i < c->k.vc->hosts_len; i++) {
        char ip[16];
        lab_ip_text(c->k.vc->hosts[i].at.ip, ip);
        if (!strcmp(ip, wanted))
            return found(c, (struct lab_object){ .mo = MO_HOST, .n = i });
    }
    return true;
}

bool lab_find_uuid(struct lab_call *c)
{
    const char *wanted = lab_arg_text(c, "uuid");
    bool vms = lab_arg_boolean(c, "vmSearch"), instance = lab_arg_boolean(c, "instanceUuid");
    for (unsigned i = 0; wanted && !vms && i < c->k.vc->hosts_len; i++)
        if (text_caseeq(c->k.vc->hosts[i].uuid, wanted))
            return found(c, (struct lab_object){ .mo = MO_HOST, .n = i });
    for (unsigned i = 0; wanted && vms && i < lab_vms_end(c->k.vc); i++) {
        const struct lab_vm *vm = lab_vm_look(&c->k, i);
        if (vm && text_caseeq(instance ? vm->instance_uuid : vm->uuid, wanted))
            return found(c, (struct lab_object){ .mo = MO_VM, .n = i });
    }
    return true;
}
