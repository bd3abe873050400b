#include "api/openapi.h"

#include "api/op.h"
#include "api/tables.h"
#include "base/buf.h"
#include "http/response.h"

/* Anybody may read what can be asked. */
static bool get(struct api_call *c, struct err *e)
{
    http_response_field(c->rs, "Content-Type", "application/json");
    return buf_append(&c->rs->body, api_openapi_text, api_openapi_len, e);
}

const struct api_op api_openapi_ops[] = {
    { "GET", "/cloudapi/vouchsafe/1.0.0/openapi.json", API_CLOUDAPI, RIGHT_NONE, API_PUBLIC | API_NO_VERSION, get, 0 },
    { 0 },
};
