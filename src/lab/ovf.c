#include "lab/ovf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/vm_method.h"

#define OVF "http://schemas.dmtf.org/ovf/envelope/1"
#define VMW "http://www.vmware.com/schema/ovf"

enum { CPU = 3, MEMORY = 4, SCSI = 6, ETHERNET = 10, CDROM = 15, CDROM_2 = 16, DISK = 17 }; /* ResourceType */

/* What was found in a descriptor. */
struct package {
    const struct xml_element *root, *system, *hardware;
    const char *name, *error;
};

static const char *text(const struct xml_element *el, const char *name)
{
    return xml_child_text(el, NULL, name);
}

static const char *ovf_attr(const struct xml_element *el, const char *name)
{
    const char *v = xml_attribute(el, OVF, name);
    return v ? v : xml_attribute(el, NULL, name);
}

/* The child of that name, in any version's namespace, or with the old xsi:type spelling. */
static const struct xml_element *child(const struct xml_element *el, const char *name)
{
    return xml_child(el, NULL, name);
}

static void read_package(struct lab_call *c, const char *descriptor, struct package *p)
{
    struct xml_element *root;
    const struct xml_limits limits = { .bytes = LAB_OVF_MAX };
    struct err e;
    *p = (struct package){ .name = "" };
    if (!descriptor || !xml_parse(descriptor, strlen(descriptor), &limits, c->k.arena, &root, &e)) {
        p->error = descriptor ? arena_strdup(c->k.arena, e.msg) : "no descriptor";
        return;
    }
    p->root = root;
    p->system = child(root, "VirtualSystem");
    p->hardware = child(p->system, "VirtualHardwareSection");
    if (strcmp(root->name, "Envelope") != 0)
        p->error = "the descriptor is no Envelope";
    else if (!p->system)
        p->error = child(root, "VirtualSystemCollection") ? "a VirtualSystemCollection is not supported here" : "no VirtualSystem";
    else if (!p->hardware)
        p->error = "no VirtualHardwareSection";
    const char *name = p->system ? text(p->system, "Name") : NULL;
    const char *id = p->system ? ovf_attr(p->system, "id") : NULL;
    p->name = name && *name ? name : id ? id : "";
}

static void write_error(struct lab_call *c, struct lab_value *in, const char *error)
{
    struct arena *a = c->k.arena;
    struct lab_value *e = lab_struct(a, lab_array(a, in, "error", "LocalizedMethodFault"), NULL, "LocalizedMethodFault");
    struct lab_value *f = lab_poly(a, e, "fault", "OvfInvalidPackage");
    (void)lab_int(a, f, "lineNumber", 0);
    (void)lab_string(a, e, "localizedMessage", error);
}

/* "byte * 2^30" -> 2^30. */
static int64_t unit_of(const char *units)
{
    const char *power = units ? strstr(units, "2^") : NULL;
    uint64_t n;
    if (power && text_number(power + 2, 0, 50, &n))
        return INT64_C(1) << n;
    return units && !strcmp(units, "MegaBytes") ? 1 << 20 : units && !strcmp(units, "GigaBytes") ? 1 << 30 : 1;
}

static int64_t number_of(const struct xml_element *item, const char *name, int64_t otherwise)
{
    int64_t n;
    return xml_integer(child(item, name), 0, INT64_MAX >> 20, &n) ? n : otherwise;
}

/* ---- disks and files ---- */

static const struct xml_element *with_id(const struct xml_element *section, const char *kind, const char *attribute, const char *id)
{
    for (const struct xml_element *it = child(section, kind); it; it = xml_next(it, NULL, kind)) {
        const char *v = ovf_attr(it, attribute);
        if (v && id && !strcmp(v, id))
            return it;
    }
    return NULL;
}

static const struct xml_element *file_named(const struct package *p, const char *id)
{
    return with_id(child(p->root, "References"), "File", "id", id);
}

/* "ovf:/disk/vmdisk1" -> that Disk; "/disk/.." as well. */
static const struct xml_element *disk_of(const struct package *p, const struct xml_element *item)
{
    const char *resource = text(item, "HostResource"), *slash = resource ? strrchr(resource, '/') : NULL;
    return slash ? with_id(child(p->root, "DiskSection"), "Disk", "diskId", slash + 1) : NULL;
}

