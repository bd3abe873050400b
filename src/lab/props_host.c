#include "lab/inventory.h"

#include <stdio.h>
#include <string.h>

#include "lab/alarm.h"
#include "lab/hostcert.h"
#include "lab/pem.h"
#include "lab/vm.h"

enum { CPUS = 2, CORES = 16, THREADS = 32, MHZ = 2400, MEMORY_GB = 128 };

static const struct lab_host *host_of(const struct lab_asking *k, struct lab_object o)
{
    return &k->vc->hosts[o.n];
}

static bool connected(const struct lab_host *h)
{
    return !lab_host_is_lost(h);
}

static const char *const releases[][3] = { { "6.7.0", "6.7.1", "10302608" }, { "7.0.3", "7.0.3.0", "21477706" },
                                           { "8.0.3", "8.0.3.0", "24022510" }, { "8.0.3", "8.0.3.0", "24784735" } };

static void about(const struct lab_asking *k, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    const char *const *r = releases[k->vc->plan->version];
    struct lab_value *v = lab_struct(a, in, name, "AboutInfo");
    (void)lab_string(a, v, "name", "VMware ESXi");
    (void)lab_string(a, v, "fullName", arena_printf(a, "VMware ESXi %s build-%s", r[0], r[2]));
    (void)lab_string(a, v, "vendor", "VMware, Inc.");
    (void)lab_string(a, v, "version", r[0]);
    (void)lab_string(a, v, "build", r[2]);
    (void)lab_string(a, v, "osType", "vmnix-x86");
    (void)lab_string(a, v, "productLineId", "embeddedEsx");
    (void)lab_string(a, v, "apiType", "HostAgent");
    (void)lab_string(a, v, "apiVersion", r[1]);
}

static struct lab_value *runtime(const struct lab_asking *k, const struct lab_host *h, struct lab_value *in, const char *name)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, name, "HostRuntimeInfo");
    (void)lab_text(a, v, "connectionState", "HostSystemConnectionState",
                   connected(h) ? "connected" : h->lost == LAB_DISCONNECTED ? "disconnected" : "notResponding");
    (void)lab_text(a, v, "powerState", "HostSystemPowerState", connected(h) ? "poweredOn" : "unknown");
    (void)lab_bool(a, v, "inMaintenanceMode", h->maintenance);
    (void)lab_time(a, v, "bootTime", k->vc->at.estate->born);
    return v;
}

struct lab_value *lab_host_runtime(const struct lab_asking *k, struct lab_object o)
{
    return runtime(k, host_of(k, o), NULL, NULL);
}

static void hardware_summary(const struct lab_asking *k, const struct lab_host *h, struct lab_value *in)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, "hardware", "HostHardwareSummary");
    (void)lab_string(a, v, "vendor", "vsphere-lab");
    (void)lab_string(a, v, "model", "Loopback 1U");
    (void)lab_string(a, v, "uuid", h->uuid);
    (void)lab_long(a, v, "memorySize", (int64_t)MEMORY_GB << 30);
    (void)lab_string(a, v, "cpuModel", "Lab(R) CPU @ 2.40GHz");
    (void)lab_int(a, v, "cpuMhz", MHZ);
    (void)lab_text(a, v, "numCpuPkgs", "xsd:short", "2");
    (void)lab_text(a, v, "numCpuCores", "xsd:short", arena_printf(a, "%d", CORES));
    (void)lab_text(a, v, "numCpuThreads", "xsd:short", arena_printf(a, "%d", THREADS));
    (void)lab_int(a, v, "numNics", 2);
    (void)lab_int(a, v, "numHBAs", 1);
}

/* The certificate as the vCenter knows it; NULL when it can't be made. */
static X509 *known_cert(const struct lab_asking *k, struct lab_object o)
{
    return lab_cert(&k->vc->hosts[o.n].at, true, NULL);
}

struct lab_value *lab_host_summary(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    const struct lab_host *h = host_of(k, o);
    char thumbprint[60], address[16];
    struct lab_value *s = lab_struct(a, NULL, NULL, "HostListSummary");
    (void)lab_ref(a, s, "host", "HostSystem", lab_object_moid(k, o));
    hardware_summary(k, h, s);
    (void)runtime(k, h, s, "runtime");
    struct lab_value *c = lab_struct(a, s, "config", "HostConfigSummary");
    (void)lab_string(a, c, "name", h->at.name);
    (void)lab_int(a, c, "port", k->vc->at.estate->port);
    lab_said_thumbprint(&k->vc->hosts[o.n].at, thumbprint);
    if (thumbprint[0])
        (void)lab_string(a, c, "sslThumbprint", arena_strdup(a, thumbprint));
    if (connected(h))
        about(k, c, "product");
    (void)lab_bool(a, c, "vmotionEnabled", true);
    struct lab_value *q = lab_struct(a, s, "quickStats", "HostListSummaryQuickStats");
    (void)lab_int(a, q, "overallCpuUsage", 400);
    (void)lab_int(a, q, "overallMemoryUsage", 4096);
    (void)lab_int(a, q, "uptime", k->now - k->vc->at.estate->born);
    lab_value_add(s, lab_host_status(k, o));
    s->last->name = "overallStatus";
    (void)lab_bool(a, s, "rebootRequired", false);
    lab_ip_text(k->vc->at.ip, address);
    (void)lab_string(a, s, "managementServerIp", arena_strdup(a, address));
    return s;
}

