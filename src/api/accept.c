#include "api/accept.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

/* pyvcloud knows 36.0 at most; nothing from 40.0 on may ever be listed: go-vcloud-director would take the cell for
 * another product (vcd-api.md, trap 1). */
static const struct {
    struct api_version version;
    bool deprecated;
} versions[] = {
    { { 35, 0 }, true }, { { 36, 0 }, false }, { { 36, 1 }, false }, { { 36, 2 }, false }, { { 36, 3 }, false }, { { 37, 0 }, false },
};

bool api_version_supported(struct api_version v)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (versions[i].version.major == v.major && versions[i].version.minor == v.minor)
            return true;
    return false;
}

/* One media range without blanks around it: type/subtype;name=value;.. */
struct range {
    const char *at;
    size_t len;
};

static struct range trim(const char *at, size_t len)
{
    while (len && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    return (struct range){ at, len };
}

static bool take_number(const char **p, const char *end, unsigned *ret)
{
    unsigned v = 0, digits = 0;
    for (; *p < end && **p >= '0' && **p <= '9' && digits < 4; (*p)++, digits++)
        v = v * 10 + (unsigned)(**p - '0');
    *ret = v;
    return digits != 0;
}

/* "37.0"; anything else is no version. */
static bool read_version(struct range r, struct api_version *ret)
{
    const char *p = r.at, *end = r.at + r.len;
    struct api_version v;
    if (r.len >= 2 && *p == '"' && end[-1] == '"') {
        p++;
        end--;
    }
    if (!take_number(&p, end, &v.major) || p == end || *p++ != '.' || !take_number(&p, end, &v.minor) || p != end)
        return false;
    *ret = v;
    return true;
}

static bool is_json(struct range type)
{
    static const char json[] = "application/json", suffix[] = "+json";
    size_t n = sizeof(suffix) - 1;
    return text_caseeq_n(type.at, type.len, json, sizeof(json) - 1) ||
           (type.len > n && text_caseeq_n(type.at + type.len - n, n, suffix, n));
}

static void read_range(struct range r, struct api_accept *a, bool *json)
{
    const char *end = r.at + r.len, *semicolon = memchr(r.at, ';', r.len);
    *json |= is_json(trim(r.at, (size_t)((semicolon ? semicolon : end) - r.at)));
    while (semicolon) {
        const char *at = semicolon + 1;
        semicolon = memchr(at, ';', (size_t)(end - at));
        struct range p = trim(at, (size_t)((semicolon ? semicolon : end) - at));
        const char *equals = memchr(p.at, '=', p.len);
        if (a->named || !equals || !text_caseeq_n(p.at, (size_t)(equals - p.at), "version", 7))
            continue;
        a->named = read_version(trim(equals + 1, (size_t)(p.at + p.len - equals - 1)), &a->version);
    }
}

bool api_accept_read(const char *const *lines, size_t len, enum api_face face, struct api_accept *ret, struct err *e)
{
    struct api_accept a = { .version = API_VERSION_DEFAULT };
    bool json = face == API_CLOUDAPI;
    for (size_t i = 0; i < len && i < API_ACCEPT_LINES_MAX; i++)
        for (const char *at = lines[i]; at;) {
            const char *comma = strchr(at, ',');
            read_range(trim(at, comma ? (size_t)(comma - at) : strlen(at)), &a, &json);
            at = comma ? comma + 1 : NULL;
        }
    if (!api_version_supported(a.version))
        return err_set(e, ERR_INPUT, "API version %u.%u is not supported; GET /api/versions lists those that are",
                       a.version.major, a.version.minor);
    a.format = json ? API_JSON : API_XML;
    *ret = a;
    return true;
}

bool api_versions_write(const char *base, struct buf *out, struct err *e)
{
    if (!buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<SupportedVersions xmlns=\"http://www.vmware.com/vcloud/versions\">\n", e))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (!buf_printf(out, e,
                        "  <VersionInfo deprecated=\"%s\">\n    <Version>%u.%u</Version>\n"
                        "    <LoginUrl>%s/cloudapi/1.0.0/sessions</LoginUrl>\n"
                        "    <ProviderLoginUrl>%s/cloudapi/1.0.0/sessions/provider</ProviderLoginUrl>\n"
                        "  </VersionInfo>\n",
                        versions[i].deprecated ? "true" : "false", versions[i].version.major, versions[i].version.minor,
                        base, base))
            return false;
    return buf_puts(out, "</SupportedVersions>\n", e);
}