static int64_t disk_kb(const struct xml_element *disk)
{
    const char *capacity = ovf_attr(disk, "capacity");
    uint64_t n;
    int64_t unit = unit_of(ovf_attr(disk, "capacityAllocationUnits"));
    if (!capacity || !text_number(capacity, 1, (uint64_t)INT64_MAX / (uint64_t)unit, &n))
        return 0;
    return ((int64_t)n * unit + 1023) / 1024;
}

struct spec {
    struct lab_call *c;
    const struct package *p;
    const char *name, *datastore, *error;
    struct lab_value *config, *changes, *files;
    int disks, nics;
    bool iso;
};

static void file_item(struct spec *s, const struct xml_element *file, const char *device, int type, bool create)
{
    struct arena *a = s->c->k.arena;
    struct lab_value *v = lab_struct(a, s->files, NULL, "OvfFileItem");
    const char *href = ovf_attr(file, "href"), *size = ovf_attr(file, "size"), *compression = ovf_attr(file, "compression");
    const char *chunk = ovf_attr(file, "chunkSize");
    uint64_t n;
    (void)lab_string(a, v, "deviceId", arena_strdup(a, device));
    (void)lab_string(a, v, "path", href ? href : "");
    if (compression && strcmp(compression, "identity") != 0)
        (void)lab_string(a, v, "compressionMethod", compression);
    if (chunk && text_number(chunk, 1, INT64_MAX, &n))
        (void)lab_long(a, v, "chunkSize", (int64_t)n);
    if (size && text_number(size, 0, INT64_MAX, &n))
        (void)lab_long(a, v, "size", (int64_t)n);
    (void)lab_int(a, v, "cimType", type);
    (void)lab_bool(a, v, "create", create);
}

static struct lab_value *device(struct spec *s, const char *type, int key)
{
    struct arena *a = s->c->k.arena;
    struct lab_value *change = lab_struct(a, s->changes, NULL, "VirtualDeviceConfigSpec");
    (void)lab_text(a, change, "operation", "VirtualDeviceConfigSpecOperation", "add");
    if (!strcmp(type, "VirtualDisk"))
        (void)lab_text(a, change, "fileOperation", "VirtualDeviceConfigSpecFileOperation", "create");
    struct lab_value *v = lab_poly(a, change, "device", type);
    (void)lab_int(a, v, "key", key);
    return v;
}

static void add_disk(struct spec *s, const struct xml_element *item)
{
    struct arena *a = s->c->k.arena;
    const struct xml_element *disk = disk_of(s->p, item), *file;
    char key[LAB_FILE_NAME];
    int64_t kb = disk ? disk_kb(disk) : 0;
    if (!kb) {
        s->error = "a disk item without a disk, or one without a capacity";
        return;
    }
    int unit = s->disks + (s->disks >= 7); /* the controller's own is left out */
    struct lab_value *v = device(s, "VirtualDisk", -100 - s->disks);
    struct lab_value *backing = lab_poly(a, v, "backing", "VirtualDiskFlatVer2BackingInfo");
    (void)lab_string(a, backing, "fileName", "");
    (void)lab_string(a, backing, "diskMode", "persistent");
    (void)lab_bool(a, backing, "thinProvisioned", true);
    (void)lab_int(a, v, "controllerKey", LAB_SCSI_KEY);
    (void)lab_int(a, v, "unitNumber", unit);
    (void)lab_long(a, v, "capacityInKB", kb);
    s->disks++;
    const char *ref = ovf_attr(disk, "fileRef");
    lab_disk_key(s->name, unit, key);
    if (ref && !(file = file_named(s->p, ref)))
        s->error = "a disk of a file that is not there";
    else if (ref)
        file_item(s, file, key, DISK, false);
}

