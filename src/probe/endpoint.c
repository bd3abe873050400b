#include "probe/endpoint.h"

#include <string.h>

#include "base/text.h"

enum { SHOWN_MAX = 120 };

static bool refuse(const char *text, const char *what, struct err *e)
{
    char shown[SHOWN_MAX];
    if (strchr(text, '@')) /* perhaps a password: it is not repeated */
        return err_set(e, ERR_INPUT, "a text with '@' in it is no %s; no user and no password is needed", what);
    text_escape(shown, sizeof(shown), text, strlen(text));
    return err_set(e, ERR_INPUT, "'%s' is no %s", shown, what);
}

bool probe_endpoint_parse(const char *text, struct url_host *ret, struct err *e)
{
    static const char what[] = "endpoint (HOST, HOST:PORT, [IPV6]:PORT or https://HOST)";
    struct url url;
    struct url_host host;
    if (strstr(text, "://")) {
        if (!url_parse(text, strlen(text), &url, NULL) || !url.tls)
            return refuse(text, what, e);
        host = url.host;
    } else if (!url_host_parse(text, strlen(text), &host, NULL)) {
        return refuse(text, what, e);
    }
    if (!host.port)
        host.port = PROBE_PORT_DEFAULT;
    *ret = host;
    return true;
}

bool probe_endpoint_parse_proxy(const char *text, struct url_host *ret, struct err *e)
{
    struct url url;
    if (!url_parse(text, strlen(text), &url, NULL) || url.tls || url.target.has_query ||
        url.target.path.len > 1)
        return refuse(text, "proxy (http://HOST:PORT)", e);
    *ret = url.host;
    return true;
}
