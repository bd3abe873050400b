#include "vim/ovf.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "vim/field.h"
#include "vim/property.h"
#include "wire/xml.h"

enum { TYPE_MAX = 256, SENT_MAX = 8 * 1024 * 1024 }; /* a descriptor, escaped, or a spec with a name for each of its elements */

static void reference(struct xml_writer *w, const char *name, const char *type, const char *id)
{
    xml_open(w, name);
    xml_attr(w, "type", type);
    xml_text(w, id);
    xml_close(w);
}

static bool manager(struct vim_session *s, int64_t deadline_ms, struct vim_object *ret, struct err *e)
{
    struct vim_about about;
    if (!vim_session_about(s, deadline_ms, &about, e))
        return false;
    *ret = about.ovf_manager;
    return ret->id[0] || err_set(e, ERR_NOT_FOUND, "this server has no OvfManager: it imports and exports nothing");
}

/* ---- CreateImportSpec ---- */

static void import_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_import *how = ctx;
    xml_leaf(w, "ovfDescriptor", how->descriptor);
    reference(w, "resourcePool", "ResourcePool", how->pool);
    reference(w, "datastore", "Datastore", how->datastore);
    xml_open(w, "cisp");
    xml_leaf(w, "locale", "");
    xml_leaf(w, "deploymentOption", "");
    xml_leaf(w, "entityName", how->name);
    for (size_t i = 0; how->network[0] && i < how->networks_len; i++) {
        xml_open(w, "networkMapping");
        xml_leaf(w, "name", how->networks[i]);
        reference(w, "network", "Network", how->network);
        xml_close(w);
    }
    xml_close(w);
}

/* The vCenter's own words about what is wrong with the package. */
static const char *first_of(const struct xml_element *result, const char *kind)
{
    const struct xml_element *el = xml_child(result, VIM_NS, kind);
    const char *text = el ? vim_field_text(el, "localizedMessage") : "";
    const struct xml_element *fault = el ? xml_child(el, VIM_NS, "fault") : NULL;
    return text[0] || !fault || !fault->type ? text : fault->type;
}

static bool read_items(const struct xml_element *result, struct arena *a, struct vim_import_spec *spec, struct err *e)
{
    spec->items = arena_array(a, VIM_OVF_ITEMS, sizeof(*spec->items));
    for (const struct xml_element *el = xml_child(result, VIM_NS, "fileItem"); el; el = xml_next(el, VIM_NS, "fileItem")) {
        if (spec->items_len == VIM_OVF_ITEMS)
            return err_set(e, ERR_LIMIT, "the vCenter Server wants more than %d files", VIM_OVF_ITEMS);
        struct vim_ovf_item *item = &spec->items[spec->items_len++];
        *item = (struct vim_ovf_item){ .device = vim_field_text(el, "deviceId"), .path = vim_field_text(el, "path"),
                                       .compression = vim_field_text(el, "compressionMethod"), .size = vim_field_number(el, "size", -1),
                                       .chunk = vim_field_number(el, "chunkSize", 0) };
        const struct xml_element *create = xml_child(el, VIM_NS, "create");
        if (!item->device[0] || !item->path[0] || !create || !xml_boolean(create, &item->create))
            return err_set(e, ERR_PEER, "CreateImportSpec was answered with a file that is none");
    }
    return true;
}

bool vim_import_spec(struct vim_session *s, const struct vim_import *how, int64_t deadline_ms, struct arena *a,
                     struct vim_import_spec *ret, struct err *e)
{
    const struct xml_element *answer, *result;
    struct vim_import_spec spec = { .warning = "" };
    struct vim_object on;
    const struct vim_method m = { .name = "CreateImportSpec", .on = &on, .args = import_args, .ctx = how, .sent_max = SENT_MAX };
    if (!manager(s, deadline_ms, &on, e) || !vim_session_call(s, &m, deadline_ms, a, &answer, NULL, e))
        return false;
    result = xml_child(answer, VIM_NS, "returnval");
    if (xml_child(result, VIM_NS, "error"))
        return err_set(e, ERR_INPUT, "the vCenter Server refuses the OVF descriptor: %s", first_of(result, "error"));
    spec.spec = xml_child(result, VIM_NS, "importSpec");
    spec.warning = first_of(result, "warning");
    if (!spec.spec || !spec.spec->type)
        return err_set(e, ERR_PEER, "CreateImportSpec was answered without a spec");
    if (!read_items(result, a, &spec, e))
        return false;
    *ret = spec;
    return true;
}

/* ---- ImportVApp ---- */