static void add_cdrom(struct spec *s, const struct xml_element *item)
{
    struct arena *a = s->c->k.arena;
    const char *resource = text(item, "HostResource"), *slash = resource && strstr(resource, "/file/") ? strrchr(resource, '/') : NULL;
    const struct xml_element *file = slash ? file_named(s->p, slash + 1) : NULL;
    const char *href = file ? ovf_attr(file, "href") : NULL;
    char key[LAB_FILE_NAME];
    if (!file || !href || s->iso)
        return;
    const char *base = strrchr(href, '/');
    struct lab_value *v = device(s, "VirtualCdrom", -200);
    struct lab_value *backing = lab_poly(a, v, "backing", "VirtualCdromIsoBackingInfo");
    (void)lab_string(a, backing, "fileName", arena_printf(a, "[%s] %s/%s", s->datastore, s->name, base ? base + 1 : href));
    (void)lab_int(a, v, "controllerKey", LAB_IDE_KEY);
    (void)lab_int(a, v, "unitNumber", 0);
    lab_cdrom_key(s->name, key);
    file_item(s, file, key, CDROM, true);
    s->iso = true;
}

/* Which network the descriptor's one is here: networkMapping, or one of the same name, or the first. */
static struct lab_object mapped(struct spec *s, const char *wanted)
{
    const struct xml_element *cisp = lab_arg(s->c, "cisp");
    struct lab_object o = { .mo = MO_NETWORK };
    for (const struct xml_element *m = xml_child(cisp, VIM_NS, "networkMapping"); m; m = xml_next(m, VIM_NS, "networkMapping")) {
        const char *name = xml_child_text(m, VIM_NS, "name"), *moid = xml_child_text(m, VIM_NS, "network");
        if (name && moid && wanted && !strcmp(name, wanted) && lab_object_find(&s->c->k, moid, &o) && o.mo == MO_NETWORK)
            return o;
    }
    o = (struct lab_object){ .mo = MO_NETWORK };
    for (unsigned i = 0; wanted && i < lab_count(s->c->k.vc, MO_NETWORK); i++)
        if (!strcmp(lab_object_name(&s->c->k, (struct lab_object){ .mo = MO_NETWORK, .n = i }), wanted))
            o.n = i;
    return o;
}

static void add_card(struct spec *s, const struct xml_element *item)
{
    static const char *const kinds[][2] = { { "E1000", "VirtualE1000" }, { "E1000e", "VirtualE1000e" }, { "PCNet32", "VirtualPCNet32" } };
    struct arena *a = s->c->k.arena;
    const char *kind = text(item, "ResourceSubType"), *type = "VirtualVmxnet3";
    for (size_t i = 0; kind && i < ARRAY_LEN(kinds); i++)
        type = text_caseeq(kinds[i][0], kind) ? kinds[i][1] : type;
    struct lab_object network = mapped(s, text(item, "Connection"));
    struct lab_value *v = device(s, type, -300 - s->nics++);
    struct lab_value *backing = lab_poly(a, v, "backing", "VirtualEthernetCardNetworkBackingInfo");
    (void)lab_string(a, backing, "deviceName", lab_object_name(&s->c->k, network));
    (void)lab_ref(a, backing, "network", "Network", lab_object_moid(&s->c->k, network));
    struct lab_value *connect = lab_struct(a, v, "connectable", "VirtualDeviceConnectInfo");
    (void)lab_bool(a, connect, "startConnected", true);
    (void)lab_bool(a, connect, "allowGuestControl", true);
    (void)lab_bool(a, connect, "connected", true);
    (void)lab_string(a, v, "addressType", "generated");
}

static void add_item(struct spec *s, const struct xml_element *item)
{
    switch (number_of(item, "ResourceType", 0)) {
    case DISK: add_disk(s, item); break;
    case CDROM:
    case CDROM_2: add_cdrom(s, item); break;
    case ETHERNET: add_card(s, item); break;
    default: break;
    }
}

static const char *guest_of(const struct package *p)
{
    const struct xml_element *os = child(p->system, "OperatingSystemSection");
    const char *type = os ? xml_attribute(os, VMW, "osType") : NULL;
    return type ? type : "otherGuest";
}

static const struct xml_element *next_item(const struct package *p, const struct xml_element *it)
{
    return it ? xml_next(it, NULL, "Item") : child(p->hardware, "Item");
}

static void numbers(const struct package *p, int64_t *cpus, int64_t *mb)
{
    *cpus = 1;
    *mb = 1024;
    for (const struct xml_element *it = next_item(p, NULL); it; it = next_item(p, it)) {
        int64_t type = number_of(it, "ResourceType", 0), n = number_of(it, "VirtualQuantity", 1);
        if (type == CPU)
            *cpus = n;
        else if (type == MEMORY)
            *mb = n * unit_of(text(it, "AllocationUnits")) >> 20;
    }
}

