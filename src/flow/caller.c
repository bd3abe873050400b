#include "flow/caller.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/def.h"
#include "base/text.h"
#include "flow/look.h"
#include "flow/org.h"
#include "flow/role.h"
#include "flow/session.h"
#include "flow/site.h"
#include "store/grant.h"
#include "vim/endpoint.h"

static const char *const names[RIGHTS] = {
    [RIGHT_NONE] = "",
    [RIGHT_ADMIN_VIEW] = "General: Administrator View",
    [RIGHT_TRUSTSTORE_VIEW] = "Truststore: View",
    [RIGHT_TRUSTSTORE_MANAGE] = "Truststore: Manage",
    [RIGHT_TEST_CONNECTION] = "SSL: Test Connection",
    [RIGHT_SSL_SETTINGS_VIEW] = "SSL Settings: View",
    [RIGHT_SSL_SETTINGS_MANAGE] = "SSL Settings: Manage",
    [RIGHT_CERT_LIBRARY_VIEW] = "Certificate Library: View",
    [RIGHT_CERT_LIBRARY_MANAGE] = "Certificate Library: Manage",
    [RIGHT_VCENTER_VIEW] = "vCenter: View",
    [RIGHT_VCENTER_MANAGE] = "vCenter: Manage",
    [RIGHT_SYSTEM_SETTINGS_VIEW] = "System Settings: View",
    [RIGHT_SYSTEM_SETTINGS_MANAGE] = "System Settings: Manage",
    [RIGHT_USER_VIEW] = "General: View User",
    [RIGHT_USER_MANAGE] = "General: Manage User",
    [RIGHT_TOKEN_MANAGE] = "Token: Manage",
    [RIGHT_ADVISORY_MANAGE] = "Advisory Definitions: Create and Delete",
    [RIGHT_AUDIT_VIEW] = "Audit: View",
    [RIGHT_TASK_VIEW_ALL] = "Task: View All",
    [RIGHT_CONSOLE] = "vApp: Use Console",
    [RIGHT_VAPP_POWER] = "vApp: Power Operations",
    [RIGHT_VAPP_DOWNLOAD] = "vApp: Download",
    [RIGHT_TEMPLATE_DOWNLOAD] = "vApp Template: Download",
    [RIGHT_CATALOG_UPLOAD] = "vApp Template / Media: Create / Upload",
    [RIGHT_CATALOG_VIEW] = "Catalog: View Private and Shared Catalogs",
    [RIGHT_CATALOG_MANAGE] = "Catalog: Create / Delete a Catalog",
    [RIGHT_TEMPLATE_VIEW] = "vApp Template / Media: View",
    [RIGHT_TEMPLATE_EDIT] = "vApp Template / Media: Edit",
    [RIGHT_VM_EDIT] = "vApp: Edit VM Properties",
    [RIGHT_VDC_MANAGE] = "Organization vDC: Create",
};

bool caller_may(const struct caller *c, enum right r)
{
    return r == RIGHT_NONE || (c->rights >> r & 1);
}

const char *right_name(enum right r)
{
    return names[r];
}

enum right right_of(const char *name)
{
    for (int r = RIGHT_NONE + 1; r < RIGHTS; r++)
        if (strcmp(names[r], name) == 0)
            return (enum right)r;
    return RIGHTS;
}

void caller_local(struct caller *ret, const struct site *site, unsigned uid)
{
    struct caller c = { .system = true, .rights = role_all_rights(), .from = "local", .org = ORG_SYSTEM_URN,
                        .org_name = ORG_SYSTEM_NAME, .role_name = "System Administrator" };
    if (uid == 0)
        (void)snprintf(c.user_name, sizeof(c.user_name), "root on %s", site->cell_name);
    else
        (void)snprintf(c.user_name, sizeof(c.user_name), "user %u on %s", uid, site->cell_name);
    /* No UUID that anybody was given looks like these. */
    (void)snprintf(c.user, sizeof(c.user), "urn:vcloud:user:00000000-0000-0000-0000-%012x", uid);
    (void)snprintf(c.session, sizeof(c.session), "urn:vcloud:session:00000000-0000-0000-0000-%012x", uid);
    (void)text_copy(c.who, sizeof(c.who), c.user_name);
    *ret = c;
}

const char *caller_owner(const struct caller *c)
{
    if (c->tenant[0] && (!c->system || strcmp(c->tenant, c->org) != 0))
        return c->tenant;
    return c->system ? STORE_SYSTEM : c->org;
}

struct store_by site_by(const struct caller *c, const char *flow)
{
    return (struct store_by){ c->who, c->from, flow, clock_wall_ms() };
}

bool site_closing(const struct site *s)
{
    return __atomic_load_n(&s->closing, __ATOMIC_ACQUIRE);
}

void site_limits(struct site *s, int64_t session_idle_ms, int64_t connect_ms, int64_t handshake_ms)
{
    __atomic_store_n(&s->session_idle_ms, session_idle_ms, __ATOMIC_RELAXED);
    __atomic_store_n(&s->connect_ms, connect_ms, __ATOMIC_RELAXED);
    __atomic_store_n(&s->handshake_ms, handshake_ms, __ATOMIC_RELAXED);
}

int64_t site_idle_ms(const struct site *s)
{
    int64_t set = __atomic_load_n(&s->session_idle_ms, __ATOMIC_RELAXED);
    return set ? set : SESSION_IDLE_MS;
}

int64_t site_look_ms(const struct site *s)
{
    int64_t connect = __atomic_load_n(&s->connect_ms, __ATOMIC_RELAXED);
    int64_t handshake = __atomic_load_n(&s->handshake_ms, __ATOMIC_RELAXED);
    int64_t both = (connect ? connect : VIM_CONNECT_MS) + (handshake ? handshake : VIM_HANDSHAKE_MS);
    return both < LOOK_TIMEOUT_MAX_MS ? both : LOOK_TIMEOUT_MAX_MS;
}

void site_close(struct site *s)
{
    __atomic_store_n(&s->closing, true, __ATOMIC_RELEASE);
}