bool vim_vm_folder(struct vim_session *s, const char *pool, int64_t deadline_ms, struct vim_object *ret, struct err *e)
{
    struct vim_object at = { .type = "ResourcePool" };
    if (!text_copy(at.id, sizeof(at.id), pool))
        return err_set(e, ERR_INPUT, "the id of a resource pool is too long");
    for (int i = 0; i < VIM_OVF_PARENTS; i++) {
        AUTO(arena_done) struct arena a = { 0 };
        const char *const up[] = { strcmp(at.type, "Datacenter") == 0 ? "vmFolder" : "parent", NULL };
        const struct xml_element *el;
        struct vim_object next;
        if (!vim_properties(s, &at, up, deadline_ms, &a, &el, e))
            return false;
        if (!vim_object_read(vim_property(el, up[0]), &next))
            break;
        if (strcmp(at.type, "Datacenter") == 0) {
            *ret = next;
            return true;
        }
        at = next;
    }
    return err_set(e, ERR_PEER, "the vCenter Server names no datacenter that the resource pool is in");
}

struct import_call {
    const struct vim_import_spec *spec;
    const struct vim_object *folder;
};

/* As it came: types of our own namespace without a prefix, which is the default here, those of XML Schema with one. */
static void write_type(struct xml_writer *w, const struct xml_element *el)
{
    char typed[TYPE_MAX];
    if (!el->type)
        return;
    (void)snprintf(typed, sizeof(typed), "%s%s", el->type_ns && !strcmp(el->type_ns, XML_XSD) ? "xsd:" : "", el->type);
    xml_attr(w, "xsi:type", typed);
}

/* An element and all below it, no deeper than the reader allowed. */
static void copy(struct xml_writer *w, const char *name, const struct xml_element *el) /* NOLINT(misc-no-recursion): XML_DEPTH_MAX */
{
    xml_open(w, name);
    write_type(w, el);
    for (size_t i = 0; i < el->attributes_len; i++)
        if (!el->attributes[i].ns[0])
            xml_attr(w, el->attributes[i].name, el->attributes[i].value);
    xml_text_n(w, el->text, el->text_len);
    for (const struct xml_element *child = el->first; child; child = child->next)
        copy(w, child->name, child);
    xml_close(w);
}

static void vapp_args(struct xml_writer *w, const void *ctx)
{
    const struct import_call *c = ctx;
    copy(w, "spec", c->spec->spec);
    vim_object_write(w, "folder", c->folder);
}

bool vim_import_vapp(struct vim_session *s, const char *pool, const struct vim_import_spec *spec, const struct vim_object *folder,
                     int64_t deadline_ms, struct vim_object *ret_lease, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_object on = { .type = "ResourcePool" };
    const struct import_call c = { spec, folder };
    const struct vim_method m = { .name = "ImportVApp", .on = &on, .args = vapp_args, .ctx = &c, .sent_max = SENT_MAX, .once = true };
    if (!text_copy(on.id, sizeof(on.id), pool))
        return err_set(e, ERR_INPUT, "the id of a resource pool is too long");
    return vim_session_call(s, &m, deadline_ms, &a, &answer, NULL, e) &&
           (vim_object_read(xml_child(answer, VIM_NS, "returnval"), ret_lease) ||
            err_set(e, ERR_PEER, "ImportVApp was answered without a lease"));
}

/* ---- CreateDescriptor ---- */

static void descriptor_args(struct xml_writer *w, const void *ctx)
{
    const struct vim_ovf_describe *c = ctx;
    reference(w, "obj", "VirtualMachine", c->moref);
    xml_open(w, "cdp");
    for (size_t i = 0; i < c->files_len; i++) {
        const struct vim_ovf_file *f = &c->files[i];
        xml_open(w, "ovfFiles");
        xml_leaf(w, "deviceId", f->device);
        xml_leaf(w, "path", f->path);
        xml_leaf_integer(w, "size", f->size);
        if (f->capacity > 0)
            xml_leaf_integer(w, "capacity", f->capacity);
        if (f->populated > 0)
            xml_leaf_integer(w, "populatedSize", f->populated);
        xml_close(w);
    }
    xml_leaf(w, "name", c->name);
    if (c->identity) {
        xml_leaf(w, "exportOption", "mac");
        xml_leaf(w, "exportOption", "uuid");
    }
    xml_close(w);
}

bool vim_ovf_descriptor(struct vim_session *s, const struct vim_ovf_describe *what, int64_t deadline_ms, struct arena *a,
                        const char **ret, struct err *e)
{
    const struct xml_element *answer, *result;
    struct vim_object on;
    const struct vim_method m = { .name = "CreateDescriptor", .on = &on, .args = descriptor_args, .ctx = what };
    if (!manager(s, deadline_ms, &on, e) || !vim_session_call(s, &m, deadline_ms, a, &answer, NULL, e))
        return false;
    result = xml_child(answer, VIM_NS, "returnval");
    const char *text = xml_child_text(result, VIM_NS, "ovfDescriptor");
    if (xml_child(result, VIM_NS, "error"))
        return err_set(e, ERR_PEER, "the vCenter Server can't describe the machine: %s", first_of(result, "error"));
    if (!text || !text[0] || strlen(text) > VIM_OVF_DESCRIPTOR_MAX)
        return err_set(e, ERR_PEER, "CreateDescriptor was answered without a descriptor");
    *ret = text;
    return true;
}