static struct lab_value *import_spec(struct spec *s)
{
    struct arena *a = s->c->k.arena;
    const struct package *p = s->p;
    int64_t cpus, mb;
    numbers(p, &cpus, &mb);
    struct lab_value *v = lab_poly(a, NULL, "importSpec", "VirtualMachineImportSpec");
    s->config = lab_struct(a, v, "configSpec", "VirtualMachineConfigSpec");
    (void)lab_string(a, s->config, "name", s->name);
    const char *kind = text(child(p->hardware, "System"), "VirtualSystemType");
    (void)lab_string(a, s->config, "version", kind && !strncmp(kind, "vmx-", 4) ? arena_strndup(a, kind, strcspn(kind, " ")) : "vmx-13");
    (void)lab_string(a, s->config, "guestId", guest_of(p));
    const char *note = text(child(p->system, "AnnotationSection"), "Annotation");
    (void)lab_string(a, s->config, "annotation", note ? note : "");
    struct lab_value *files = lab_struct(a, s->config, "files", "VirtualMachineFileInfo");
    (void)lab_string(a, files, "vmPathName", arena_printf(a, "[%s]", s->datastore));
    (void)lab_int(a, s->config, "numCPUs", cpus);
    (void)lab_long(a, s->config, "memoryMB", mb ? mb : 1);
    s->changes = lab_array(a, s->config, "deviceChange", "VirtualDeviceConfigSpec");
    int items = 0;
    for (const struct xml_element *it = next_item(p, NULL); it && !s->error; it = next_item(p, it)) {
        if (++items > LAB_OVF_ITEMS)
            s->error = "too many hardware items";
        else
            add_item(s, it);
    }
    return v;
}

bool lab_create_import_spec(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    const struct xml_element *cisp = lab_arg(c, "cisp");
    const char *name = xml_child_text(cisp, VIM_NS, "entityName"), *moid = lab_arg_text(c, "datastore");
    struct package p;
    struct lab_object ds;
    if (!moid || !lab_object_find(&c->k, moid, &ds) || ds.mo != MO_DATASTORE)
        return lab_say_value(c, "InvalidArgument", "A specified parameter was not correct: datastore", "invalidProperty", "datastore");
    read_package(c, lab_arg_text(c, "ovfDescriptor"), &p);
    struct lab_value *v = lab_struct(a, NULL, NULL, "OvfCreateImportSpecResult");
    struct spec s = { .c = c, .p = &p, .name = name && *name ? name : p.name, .datastore = lab_object_name(&c->k, ds), .error = p.error };
    s.files = lab_array(a, NULL, "fileItem", "OvfFileItem");
    struct lab_value *spec = s.error ? NULL : import_spec(&s);
    if (spec && !s.error) {
        lab_value_add(v, spec);
        lab_value_add(v, s.files);
    } else {
        write_error(c, v, s.error);
    }
    lab_value_bare(c->w, "returnval", v);
    return true;
}

bool lab_parse_descriptor(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    struct package p;
    read_package(c, lab_arg_text(c, "ovfDescriptor"), &p);
    struct lab_value *v = lab_struct(a, NULL, NULL, "OvfParseDescriptorResult");
    const struct xml_element *nets = child(p.root, "NetworkSection");
    struct lab_value *list = lab_array(a, v, "network", "OvfNetworkInfo");
    for (const struct xml_element *n = child(nets, "Network"); n; n = xml_next(n, NULL, "Network")) {
        struct lab_value *net = lab_struct(a, list, NULL, "OvfNetworkInfo");
        const char *name = ovf_attr(n, "name"), *says = text(n, "Description");
        (void)lab_string(a, net, "name", name ? name : "");
        (void)lab_string(a, net, "description", says ? says : "");
    }
    const char *note = text(child(p.system, "AnnotationSection"), "Annotation");
    (void)lab_string(a, v, "annotation", note ? note : "");
    (void)lab_string(a, v, "defaultEntityName", p.name);
    (void)lab_bool(a, v, "virtualApp", p.root && child(p.root, "VirtualSystemCollection"));
    (void)lab_string(a, v, "defaultDeploymentOption", "");
    if (p.error)
        write_error(c, v, p.error);
    lab_value_bare(c->w, "returnval", v);
    return true;
}
