#include <string.h>

#include "api/login.h"
#include "api/op.h"
#include "api/tables.h"
#include "base/arena.h"
#include "flow/site.h"
#include "http/response.h"
#include "wire/xml.h"

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

static bool answer_json(struct api_call *c, const struct caller *who, const struct link *links, struct err *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < LINKS; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?}", "rel", links[i].rel, "href", links[i].href,
                                                    "type", links[i].type, "name", links[i].name));
    return api_answer_json(c, 200, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "href", api_href(c, "/api/session"),
                                             "type", "application/vnd.vmware.vcloud.session+json", "user", who->user_name,
                                             "org", who->org_name, "userId", who->user, "roles", who->role_name,
                                             "locationId", api_location(c, who), "link", list), e);
}

static bool answer(struct api_call *c, const struct caller *who, struct err *e)
{
    static const char type[] = "application/vnd.vmware.vcloud.session";
    struct link links[LINKS];
    struct xml_writer w;
    links_of(c, who, links);
    if (c->accept.format == API_JSON)
        return answer_json(c, who, links, e);
    xml_writer_start(&w, &c->rs->body);
    xml_declaration(&w);
    xml_open(&w, "Session");
    xml_attr(&w, "xmlns", "http://www.vmware.com/vcloud/v1.5");
    xml_attr(&w, "href", api_href(c, "/api/session"));
    xml_attr(&w, "type", arena_printf(c->arena, "%s+xml", type));
    xml_attr(&w, "user", who->user_name);
    xml_attr(&w, "org", who->org_name);
    xml_attr(&w, "userId", who->user);
    xml_attr(&w, "roles", who->role_name);
    xml_attr(&w, "locationId", api_location(c, who));
    for (size_t i = 0; i < LINKS; i++) {
        xml_open(&w, "Link");
        xml_attr(&w, "rel", links[i].rel);
        xml_attr(&w, "href", links[i].href);
        xml_attr(&w, "type", links[i].type);
        if (links[i].name)
            xml_attr(&w, "name", links[i].name);
        xml_close(&w);
    }
    xml_close(&w);
    return api_answer_xml(c, 200, type, &w, e);
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
