#include "vim/inventory.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/address.h"
#include "net/hosts.h"
#include "vim/property.h"
#include "wire/xml.h"

static const char *const paths[] = { "name", "config.certificate", "config.network.dnsConfig", "config.network.vnic",
                                     "config.virtualNicManagerInfo.netConfig", "runtime.connectionState",
                                     "summary.config.port", "summary.config.product.version",
                                     "summary.config.product.build", "summary.config.sslThumbprint", NULL };

static const char *keep(struct arena *a, const char *text)
{
    return text && *text && strlen(text) < VIM_HOST_NAME ? arena_strdup(a, text) : NULL;
}

static enum vim_host_state read_state(const char *text)
{
    static const char *const names[] = { "connected", "disconnected", "notResponding" };
    for (size_t i = 0; text && i < ARRAY_LEN(names); i++)
        if (!strcmp(text, names[i]))
            return (enum vim_host_state)i;
    return VIM_HOST_STATE_UNKNOWN;
}

/* An array of byte is one element a byte, signed or not, and never base64 (docs/vsphere.md). */
static void read_certificate(const struct xml_element *val, struct arena *a, struct vim_host *h)
{
    char *bytes = arena_alloc(a, VIM_HOST_CERT + 1);
    size_t len = 0;
    for (const struct xml_element *b = xml_child(val, VIM_NS, "byte"); b; b = xml_next(b, VIM_NS, "byte")) {
        int64_t value;
        if (len == VIM_HOST_CERT || !xml_integer(b, -128, 255, &value))
            return;
        bytes[len++] = (char)(uint8_t)value;
    }
    h->certificate = len ? bytes : NULL;
    h->certificate_len = len;
}

static void read_fqdn(const struct xml_element *dns, struct arena *a, struct vim_host *h)
{
    const char *host = xml_child_text(dns, VIM_NS, "hostName"), *domain = xml_child_text(dns, VIM_NS, "domainName");
    if (!host || !*host)
        return;
    const char *full = domain && *domain && !strchr(host, '.') ? arena_printf(a, "%s.%s", host, domain) : host;
    if (hosts_name_valid(full))
        h->fqdn = keep(a, full);
}

static void add_address(const char *text, struct arena *a, struct vim_host *h)
{
    struct address ip;
    char canonical[ADDRESS_TEXT];
    if (!text || h->addresses_len == VIM_HOST_ADDRESSES || !address_parse(text, 0, &ip, NULL))
        return;
    enum address_class class = address_class(&ip);
    if (class == ADDRESS_UNSPECIFIED || class == ADDRESS_MULTICAST)
        return;
    address_write(&ip, canonical);
    for (size_t i = 0; i < h->addresses_len; i++)
        if (!strcmp(h->addresses[i], canonical))
            return;
    h->addresses[h->addresses_len++] = arena_strdup(a, canonical);
}

/* HostVirtualNic: spec.ip.{ipAddress, ipV6Config.ipV6Address[].ipAddress}. */
static void add_nic(const struct xml_element *nic, struct arena *a, struct vim_host *h)
{
    const struct xml_element *ip = xml_child(xml_child(nic, VIM_NS, "spec"), VIM_NS, "ip");
    const struct xml_element *six = xml_child(xml_child(ip, VIM_NS, "ipV6Config"), VIM_NS, "ipV6Address");
    add_address(xml_child_text(ip, VIM_NS, "ipAddress"), a, h);
    for (; six; six = xml_next(six, VIM_NS, "ipV6Address"))
        add_address(xml_child_text(six, VIM_NS, "ipAddress"), a, h);
}

static bool is_selected(const struct xml_element *config, const char *key)
{
    const struct xml_element *s = xml_child(config, VIM_NS, "selectedVnic");
    for (; s && key; s = xml_next(s, VIM_NS, "selectedVnic"))
        if (!strcmp(s->text, key))
            return true;
    return false;
}

