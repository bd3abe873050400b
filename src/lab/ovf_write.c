#include "lab/ovf.h"

#include <string.h>

#include "lab/vm_method.h"

#define ENVELOPE "http://schemas.dmtf.org/ovf/envelope/1"
#define RASD "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
#define VSSD "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"

/* The file that a client says it has of that device; NULL. */
static const struct xml_element *file_of(const struct lab_call *c, const char *key)
{
    const struct xml_element *cdp = lab_arg(c, "cdp");
    for (const struct xml_element *f = xml_child(cdp, VIM_NS, "ovfFiles"); f; f = xml_next(f, VIM_NS, "ovfFiles")) {
        const char *id = xml_child_text(f, VIM_NS, "deviceId");
        if (id && !strcmp(id, key))
            return f;
    }
    return NULL;
}

static void attr(struct xml_writer *w, const char *name, const char *value)
{
    xml_attr(w, name, value ? value : "");
}

static void references(const struct lab_call *c, struct xml_writer *w)
{
    const struct xml_element *cdp = lab_arg(c, "cdp");
    int n = 0;
    xml_open(w, "References");
    for (const struct xml_element *f = xml_child(cdp, VIM_NS, "ovfFiles"); f && n < LAB_OVF_ITEMS; f = xml_next(f, VIM_NS, "ovfFiles")) {
        xml_open(w, "File");
        attr(w, "ovf:href", xml_child_text(f, VIM_NS, "path"));
        xml_attr(w, "ovf:id", arena_printf(c->k.arena, "file%d", ++n));
        attr(w, "ovf:size", xml_child_text(f, VIM_NS, "size"));
        xml_close(w);
    }
    xml_close(w);
}

/* "mac", "uuid": what a client wants beside what every copy may have. */
static bool has_option(const struct lab_call *c, const char *option)
{
    const struct xml_element *cdp = lab_arg(c, "cdp");
    for (const struct xml_element *o = xml_child(cdp, VIM_NS, "exportOption"); o; o = xml_next(o, VIM_NS, "exportOption"))
        if (!strcmp(o->text, option))
            return true;
    return false;
}

/* "file2" of the second one that was named. */
static const char *reference_of(const struct lab_call *c, const struct xml_element *file)
{
    int n = 1;
    for (const struct xml_element *f = xml_child(lab_arg(c, "cdp"), VIM_NS, "ovfFiles"); f && f != file; f = xml_next(f, VIM_NS, "ovfFiles"))
        n++;
    return arena_printf(c->k.arena, "file%d", n);
}

static void disks(const struct lab_call *c, struct xml_writer *w, const struct lab_vm *vm)
{
    char key[LAB_FILE_NAME];
    xml_open(w, "DiskSection");
    xml_leaf(w, "Info", "Virtual disk information");
    for (size_t i = 0; i < vm->disks_len; i++) {
        lab_disk_key(vm->name, vm->disks[i].unit, key);
        const struct xml_element *file = file_of(c, key);
        xml_open(w, "Disk");
        xml_attr(w, "ovf:capacity", arena_printf(c->k.arena, "%lld", (long long)vm->disks[i].kb * 1024));
        xml_attr(w, "ovf:capacityAllocationUnits", "byte");
        xml_attr(w, "ovf:diskId", arena_printf(c->k.arena, "vmdisk%zu", i + 1));
        if (file)
            xml_attr(w, "ovf:fileRef", reference_of(c, file));
        xml_attr(w, "ovf:format", "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized");
        xml_close(w);
    }
    xml_close(w);
}

static void networks(const struct lab_call *c, struct xml_writer *w, const struct lab_vm *vm)
{
    xml_open(w, "NetworkSection");
    xml_leaf(w, "Info", "The list of logical networks");
    for (unsigned n = 0; n < lab_count(c->k.vc, MO_NETWORK); n++) {
        bool used = false;
        for (size_t i = 0; i < vm->nics_len; i++)
            used = used || vm->nics[i].network == n;
        if (!used)
            continue;
        const char *name = lab_object_name(&c->k, (struct lab_object){ .mo = MO_NETWORK, .n = n });
        xml_open(w, "Network");
        xml_attr(w, "ovf:name", name);
        xml_leaf(w, "Description", arena_printf(c->k.arena, "The %s network", name));
        xml_close(w);
    }
    xml_close(w);
}

/* Elements of an Item stand in alphabetical order (DSP0243 section 8). */
struct item {
    int id, type, parent, unit;
    const char *address, *name, *connection, *resource, *subtype;
    int64_t quantity;
    const char *units;
};

static void item(const struct lab_call *c, struct xml_writer *w, const struct item *it)
{
    struct arena *a = c->k.arena;
    xml_open(w, "Item");
    xml_leaf(w, "rasd:Address", it->address);
    if (it->parent)
        xml_leaf(w, "rasd:AddressOnParent", arena_printf(a, "%d", it->unit));
    xml_leaf(w, "rasd:AllocationUnits", it->units);
    xml_leaf(w, "rasd:Connection", it->connection);
    xml_leaf(w, "rasd:ElementName", it->name);
    xml_leaf(w, "rasd:HostResource", it->resource);
    xml_leaf(w, "rasd:InstanceID", arena_printf(a, "%d", it->id));
    if (it->parent)
        xml_leaf(w, "rasd:Parent", arena_printf(a, "%d", it->parent));
    xml_leaf(w, "rasd:ResourceSubType", it->subtype);
    xml_leaf(w, "rasd:ResourceType", arena_printf(a, "%d", it->type));
    if (it->quantity)
        xml_leaf(w, "rasd:VirtualQuantity", arena_printf(a, "%lld", (long long)it->quantity));
    xml_close(w);
}

