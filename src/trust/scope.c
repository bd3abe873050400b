#include "trust/scope.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "trust/hostname.h"

/* One spelling for each name: lower case, addresses as inet_ntop writes them, no dot at the end. */
static bool normal_host(const char *text, size_t len, char out[TRUST_NAME_MAX])
{
    uint8_t address[16];
    char copy[TRUST_NAME_MAX];
    if (len && text[len - 1] == '.')
        len--;
    if (len == 0 || len >= sizeof(copy))
        return false;
    for (size_t i = 0; i < len; i++)
        copy[i] = text_lower(text[i]);
    copy[len] = '\0';
    size_t address_len = hostname_address(copy, address);
    if (address_len)
        return inet_ntop(address_len == 4 ? AF_INET : AF_INET6, address, out, TRUST_NAME_MAX) != NULL;
    return hostname_ok(copy, len) && !hostname_is_address_like(copy, len) && text_copy(out, TRUST_NAME_MAX, copy);
}

static bool parse_host(const char *text, struct trust_scope *s)
{
    const char *name = text, *end, *colon;
    if (text[0] == '[') {
        name = text + 1;
        end = strchr(name, ']');
        if (!end || end[1] != ':')
            return false;
        colon = end + 1;
    } else {
        colon = end = strchr(text, ':');
        if (!colon)
            return false;
    }
    uint64_t port;
    if (!normal_host(name, (size_t)(end - name), s->name) || !text_number(colon + 1, 1, 65535, &port))
        return false;
    if ((text[0] == '[') != (strchr(s->name, ':') != NULL))
        return false;
    s->port = (uint16_t)port;
    return true;
}

/* URN as RFC 8141 spells it, as far as ours go: urn:<letters>.., no space, no slash. */
static bool parse_urn(const char *text, size_t len, struct trust_scope *s)
{
    if (len < 5 || len >= sizeof(s->name) || !text_caseeq_n(text, 4, "urn:", 4))
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text_lower(text[i]);
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_.:", c)))
            return false;
        s->name[i] = c;
    }
    s->name[len] = '\0';
    return true;
}

static bool parse(const char *text, struct trust_scope *s)
{
    static const char host[] = "host:", vcenter[] = "vcenter:", nsx[] = "nsx:";
    if (strcmp(text, "any") == 0) {
        s->kind = TRUST_SCOPE_ANY;
        return true;
    }
    if (strncmp(text, host, sizeof(host) - 1) == 0) {
        s->kind = TRUST_SCOPE_HOST;
        return parse_host(text + sizeof(host) - 1, s);
    }
    if (strncmp(text, nsx, sizeof(nsx) - 1) == 0) {
        s->kind = TRUST_SCOPE_NSX;
        return parse_urn(text + sizeof(nsx) - 1, strlen(text) - (sizeof(nsx) - 1), s);
    }
    if (strncmp(text, vcenter, sizeof(vcenter) - 1) != 0)
        return false;
    text += sizeof(vcenter) - 1;
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (!slash)
        s->kind = TRUST_SCOPE_VCENTER;
    else if (strcmp(slash, "/endpoint") == 0)
        s->kind = TRUST_SCOPE_VCENTER_ENDPOINT;
    else if (strcmp(slash, "/hosts") == 0)
        s->kind = TRUST_SCOPE_VCENTER_HOSTS;
    else
        return false;
    return parse_urn(text, len, s);
}

bool trust_scope_parse(const char *text, struct trust_scope *ret, struct err *e)
{
    struct trust_scope s = { .kind = TRUST_SCOPE_ANY };
    if (!parse(text, &s)) {
        char shown[128];
        text_escape(shown, sizeof(shown), text, strnlen(text, 100));
        return err_set(e, ERR_INPUT,
                       "\"%s\" is not a scope: any, host:<name>:<port>, vcenter:<urn>[/endpoint|/hosts] or nsx:<urn>",
                       shown);
    }
    *ret = s;
    return true;
}

void trust_scope_write(const struct trust_scope *s, char out[TRUST_SCOPE_TEXT])
{
    bool bracket = strchr(s->name, ':') != NULL;
    switch (s->kind) {
    case TRUST_SCOPE_ANY: (void)text_copy(out, TRUST_SCOPE_TEXT, "any"); return;
    case TRUST_SCOPE_HOST:
        (void)snprintf(out, TRUST_SCOPE_TEXT, bracket ? "host:[%s]:%u" : "host:%s:%u", s->name, s->port);
        return;
    case TRUST_SCOPE_VCENTER: (void)snprintf(out, TRUST_SCOPE_TEXT, "vcenter:%s", s->name); return;
    case TRUST_SCOPE_VCENTER_ENDPOINT: (void)snprintf(out, TRUST_SCOPE_TEXT, "vcenter:%s/endpoint", s->name); return;
    case TRUST_SCOPE_VCENTER_HOSTS: (void)snprintf(out, TRUST_SCOPE_TEXT, "vcenter:%s/hosts", s->name); return;
    case TRUST_SCOPE_NSX: (void)snprintf(out, TRUST_SCOPE_TEXT, "nsx:%s", s->name); return;
    }
    out[0] = '\0';
}

bool trust_scope_same(const struct trust_scope *a, const struct trust_scope *b)
{
    return a->kind == b->kind && a->port == b->port && strcmp(a->name, b->name) == 0;
}

bool trust_scope_covers(const struct trust_scope *wide, const struct trust_scope *narrow)
{
    if (wide->kind == TRUST_SCOPE_ANY)
        return true;
    if (strcmp(wide->name, narrow->name) != 0 || wide->port != narrow->port)
        return false;
    if (wide->kind == narrow->kind)
        return true;
    return wide->kind == TRUST_SCOPE_VCENTER &&
           (narrow->kind == TRUST_SCOPE_VCENTER_ENDPOINT || narrow->kind == TRUST_SCOPE_VCENTER_HOSTS);
}

static bool same_urn(const struct trust_scope *s, const struct trust_behalf *b)
{
    return b->urn && text_caseeq(s->name, b->urn);
}

static bool same_host(const struct trust_scope *s, const struct trust_behalf *b)
{
    char name[TRUST_NAME_MAX];
    return b->host && s->port == b->port && normal_host(b->host, strlen(b->host), name) && strcmp(name, s->name) == 0;
}

bool trust_scope_serves(const struct trust_scope *s, const struct trust_behalf *b)
{
    switch (s->kind) {
    case TRUST_SCOPE_ANY: return true;
    case TRUST_SCOPE_HOST: return b->kind != TRUST_FOR_ESXI && same_host(s, b);
    case TRUST_SCOPE_VCENTER: return (b->kind == TRUST_FOR_VCENTER || b->kind == TRUST_FOR_ESXI) && same_urn(s, b);
    case TRUST_SCOPE_VCENTER_ENDPOINT: return b->kind == TRUST_FOR_VCENTER && same_urn(s, b);
    case TRUST_SCOPE_VCENTER_HOSTS: return b->kind == TRUST_FOR_ESXI && same_urn(s, b);
    case TRUST_SCOPE_NSX: return b->kind == TRUST_FOR_NSX && same_urn(s, b);
    }
    return false;
}

bool trust_scope_is_exact(const struct trust_scope *s, const struct trust_behalf *b)
{
    return (s->kind == TRUST_SCOPE_HOST || s->kind == TRUST_SCOPE_VCENTER_ENDPOINT || s->kind == TRUST_SCOPE_NSX) &&
           trust_scope_serves(s, b);
}
