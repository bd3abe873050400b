#include "api/tables.h"
#include "flow/site.h"
#include "http/response.h"

/* GET /api/versions: no session, no Accept (vcd-api.md 1.1). */
static bool versions(struct api_call *c, struct err *e)
{
    http_response_field(c->rs, "Content-Type", "text/xml;charset=utf-8");
    return api_versions_write(c->site->base_url, &c->rs->body, e);
}

const struct api_op api_versions_ops[] = {
    { "GET", "/api/versions", API_LEGACY, RIGHT_NONE, API_PUBLIC | API_NO_VERSION, versions, 0 },
    { 0 },
};
