#include "lab/faces.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "wire/http1.h"
#include "wire/xml.h"

/* NSX Managers take Basic with every request. */
static bool may(struct http_request *rq, struct http_response *rs)
{
    const struct lab_endpoint *ep = rq->app;
    const char *value = http1_find(rq->head, "Authorization");
    char plain[LAB_NAME * 2];
    struct buf want;
    (void)snprintf(plain, sizeof(plain), "admin:%s", ep->vcenter->password);
    buf_init(&want, sizeof(plain) * 2);
    bool ok = buf_puts(&want, "Basic ", NULL) && text_base64(&want, plain, strlen(plain), NULL) && value &&
              strlen(value) == want.len && !CRYPTO_memcmp(value, want.data, want.len) && !(ep->faults & LAB_FAULT_PASSWORD);
    buf_done(&want);
    if (ok)
        return true;
    http_response_field(rs, "WWW-Authenticate", "Basic realm=\"NSX\"");
    http_response_text(rs, 401, "application/json", "{\"error_code\":403,\"error_message\":\"The credentials were incorrect or "
                                                    "the account specified has been locked.\"}");
    return false;
}

static bool is_v(const struct http_request *rq)
{
    const struct lab_endpoint *ep = rq->app;
    return ep->estate->scenario->nsx[ep->n].kind == 1;
}

static bool kind_is(struct http_request *rq, struct http_response *rs, bool v)
{
    if (is_v(rq) == v)
        return true;
    http_response_text(rs, 404, "text/html", "<html><body><h1>Not Found</h1></body></html>\n");
    return false;
}

void lab_nsx_node(struct http_request *rq, struct http_response *rs)
{
    if (kind_is(rq, rs, false) && may(rq, rs))
        http_response_text(rs, 200, "application/json",
                           "{\"node_version\":\"4.1.2.0.0.22589037\",\"product_version\":\"4.1.2.0.0.22589037\","
                           "\"kernel_version\":\"5.10.0\",\"node_uuid\":\"00000000-0000-4000-8000-000000000001\"}");
}

void lab_nsx_registration(struct http_request *rq, struct http_response *rs)
{
    const struct lab_endpoint *ep = rq->app;
    struct xml_writer w;
    if (!kind_is(rq, rs, true) || !may(rq, rs))
        return;
    LAB_LOCKED(ep->estate);
    xml_writer_start(&w, &rs->body);
    xml_declaration(&w);
    xml_open(&w, "vcInfo");
    xml_leaf(&w, "ipAddress", ep->vcenter->at.name);
    xml_leaf(&w, "userName", ep->vcenter->user);
    xml_leaf(&w, "vcInventoryLastUpdateTime", "0");
    xml_close(&w);
    if (!xml_writer_end(&w, NULL))
        rs->bad = true;
    http_response_field(rs, "Content-Type", "application/xml");
}

/* The appliance's API answers in JSON, or in XML to who asks for that. */
void lab_nsx_info(struct http_request *rq, struct http_response *rs)
{
    if (!kind_is(rq, rs, true) || !may(rq, rs))
        return;
    const char *accept = http1_find(rq->head, "Accept");
    if (accept && strstr(accept, "xml"))
        http_response_text(rs, 200, "application/xml",
                           "<?xml version=\"1.0\" encoding=\"UTF-8\"?><globalInfo><versionInfo><majorVersion>6</majorVersion>"
                           "<minorVersion>4</minorVersion><patchVersion>14</patchVersion><buildNumber>20609341</buildNumber>"
                           "</versionInfo></globalInfo>");
    else
        http_response_text(rs, 200, "application/json",
                           "{\"versionInfo\":{\"majorVersion\":\"6\",\"minorVersion\":\"4\",\"patchVersion\":\"14\","
                           "\"buildNumber\":\"20609341\"}}");
}
