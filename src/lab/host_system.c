#include "lab/sdk.h"

#include <string.h>

#include "lab/hostcert.h"

/* What a host's own managers say of it: services, clock, advanced options, virtual switch. All of it is read only. */

enum { PORTS = 2560, UPLINKS = 2, MTU = 1500 };

/* ---- HostServiceSystem ---- */

struct lab_value *lab_host_services(const struct lab_asking *k, struct lab_object o)
{
    static const struct {
        const char *key, *label, *policy;
        bool required, runs;
    } services[] = {
        { "TSM", "ESXi Shell", "off", false, false },
        { "TSM-SSH", "SSH", "off", false, false },
        { "ntpd", "NTP Daemon", "off", false, false },
        { "vpxa", "VMware vCenter Agent", "on", false, true },
    };
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostServiceInfo");
    struct lab_value *list = lab_array(a, v, "service", "HostService");
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        struct lab_value *s = lab_struct(a, list, NULL, "HostService");
        (void)lab_string(a, s, "key", services[i].key);
        (void)lab_string(a, s, "label", services[i].label);
        (void)lab_bool(a, s, "required", services[i].required);
        (void)lab_bool(a, s, "uninstallable", false);
        (void)lab_bool(a, s, "running", services[i].runs && !lab_host_is_lost(&k->vc->hosts[o.n]));
        (void)lab_string(a, s, "policy", services[i].policy);
    }
    return v;
}

/* ---- HostDateTimeSystem ---- */

struct lab_value *lab_host_date(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostDateTimeInfo");
    struct lab_value *zone = lab_struct(a, v, "timeZone", "HostDateTimeSystemTimeZone");
    (void)lab_string(a, zone, "key", "UTC");
    (void)lab_string(a, zone, "name", "UTC");
    (void)lab_string(a, zone, "description", "UTC");
    (void)lab_int(a, zone, "gmtOffset", 0);
    if (k->api >= 700)
        (void)lab_string(a, v, "systemClockProtocol", "ntp");
    (void)lab_struct(a, v, "ntpConfig", "HostNtpConfig");
    return v;
}

/* The host's own clock: with the fault clock-skew not the vCenter's. */
bool lab_host_time(struct lab_call *c)
{
    if (c->self.mo != MO_HOST_DATE)
        return lab_say_gone(c, c->self_moid);
    const struct lab_host *h = &c->k.vc->hosts[c->self.n];
    if (lab_host_is_lost(h))
        return lab_say(c, "HostNotConnected", "Unable to communicate with the remote host, since it is disconnected.");
    lab_value_bare(c->w, "returnval", lab_time(c->k.arena, NULL, NULL, lab_now_at(&h->at)));
    return true;
}

/* ---- its OptionManager ---- */

static const char *const options[] = { "Misc.HostIPAddr", "Misc.HostName" };

static struct lab_value *option(const struct lab_asking *k, struct lab_object o, size_t n, struct lab_value *in)
{
    const struct lab_endpoint *ep = &k->vc->hosts[o.n].at;
    char text[LAB_NAME];
    if (n == 0)
        lab_ip_text(ep->ip, text);
    else
        lab_dns_name(ep, text);
    struct lab_value *v = lab_poly(k->arena, in, NULL, "OptionValue");
    (void)lab_string(k->arena, v, "key", options[n]);
    lab_string(k->arena, v, "value", arena_strdup(k->arena, text))->poly = true;
    return v;
}

struct lab_value *lab_host_options(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "OptionValue");
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        (void)option(k, o, i, list);
    return list;
}

bool lab_query_host_options(struct lab_call *c, const char *name)
{
    size_t len = name ? strlen(name) : 0, seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (len && strcmp(options[i], name) != 0 && (name[len - 1] != '.' || strncmp(options[i], name, len) != 0))
            continue;
        lab_value_bare(c->w, "returnval", option(&c->k, c->self, i, NULL));
        seen++;
    }
    return seen || lab_say_value(c, "InvalidName", "The name is not known", "name", name ? name : "");
}

/* ---- HostNetworkSystem, and config.network ---- */

static const char *port_group_key(struct arena *a, const char *name)
{
    return arena_printf(a, "key-vim.host.PortGroup-%s", name);
}

static const char *nic_name(struct arena *a, int n)
{
    return arena_printf(a, "vmnic%d", n);
}

