/* POST /cloudapi/1.0.0/testConnection (vcd-api.md 3.5): 200 whatever the endpoint does. */
#include <string.h>

#include "api/tables.h"
#include "base/arena.h"
#include "flow/connection.h"
#include "flow/task.h"
#include "http/response.h"
#include "wire/json.h"

static bool read_algorithm(const json_t *body, bool *ret, struct err *e)
{
    const char *text;
    if (!api_get_text(body, "hostnameVerificationAlgorithm", 16, &text, e))
        return false;
    *ret = text;
    if (!text || strcmp(text, "HTTPS") == 0 || strcmp(text, "LDAPS") == 0)
        return true;
    return err_set(e, ERR_INPUT, "hostnameVerificationAlgorithm is neither HTTPS nor LDAPS nor null");
}

static bool read_issuers(const json_t *body, struct connection_request *ret, struct err *e)
{
    const json_t *list = json_object_get(body, "additionalCAIssuers"), *one;
    size_t i;
    if (!list || json_is_null(list))
        return true;
    if (!json_is_array(list) || json_array_size(list) > ISSUERS_URLS_MAX)
        return err_set(e, ERR_INPUT, "additionalCAIssuers is not a list of at most %d URLs", ISSUERS_URLS_MAX);
    json_array_foreach(list, i, one) {
        if (!json_is_string(one) || json_string_length(one) > ISSUERS_URL_MAX)
            return err_set(e, ERR_INPUT, "additionalCAIssuers holds something that is no URL of at most %d bytes", ISSUERS_URL_MAX);
        ret->issuers[ret->issuers_len++] = json_string_value(one);
    }
    return true;
}

static bool read_port(const json_t *o, const char *key, uint16_t *ret, struct err *e)
{
    int64_t port;
    if (!api_get_number(o, key, 1, 65535, 0, &port, e))
        return false;
    *ret = (uint16_t)port;
    return port || err_set(e, ERR_INPUT, "%s is missing", key);
}

static bool read_proxy(const json_t *body, struct connection_proxy *proxy, struct connection_request *ret, struct err *e)
{
    const json_t *o = json_object_get(body, "proxyConnection");
    const char *configured;
    if (!api_get_text(body, "preConfiguredProxy", 128, &configured, e))
        return false;
    bool named = o && !json_is_null(o);
    if (configured && named)
        return err_set(e, ERR_INPUT, "proxyConnection and preConfiguredProxy exclude each other");
    if (configured)
        return err_set(e, ERR_INPUT, "preConfiguredProxy: there is no such proxy configuration");
    if (!named)
        return true;
    ret->proxy = proxy;
    return (json_is_object(o) || err_set(e, ERR_INPUT, "proxyConnection is not an object")) &&
           api_need_text(o, "proxyHost", CONNECTION_HOST_MAX, &proxy->host, e) && read_port(o, "proxyPort", &proxy->port, e) &&
           api_get_text(o, "proxyUsername", CONNECTION_SECRET_MAX, &proxy->user, e) &&
           api_get_text(o, "proxyPassword", CONNECTION_SECRET_MAX, &proxy->password, e) &&
           api_get_bool(o, "proxySecure", true, &proxy->secure, e);
}

static bool read_request(const json_t *body, struct connection_proxy *proxy, struct connection_request *ret, struct err *e)
{
    int64_t seconds;
    if (!body)
        return err_set(e, ERR_INPUT, "the body is missing: host and port are needed");
    if (!api_need_text(body, "host", CONNECTION_HOST_MAX, &ret->host, e) || !read_port(body, "port", &ret->port, e) ||
        !api_get_bool(body, "secure", true, &ret->secure, e) ||
        !api_get_number(body, "timeout", 1, CONNECTION_TIMEOUT_MAX_S, CONNECTION_TIMEOUT_S, &seconds, e) ||
        !read_algorithm(body, &ret->check_name, e) || !read_issuers(body, ret, e))
        return false;
    ret->timeout_ms = seconds * 1000;
    return read_proxy(body, proxy, ret, e);
}

static json_t *issuers_json(const char *lines)
{
    json_t *list = json_array();
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        json_array_append_new(list, json_stringn(lines, n));
        lines += n + (lines[n] == '\n');
    }
    return list;
}

static json_t *probe_json(const struct connection_probe *p)
{
    const char *ssl = connection_ssl_name(p->ssl);
    if (!p->made)
        return json_null();
    return json_pack("{s:o, s:s?, s:b, s:b, s:s, s:s?, s:s?, s:o}", "result", task_json(p->text), "resolvedIp", p->ip, "canConnect",
                     p->connection == CONNECTION_SUCCESS, "sslHandshake", p->ssl == CONNECTION_SSL_SUCCESS, "connectionResult",
                     connection_result_name(p->connection), "sslResult", ssl, "certificateChain", p->chain,
                     "additionalCAIssuers", issuers_json(p->issuers));
}

/* How long each stage took, beside VCD's body and not in it (Server-Timing, W3C). Not for tenants: what is denied takes no time. */
static void put_times(struct api_call *c, const struct connection_probe *p)
{
    const char *text = "";
    for (size_t i = 0; i < p->times_len; i++)
        text = arena_printf(c->arena, "%s%s%s;dur=%.1f", text, i ? ", " : "", p->times[i].stage, (double)p->times[i].us / 1000);
    if (*text)
        http_response_field(c->rs, "Server-Timing", text);
}

static bool test(struct api_call *c, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *body = NULL;
    struct connection_proxy proxy = { 0 };
    struct connection_request rq = { 0 };
    struct connection_answer answer;
    if (!api_body_json(c, &body, e) || !read_request(body, &proxy, &rq, e) ||
        !connection_test(c->site, &c->caller, &rq, c->arena, &answer, e))
        return false;
    if (c->caller.system)
        put_times(c, &answer.target);
    return api_answer_json(c, 200, json_pack("{s:o, s:o}", "targetProbe", probe_json(&answer.target), "proxyProbe",
                                             probe_json(&answer.proxy)), e);
}

const struct api_op api_test_connection_ops[] = {
    { "POST", "/cloudapi/1.0.0/testConnection", API_CLOUDAPI, RIGHT_TEST_CONNECTION, 0, test, 0 },
    { 0 },
};
