#include "vim/nsx.h"

#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"
#include "vim/basic.h"
#include "vim/body.h"
#include "wire/http1.h"
#include "wire/json.h"
#include "wire/xml.h"

static void copy(char *dst, const char *src)
{
    (void)text_copy(dst, VIM_NSX_TEXT, src ? src : "");
}

/* NodeProperties: node_version, hostname (NSX-T Data Center API, "Read node properties"). */
static bool read_t(const struct vim_answer *answer, struct vim_nsx *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *node = NULL;
    struct err why = { 0 };
    if (!vim_body_is(answer, "application/json"))
        return vim_body_other(answer, "JSON", e);
    if (!wire_json_read(answer->body, answer->body_len, NULL, &node, &why))
        return err_set(e, ERR_PEER, "/api/v1/node: %s", why.msg);
    const char *version = json_string_value(json_object_get(node, "node_version"));
    if (!version)
        version = json_string_value(json_object_get(node, "product_version"));
    if (!version)
        return err_set(e, ERR_PEER, "/api/v1/node names no version: not an NSX-T Manager");
    copy(ret->version, version);
    copy(ret->hostname, json_string_value(json_object_get(node, "hostname")));
    return true;
}

static bool version_of(const char *major, const char *minor, const char *patch, struct vim_nsx *ret, struct err *e)
{
    if (!major || !minor)
        return err_set(e, ERR_PEER, "global/info names no version: not an NSX Manager");
    (void)snprintf(ret->version, sizeof(ret->version), "%s.%s%s%s", major, minor, patch ? "." : "", patch ? patch : "");
    return true;
}

static bool read_v_xml(const struct vim_answer *answer, struct arena *a, struct vim_nsx *ret, struct err *e)
{
    struct xml_element *root;
    struct err why = { 0 };
    if (!xml_parse(answer->body, answer->body_len, NULL, a, &root, &why))
        return err_set(e, ERR_PEER, "global/info: %s", why.msg);
    const struct xml_element *v = xml_child(root, NULL, "versionInfo");
    copy(ret->hostname, xml_child_text(root, NULL, "hostName"));
    return version_of(xml_child_text(v, NULL, "majorVersion"), xml_child_text(v, NULL, "minorVersion"),
                      xml_child_text(v, NULL, "patchVersion"), ret, e);
}

static const char *member(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static bool read_v_json(const struct vim_answer *answer, struct vim_nsx *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *root = NULL;
    struct err why = { 0 };
    if (!wire_json_read(answer->body, answer->body_len, NULL, &root, &why))
        return err_set(e, ERR_PEER, "global/info: %s", why.msg);
    const json_t *v = json_object_get(root, "versionInfo");
    copy(ret->hostname, member(root, "hostName"));
    return version_of(member(v, "majorVersion"), member(v, "minorVersion"), member(v, "patchVersion"), ret, e);
}

/* globalInfo/versionInfo: majorVersion, minorVersion, patchVersion (NSX for vSphere API Guide, "Appliance Manager"). XML is
 * asked for; appliances are known that answer in JSON all the same. */
static bool read_v(const struct vim_answer *answer, struct arena *a, struct vim_nsx *ret, struct err *e)
{
    if (vim_body_is(answer, "application/json"))
        return read_v_json(answer, ret, e);
    if (!vim_body_is(answer, "application/xml") && !vim_body_is(answer, "text/xml"))
        return vim_body_other(answer, "XML", e);
    return read_v_xml(answer, a, ret, e);
}

bool vim_nsx_read(struct vim_endpoint *ep, enum vim_nsx_kind kind, const char *user, const struct secret *password,
                  int64_t deadline_ms, struct vim_nsx *ret, struct err *e)
{
    static const char *const paths[] = { [VIM_NSX_T] = "/api/v1/node",
                                         [VIM_NSX_V] = "/api/1.0/appliance-management/global/info" };
    static const char *const accept[] = { [VIM_NSX_T] = "application/json", [VIM_NSX_V] = "application/xml" };
    AUTO(arena_done) struct arena a = { 0 };
    AUTO(vim_body_wipe) struct buf value;
    struct vim_answer answer;
    struct vim_nsx found = { 0 };
    buf_init(&value, VIM_BASIC_MAX);
    if (!vim_basic_check(user, password, vim_endpoint_name(ep), e) || !vim_basic_write(user, password, &value, e))
        return false;
    struct http1_field fields[] = { { "Authorization", buf_str(&value) }, { "Accept", accept[kind] } };
    struct vim_request rq = { .method = "GET", .path = paths[kind], .fields = fields, .fields_len = 2,
                              .answer_max = VIM_NSX_ANSWER_MAX, .once = true };
    if (!vim_endpoint_call(ep, &rq, deadline_ms, &a, &answer, e))
        return false;
    bool ok = answer.status != 200   ? vim_body_status(&answer, paths[kind], e)
              : kind == VIM_NSX_T    ? read_t(&answer, &found, e)
                                     : read_v(&answer, &a, &found, e);
    if (!ok)
        return err_in(e, "%s", vim_endpoint_name(ep));
    *ret = found;
    return true;
}