static struct lab_value *management_nic(const struct lab_asking *k, const struct lab_host *h, struct lab_value *in,
                                        const char *name)
{
    struct arena *a = k->arena;
    char address[16];
    lab_ip_text(h->at.ip, address);
    struct lab_value *v = lab_struct(a, in, name, "HostVirtualNic");
    (void)lab_string(a, v, "device", "vmk0");
    (void)lab_string(a, v, "key", "key-vim.host.VirtualNic-vmk0");
    (void)lab_string(a, v, "portgroup", "Management Network");
    struct lab_value *spec = lab_struct(a, v, "spec", "HostVirtualNicSpec");
    struct lab_value *ip = lab_struct(a, spec, "ip", "HostIpConfig");
    (void)lab_bool(a, ip, "dhcp", false);
    (void)lab_string(a, ip, "ipAddress", arena_strdup(a, address));
    (void)lab_string(a, ip, "subnetMask", "255.0.0.0");
    (void)lab_string(a, spec, "mac", "00:50:56:00:00:01");
    return v;
}

struct lab_value *lab_host_network_info(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    const struct lab_host *h = host_of(k, o);
    char dns[LAB_NAME];
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostNetworkInfo");
    lab_host_switches(k, o, v);
    (void)management_nic(k, h, lab_array(a, v, "vnic", "HostVirtualNic"), NULL);
    lab_dns_name(&h->at, dns);
    const char *dot = strchr(dns, '.');
    struct lab_value *d = lab_struct(a, v, "dnsConfig", "HostDnsConfig");
    (void)lab_bool(a, d, "dhcp", false);
    (void)lab_string(a, d, "hostName", arena_strndup(a, dns, (size_t)(dot - dns)));
    (void)lab_string(a, d, "domainName", arena_strdup(a, dot + 1));
    (void)lab_string(a, lab_array(a, d, "searchDomain", "String"), NULL, k->vc->at.estate->scenario->domain);
    return v;
}

static void nic_manager(const struct lab_asking *k, const struct lab_host *h, struct lab_value *in)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, in, "virtualNicManagerInfo", "HostVirtualNicManagerInfo");
    struct lab_value *net = lab_struct(a, lab_array(a, v, "netConfig", "VirtualNicManagerNetConfig"), NULL,
                                       "VirtualNicManagerNetConfig");
    (void)lab_string(a, net, "nicType", "management");
    (void)lab_bool(a, net, "multiSelectAllowed", true);
    (void)management_nic(k, h, lab_array(a, net, "candidateVnic", "HostVirtualNic"), NULL);
    (void)lab_string(a, lab_array(a, net, "selectedVnic", "String"), NULL,
                     "VirtualNicManagerNetConfig.management.key-vim.host.VirtualNic-vmk0");
}

/* A host that the vCenter has lost has no config (vsphere-api.md 1.5). */
struct lab_value *lab_host_config(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    const struct lab_host *h = host_of(k, o);
    X509 *cert = known_cert(k, o);
    struct buf pem;
    if (!connected(h))
        return NULL;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostConfigInfo");
    (void)lab_ref(a, v, "host", "HostSystem", lab_object_moid(k, o));
    about(k, v, "product");
    lab_value_add(v, lab_host_network_info(k, o));
    v->last->name = "network";
    nic_manager(k, h, v);
    buf_init(&pem, LAB_PEM_MAX);
    if (cert && lab_pem_cert(&pem, cert, NULL))
        (void)lab_bytes(a, v, "certificate", pem.data, pem.len);
    buf_done(&pem);
    return v;
}

struct lab_value *lab_host_config_manager(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *v = lab_struct(k->arena, NULL, NULL, "HostConfigManager");
    (void)lab_ref(k->arena, v, "certificateManager", "HostCertificateManager",
                  lab_object_moid(k, (struct lab_object){ .mo = MO_HOST_CERT_MANAGER, .n = o.n }));
    static const struct {
        const char *name;
        enum lab_mo mo;
    } more[] = { { "autoStartManager", MO_AUTOSTART }, { "serviceSystem", MO_HOST_SERVICES }, { "dateTimeSystem", MO_HOST_DATE },
                 { "advancedOption", MO_HOST_OPTIONS }, { "networkSystem", MO_HOST_NETWORK } };
    for (size_t i = 0; i < ARRAY_LEN(more); i++) {
        const struct lab_object m = { .mo = more[i].mo, .n = o.n };
        (void)lab_ref(k->arena, v, more[i].name, lab_object_type(m), lab_object_moid(k, m));
    }
    return v;
}