static void policy(struct arena *a, struct lab_value *in, const char *name)
{
    struct lab_value *v = lab_struct(a, in, name, "HostNetworkPolicy");
    struct lab_value *s = lab_struct(a, v, "security", "HostNetworkSecurityPolicy");
    (void)lab_bool(a, s, "allowPromiscuous", false);
    (void)lab_bool(a, s, "macChanges", false);
    (void)lab_bool(a, s, "forgedTransmits", false);
}

/* Of a network that machines are on, or the host's own. */
static void port_group(struct arena *a, struct lab_value *list, const char *name)
{
    struct lab_value *v = lab_struct(a, list, NULL, "HostPortGroup");
    (void)lab_string(a, v, "key", port_group_key(a, name));
    (void)lab_string(a, v, "vswitch", "key-vim.host.VirtualSwitch-vSwitch0");
    policy(a, v, "computedPolicy");
    struct lab_value *spec = lab_struct(a, v, "spec", "HostPortGroupSpec");
    (void)lab_string(a, spec, "name", name);
    (void)lab_int(a, spec, "vlanId", 0);
    (void)lab_string(a, spec, "vswitchName", "vSwitch0");
    (void)lab_struct(a, spec, "policy", "HostNetworkPolicy");
}

static const char *group_name(const struct lab_asking *k, unsigned n)
{
    return n ? lab_object_name(k, (struct lab_object){ .mo = MO_NETWORK, .n = n - 1 }) : "Management Network";
}

static void virtual_switch(const struct lab_asking *k, struct lab_value *in, size_t groups)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, lab_array(a, in, "vswitch", "HostVirtualSwitch"), NULL, "HostVirtualSwitch");
    (void)lab_string(a, v, "name", "vSwitch0");
    (void)lab_string(a, v, "key", "key-vim.host.VirtualSwitch-vSwitch0");
    (void)lab_int(a, v, "numPorts", PORTS);
    (void)lab_int(a, v, "numPortsAvailable", PORTS - UPLINKS - 1);
    (void)lab_int(a, v, "mtu", MTU);
    struct lab_value *list = lab_array(a, v, "portgroup", "String");
    for (unsigned i = 0; i < groups; i++)
        (void)lab_string(a, list, NULL, port_group_key(a, group_name(k, i)));
    list = lab_array(a, v, "pnic", "String");
    for (int i = 0; i < UPLINKS; i++)
        (void)lab_string(a, list, NULL, arena_printf(a, "key-vim.host.PhysicalNic-%s", nic_name(a, i)));
    struct lab_value *spec = lab_struct(a, v, "spec", "HostVirtualSwitchSpec");
    (void)lab_int(a, spec, "numPorts", PORTS);
    list = lab_array(a, lab_poly(a, spec, "bridge", "HostVirtualSwitchBondBridge"), "nicDevice", "String");
    for (int i = 0; i < UPLINKS; i++)
        (void)lab_string(a, list, NULL, nic_name(a, i));
    policy(a, spec, "policy");
    (void)lab_int(a, spec, "mtu", MTU);
}

static void physical_nics(const struct lab_asking *k, struct lab_object o, struct lab_value *in)
{
    struct arena *a = k->arena;
    struct lab_value *list = lab_array(a, in, "pnic", "PhysicalNic");
    for (int i = 0; i < UPLINKS; i++) {
        struct lab_value *v = lab_struct(a, list, NULL, "PhysicalNic");
        (void)lab_string(a, v, "key", arena_printf(a, "key-vim.host.PhysicalNic-%s", nic_name(a, i)));
        (void)lab_string(a, v, "device", nic_name(a, i));
        (void)lab_string(a, v, "pci", arena_printf(a, "0000:0b:00.%d", i));
        (void)lab_struct(a, v, "spec", "PhysicalNicSpec");
        (void)lab_bool(a, v, "wakeOnLanSupported", false);
        (void)lab_string(a, v, "mac", arena_printf(a, "00:50:56:01:%02x:%02x", o.n & 255, (o.n >> 8 & 127) << 1 | (unsigned)i));
    }
}

void lab_host_switches(const struct lab_asking *k, struct lab_object o, struct lab_value *network)
{
    size_t groups = 1 + lab_count(k->vc, MO_NETWORK);
    virtual_switch(k, network, groups);
    struct lab_value *list = lab_array(k->arena, network, "portgroup", "HostPortGroup");
    for (unsigned i = 0; i < groups; i++)
        port_group(k->arena, list, group_name(k, i));
    physical_nics(k, o, network);
}