static void hardware(const struct lab_call *c, struct xml_writer *w, const struct lab_vm *vm)
{
    struct arena *a = c->k.arena;
    int id = 3;
    xml_open(w, "VirtualHardwareSection");
    xml_leaf(w, "Info", "Virtual hardware requirements");
    xml_open(w, "System");
    xml_leaf(w, "vssd:ElementName", "Virtual Hardware Family");
    xml_leaf(w, "vssd:InstanceID", "0");
    xml_leaf(w, "vssd:VirtualSystemIdentifier", vm->name);
    xml_leaf(w, "vssd:VirtualSystemType", vm->version);
    xml_close(w);
    item(c, w, &(struct item){ .id = 1, .type = 3, .name = "virtual CPU(s)", .quantity = vm->cpus, .units = "hertz * 10^6" });
    item(c, w, &(struct item){ .id = 2, .type = 4, .name = "memory", .quantity = vm->memory_mb, .units = "byte * 2^20" });
    item(c, w, &(struct item){ .id = 3, .type = 6, .name = "SCSI controller 0", .subtype = "VirtualSCSI" });
    for (size_t i = 0; i < vm->disks_len; i++, id++)
        item(c, w, &(struct item){ .id = id + 1, .type = 17, .parent = 3, .unit = vm->disks[i].unit,
                                   .name = arena_printf(a, "Hard disk %zu", i + 1), .resource = arena_printf(a, "ovf:/disk/vmdisk%zu", i + 1) });
    for (size_t i = 0; i < vm->nics_len; i++, id++)
        item(c, w, &(struct item){ .id = id + 1, .type = 10, .name = arena_printf(a, "Network adapter %zu", i + 1),
                                   .address = has_option(c, "mac") ? vm->nics[i].mac : NULL,
                                   .connection = lab_object_name(&c->k, (struct lab_object){ .mo = MO_NETWORK, .n = vm->nics[i].network }),
                                   .subtype = vm->nics[i].type + strlen("Virtual") });
    if (has_option(c, "uuid")) {
        xml_open(w, "vmw:ExtraConfig");
        xml_attr(w, "ovf:required", "false");
        xml_attr(w, "vmw:key", "uuid.bios");
        xml_attr(w, "vmw:value", vm->uuid);
        xml_close(w);
    }
    xml_close(w);
}

static void envelope(const struct lab_call *c, struct xml_writer *w, const struct lab_vm *vm, const char *name)
{
    xml_declaration(w);
    xml_open(w, "Envelope");
    xml_attr(w, "xmlns", ENVELOPE);
    xml_attr(w, "xmlns:ovf", ENVELOPE);
    xml_attr(w, "xmlns:rasd", RASD);
    xml_attr(w, "xmlns:vssd", VSSD);
    xml_attr(w, "xmlns:vmw", "http://www.vmware.com/schema/ovf");
    references(c, w);
    disks(c, w, vm);
    networks(c, w, vm);
    xml_open(w, "VirtualSystem");
    xml_attr(w, "ovf:id", name);
    xml_leaf(w, "Info", "A virtual machine");
    xml_leaf(w, "Name", name);
    xml_open(w, "OperatingSystemSection");
    xml_attr(w, "ovf:id", "1");
    xml_attr(w, "vmw:osType", vm->guest_id);
    xml_leaf(w, "Info", "The kind of installed guest operating system");
    xml_close(w);
    hardware(c, w, vm);
    if (vm->note[0]) {
        xml_open(w, "AnnotationSection");
        xml_leaf(w, "Info", "A human-readable annotation");
        xml_leaf(w, "Annotation", vm->note);
        xml_close(w);
    }
    xml_close(w);
    xml_close(w);
}

bool lab_create_descriptor(struct lab_call *c)
{
    struct arena *a = c->k.arena;
    const char *moid = lab_arg_text(c, "obj"), *name = xml_child_text(lab_arg(c, "cdp"), VIM_NS, "name");
    struct lab_object o;
    struct xml_writer w;
    struct buf b;
    struct err e;
    if (!moid || !lab_object_find(&c->k, moid, &o) || o.mo != MO_VM)
        return lab_say_gone(c, moid ? moid : "");
    const struct lab_vm *vm = lab_vm_look(&c->k, o.n);
    buf_init(&b, LAB_OVF_MAX);
    xml_writer_start(&w, &b);
    envelope(c, &w, vm, name && *name ? name : vm->name);
    bool ok = xml_writer_end(&w, &e);
    if (ok) {
        struct lab_value *v = lab_struct(a, NULL, NULL, "OvfCreateDescriptorResult");
        (void)lab_string(a, v, "ovfDescriptor", arena_strdup(a, buf_str(&b)));
        (void)lab_bool(a, v, "includeImageFiles", false);
        lab_value_bare(c->w, "returnval", v);
    }
    buf_done(&b);
    return ok || lab_say(c, "RuntimeFault", arena_strdup(a, e.msg));
}