/* As a host in a cluster has it: nothing starts by itself. */
struct lab_value *lab_host_autostart(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostAutoStartManagerConfig");
    struct lab_value *d = lab_struct(a, v, "defaults", "AutoStartDefaults");
    (void)lab_bool(a, d, "enabled", false);
    (void)lab_int(a, d, "startDelay", 120);
    (void)lab_int(a, d, "stopDelay", 120);
    (void)lab_bool(a, d, "waitForHeartbeat", false);
    (void)lab_string(a, d, "stopAction", "PowerOff");
    return v;
}

static void cpu_package(struct arena *a, struct lab_value *list, int n)
{
    struct lab_value *p = lab_struct(a, list, NULL, "HostCpuPackage");
    (void)lab_text(a, p, "index", "xsd:short", arena_printf(a, "%d", n));
    (void)lab_string(a, p, "vendor", "intel");
    (void)lab_long(a, p, "hz", (int64_t)MHZ * 1000000);
    (void)lab_long(a, p, "busHz", 100000000);
    (void)lab_string(a, p, "description", "Lab(R) CPU @ 2.40GHz");
    struct lab_value *threads = lab_array(a, p, "threadId", "Short");
    for (int i = n * THREADS / CPUS; i < (n + 1) * THREADS / CPUS; i++)
        (void)lab_text(a, threads, NULL, "xsd:short", arena_printf(a, "%d", i));
}

struct lab_value *lab_host_hardware(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostHardwareInfo");
    struct lab_value *s = lab_struct(a, v, "systemInfo", "HostSystemInfo");
    (void)lab_string(a, s, "vendor", "vsphere-lab");
    (void)lab_string(a, s, "model", "Loopback 1U");
    (void)lab_string(a, s, "uuid", host_of(k, o)->uuid);
    struct lab_value *c = lab_struct(a, v, "cpuInfo", "HostCpuInfo");
    (void)lab_text(a, c, "numCpuPackages", "xsd:short", "2");
    (void)lab_text(a, c, "numCpuCores", "xsd:short", arena_printf(a, "%d", CORES));
    (void)lab_text(a, c, "numCpuThreads", "xsd:short", arena_printf(a, "%d", THREADS));
    (void)lab_long(a, c, "hz", (int64_t)MHZ * 1000000);
    struct lab_value *packages = lab_array(a, v, "cpuPkg", "HostCpuPackage");
    for (int i = 0; i < CPUS; i++)
        cpu_package(a, packages, i);
    (void)lab_long(a, v, "memorySize", (int64_t)MEMORY_GB << 30);
    return v;
}

struct lab_value *lab_host_licensable(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct arena *a = k->arena;
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostLicensableResourceInfo");
    struct lab_value *pair = lab_struct(a, lab_array(a, v, "resource", "KeyAnyValue"), NULL, "KeyAnyValue");
    (void)lab_string(a, pair, "key", "numCpuPackages");
    struct lab_value *value = lab_int(a, pair, "value", CPUS);
    value->poly = true;
    return v;
}

static struct lab_value *every(const struct lab_asking *k, enum lab_mo mo)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    for (unsigned i = 0; i < lab_count(k->vc, mo); i++) {
        const struct lab_object o = { .mo = mo, .n = i };
        (void)lab_ref(k->arena, list, NULL, lab_object_type(o), lab_object_moid(k, o));
    }
    return list;
}

struct lab_value *lab_host_datastore(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return every(k, MO_DATASTORE);
}

struct lab_value *lab_host_network(const struct lab_asking *k, struct lab_object o UNUSED)
{
    return every(k, MO_NETWORK);
}

struct lab_value *lab_host_vm(const struct lab_asking *k, struct lab_object o)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "ManagedObjectReference");
    for (unsigned n = 0; (n = lab_vm_next(k->vc, o.n, n)) < lab_vms_end(k->vc); n++)
        (void)lab_ref(k->arena, list, NULL, "VirtualMachine", lab_object_moid(k, (struct lab_object){ .mo = MO_VM, .n = n }));
    return list;
}

struct lab_value *lab_host_certificate_info(const struct lab_asking *k, struct lab_object o)
{
    struct arena *a = k->arena;
    char text[LAB_DN_MAX];
    X509 *cert = known_cert(k, o);
    if (!cert)
        return NULL;
    int64_t end = lab_time_of(X509_get0_notAfter(cert));
    struct lab_value *v = lab_struct(a, NULL, NULL, "HostCertificateManagerCertificateInfo");
    if (k->api >= 800 && k->update)
        (void)lab_string(a, v, "kind", "Machine");
    lab_dn_text(X509_get_issuer_name(cert), ",", text);
    (void)lab_string(a, v, "issuer", arena_strdup(a, text));
    (void)lab_time(a, v, "notBefore", lab_time_of(X509_get0_notBefore(cert)));
    (void)lab_time(a, v, "notAfter", end);
    lab_dn_text(X509_get_subject_name(cert), ",", text);
    (void)lab_string(a, v, "subject", arena_strdup(a, text));
    (void)lab_string(a, v, "status", lab_cert_status_name(lab_cert_status(k->vc, end, k->now)));
    return v;
}
