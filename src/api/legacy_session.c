#include <string.h>

#include "api/legacy.h"
#include "api/login.h"
#include "api/tables.h"
#include "flow/caller.h"

#define TYPE "application/vnd.vmware.vcloud.session"

/* Where a client goes from here: pyvcloud finds each by rel and type, and says "no access" to what it misses
 * (vcd-api.md 1.5). */
struct link {
    const char *rel, *type, *name, *href;
};

enum { LINKS = 7 };

static void links_of(const struct api_call *c, const struct caller *who, struct link ret[LINKS])
{
    const struct link all[LINKS] = {
        { "down", "application/vnd.vmware.vcloud.orgList+xml", NULL, api_href(c, "/api/org/") },
        { "down", "application/vnd.vmware.vcloud.org+xml", who->org_name, api_href(c, "/api/org/%s", api_uuid(who->org)) },
        { "down", "application/vnd.vmware.admin.vcloud+xml", NULL, api_href(c, "/api/admin/") },
        { "down", "application/vnd.vmware.admin.vmwExtension+xml", NULL, api_href(c, "/api/admin/extension") },
        { "down", "application/vnd.vmware.vcloud.query.queryList+xml", NULL, api_href(c, "/api/query") },
        { "down:extensibility", "application/vnd.vmware.vcloud.apiextensibility+xml", NULL, api_href(c, "/api/extensibility") },
        { "openapi", "application/json", NULL, api_href(c, "/cloudapi") },
    };
    memcpy(ret, all, sizeof(all));
}

static bool answer(struct api_call *c, const struct caller *who, struct err *e)
{
    struct link links[LINKS];
    struct legacy l;
    links_of(c, who, links);
    legacy_start(&l, c, "Session");
    legacy_attr(&l, "href", api_href(c, "/api/session"));
    legacy_attr(&l, "type", l.json ? TYPE "+json" : TYPE "+xml");
    legacy_attr(&l, "user", who->user_name);
    legacy_attr(&l, "org", who->org_name);
    legacy_attr(&l, "userId", who->user);
    legacy_attr(&l, "roles", who->role_name);
    legacy_attr(&l, "locationId", api_location(c, who));
    for (size_t i = 0; i < LINKS; i++) {
        legacy_item(&l, "Link");
        legacy_attr(&l, "rel", links[i].rel);
        legacy_attr(&l, "href", links[i].href);
        legacy_attr(&l, "type", links[i].type);
        legacy_attr(&l, "name", links[i].name);
        legacy_close(&l);
    }
    return legacy_end(&l, 200, TYPE, e);
}

/* POST /api/sessions: one door for everybody. */
static bool login(struct api_call *c, struct err *e)
{
    struct caller who;
    return api_login(c, SESSION_EITHER, &who, e) && answer(c, &who, e);
}

static bool current(struct api_call *c, struct err *e)
{
    return answer(c, &c->caller, e);
}

const struct api_op api_legacy_session_ops[] = {
    { "POST", "/api/sessions", API_LEGACY, RIGHT_NONE, API_PUBLIC | API_LOGIN, login, 0 },
    { "GET", "/api/session", API_LEGACY, RIGHT_NONE, 0, current, 0 },
    { "DELETE", "/api/session", API_LEGACY, RIGHT_NONE, 0, api_logout, 0 },
    { 0 },
};