static void read_management(const struct xml_element *configs, struct arena *a, struct vim_host *h)
{
    const struct xml_element *c = xml_child(configs, VIM_NS, "VirtualNicManagerNetConfig");
    for (; c; c = xml_next(c, VIM_NS, "VirtualNicManagerNetConfig")) {
        const char *type = xml_child_text(c, VIM_NS, "nicType");
        if (!type || strcmp(type, "management") != 0)
            continue;
        for (const struct xml_element *n = xml_child(c, VIM_NS, "candidateVnic"); n; n = xml_next(n, VIM_NS, "candidateVnic"))
            if (is_selected(c, xml_child_text(n, VIM_NS, "key")))
                add_nic(n, a, h);
    }
}

static void read_first_nic(const struct xml_element *nics, struct arena *a, struct vim_host *h)
{
    const struct xml_element *n = xml_child(nics, VIM_NS, "HostVirtualNic");
    for (; n; n = xml_next(n, VIM_NS, "HostVirtualNic")) {
        const char *device = xml_child_text(n, VIM_NS, "device");
        if (device && !strcmp(device, "vmk0"))
            add_nic(n, a, h);
    }
}

static void read_host(const struct vim_object *o, const struct xml_element *el, struct arena *a, struct vim_host *h)
{
    int64_t port;
    *h = (struct vim_host){ .object = *o, .port = 443 };
    h->name = keep(a, vim_property_text(el, "name"));
    h->state = read_state(vim_property_text(el, "runtime.connectionState"));
    h->version = keep(a, vim_property_text(el, "summary.config.product.version"));
    h->build = keep(a, vim_property_text(el, "summary.config.product.build"));
    h->thumbprint = keep(a, vim_property_text(el, "summary.config.sslThumbprint"));
    read_fqdn(vim_property(el, "config.network.dnsConfig"), a, h);
    read_management(vim_property(el, "config.virtualNicManagerInfo.netConfig"), a, h);
    if (!h->addresses_len)
        read_first_nic(vim_property(el, "config.network.vnic"), a, h);
    const struct xml_element *p = vim_property(el, "summary.config.port");
    if (p && xml_integer(p, 1, 65535, &port))
        h->port = (uint16_t)port;
    const struct xml_element *cert = vim_property(el, "config.certificate");
    if (cert)
        read_certificate(cert, a, h);
}

struct listing {
    struct arena *arena;
    struct vim_host *list; /* grows; copied into the arena at the end */
    size_t len, cap;
};

static bool add_host(void *self, const struct vim_object *o, const struct xml_element *el, struct err *e)
{
    struct listing *l = self;
    (void)e;
    if (!o) {
        l->len = 0;
        return true;
    }
    GROW(l->list, l->len, l->cap);
    read_host(o, el, l->arena, &l->list[l->len++]);
    return true;
}

bool vim_hosts_read(struct vim_session *s, int64_t deadline_ms, struct arena *a, struct vim_hosts *ret, struct err *e)
{
    struct listing l = { .arena = a };
    struct vim_walk what = { "HostSystem", paths, VIM_HOSTS_MAX, add_host, &l };
    bool ok = vim_walk(s, &what, deadline_ms, e);
    if (ok)
        *ret = (struct vim_hosts){ arena_memdup(a, l.list ? (void *)l.list : "", l.len * sizeof(*l.list)), l.len };
    freep(&l.list);
    return ok;
}

bool vim_host_read(struct vim_session *s, const struct vim_object *o, int64_t deadline_ms, struct arena *a,
                   struct vim_host *ret, struct err *e)
{
    AUTO(arena_done) struct arena page = { 0 };
    const struct xml_element *el;
    if (!vim_properties(s, o, paths, deadline_ms, &page, &el, e))
        return false;
    read_host(o, el, a, ret);
    return true;
}

static size_t add_name(const char *name, const char **ret, size_t len, size_t max)
{
    for (size_t i = 0; name && i < len; i++)
        if (text_caseeq(ret[i], name))
            return len;
    if (!name || len == max)
        return len;
    ret[len] = name;
    return len + 1;
}

size_t vim_host_names(const struct vim_host *h, const char **ret, size_t max)
{
    size_t len = add_name(h->name, ret, 0, max);
    len = add_name(h->fqdn, ret, len, max);
    for (size_t i = 0; i < h->addresses_len; i++)
        len = add_name(h->addresses[i], ret, len, max);
    return len;
}
