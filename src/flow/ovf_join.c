#include "flow/ovf_join.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "flow/ovf_split.h"
#include "wire/xml.h"

#define OVF "http://schemas.dmtf.org/ovf/envelope/1"
#define XML_SPACE "http://www.w3.org/XML/1998/namespace" /* its prefix is never declared */

struct space {
    const char *uri, *prefix;
};

/* All of them while they are written. */
struct joining {
    struct xml_writer w;
    struct arena *arena;
    const struct xml_element *roots[OVF_MACHINES_MAX];
    size_t len;
    struct space spaces[OVF_SPACES_MAX];
    size_t spaces_len;
};

/* ---- namespaces ---- */

static const char *prefix_of(const struct joining *j, const char *uri)
{
    for (size_t i = 0; i < j->spaces_len; i++)
        if (strcmp(j->spaces[i].uri, uri) == 0)
            return j->spaces[i].prefix;
    return NULL;
}

static bool know(struct joining *j, const char *uri, struct err *e)
{
    static const struct space usual[] = {
        { OVF, "ovf" }, { XML_SPACE, "xml" }, { XML_XSI, "xsi" }, { "http://www.vmware.com/schema/ovf", "vmw" },
        { "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData", "rasd" },
        { "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData", "vssd" },
    };
    const char *prefix = NULL;
    if (!uri || !uri[0] || prefix_of(j, uri))
        return true;
    if (j->spaces_len == OVF_SPACES_MAX)
        return err_set(e, ERR_LIMIT, "the machines' descriptors use more than %d namespaces", OVF_SPACES_MAX);
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        prefix = strcmp(usual[i].uri, uri) == 0 ? usual[i].prefix : prefix;
    j->spaces[j->spaces_len] = (struct space){ uri, prefix ? prefix : arena_printf(j->arena, "ns%zu", j->spaces_len) };
    j->spaces_len++;
    return true;
}

static bool know_all(struct joining *j, const struct xml_element *el, struct err *e) /* NOLINT(misc-no-recursion): XML_DEPTH_MAX */
{
    if (!know(j, el->ns, e) || !know(j, el->type_ns, e))
        return false;
    for (size_t i = 0; i < el->attributes_len; i++)
        if (!know(j, el->attributes[i].ns, e))
            return false;
    for (const struct xml_element *child = el->first; child; child = child->next)
        if (!know_all(j, child, e))
            return false;
    return true;
}

static const char *qualified(const struct joining *j, const char *ns, const char *name)
{
    return ns && ns[0] ? arena_printf(j->arena, "%s:%s", prefix_of(j, ns), name) : name;
}

/* ---- ids ---- */

static const char *own(const struct joining *j, size_t n, const char *id)
{
    return arena_printf(j->arena, "vm%zu-%s", n + 1, id);
}

static bool has(const struct xml_element *root, const char *section, const char *name, const char *key, const char *id)
{
    const struct xml_element *in = xml_child(root, OVF, section);
    for (const struct xml_element *el = xml_child(in, OVF, name); el; el = xml_next(el, OVF, name)) {
        const char *is = xml_attribute(el, OVF, key);
        if (is && strcmp(is, id) == 0)
            return true;
    }
    return false;
}

/* "ovf:/disk/vmdisk1": leads to a disk or a file of its own machine. */
static const char *lead(const struct joining *j, size_t n, const char *value)
{
    static const struct { const char *way, *section, *name, *key; } ways[] = { { "/disk/", "DiskSection", "Disk", "diskId" },
                                                                               { "/file/", "References", "File", "id" } };
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const char *at = strstr(value, ways[i].way), *id = at ? at + strlen(ways[i].way) : NULL;
        if (id && has(j->roots[n], ways[i].section, ways[i].name, ways[i].key, id))
            return arena_printf(j->arena, "%.*s%s", (int)(id - value), value, own(j, n, id));
    }
    return value;
}

/* What an attribute of a file or a disk says, where it is an id. */
static bool is_id(const struct xml_element *el, const struct xml_attribute *a)
{
    bool file = xml_is(el, OVF, "File"), disk = xml_is(el, OVF, "Disk");
    return strcmp(a->ns, OVF) == 0 && ((file && !strcmp(a->name, "id")) || (disk && (!strcmp(a->name, "diskId") || !strcmp(a->name, "fileRef") ||
                                                                                   !strcmp(a->name, "parentRef"))));
}

/* ---- writing ---- */

static const char *value_of(const struct joining *j, size_t n, const struct xml_element *el, const struct xml_attribute *a)
{
    if (strcmp(a->ns, XML_XSI) == 0 && strcmp(a->name, "type") == 0 && el->type_ns)
        return qualified(j, el->type_ns, el->type);
    return is_id(el, a) ? own(j, n, a->value) : lead(j, n, a->value);
}

/* An element of machine n and all below it. */
static void copy(struct joining *j, size_t n, const struct xml_element *el) /* NOLINT(misc-no-recursion): XML_DEPTH_MAX */
{
    xml_open(&j->w, qualified(j, el->ns, el->name));
    for (size_t i = 0; i < el->attributes_len; i++)
        xml_attr(&j->w, qualified(j, el->attributes[i].ns, el->attributes[i].name), value_of(j, n, el, &el->attributes[i]));
    xml_text(&j->w, lead(j, n, el->text));
    for (const struct xml_element *child = el->first; child; child = child->next)
        copy(j, n, child);
    xml_close(&j->w);
}

static void open_info(struct joining *j, const char *name, const char *info)
{
    xml_open(&j->w, name);
    if (info)
        xml_leaf(&j->w, "ovf:Info", info);
}

/* What all of them have in this section. */
static void section(struct joining *j, const char *name, const char *inside, const char *info)
{
    open_info(j, arena_printf(j->arena, "ovf:%s", name), info);
    for (size_t n = 0; n < j->len; n++)
        for (const struct xml_element *el = xml_child(xml_child(j->roots[n], OVF, name), OVF, inside); el; el = xml_next(el, OVF, inside))
            copy(j, n, el);
    xml_close(&j->w);
}

static bool earlier_network(const struct joining *j, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (has(j->roots[i], "NetworkSection", "Network", "name", name))
            return true;
    return false;
}

static void networks(struct joining *j)
{
    open_info(j, "ovf:NetworkSection", "The list of logical networks");
    for (size_t n = 0; n < j->len; n++)
        for (const struct xml_element *el = xml_child(xml_child(j->roots[n], OVF, "NetworkSection"), OVF, "Network"); el;
             el = xml_next(el, OVF, "Network")) {
            const char *name = xml_attribute(el, OVF, "name");
            if (!name || !earlier_network(j, n, name))
                copy(j, n, el);
        }
    xml_close(&j->w);
}

static bool is_usual(const struct xml_element *el)
{
    static const char *const names[] = { "References", "DiskSection", "NetworkSection", "VirtualSystem" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (xml_is(el, OVF, names[i]))
            return true;
    return false;
}

/* Whatever else stands beside the machines, once. */
static void others(struct joining *j)
{
    for (size_t n = 0; n < j->len; n++)
        for (const struct xml_element *el = j->roots[n]->first; el; el = el->next) {
            bool there = is_usual(el);
            for (size_t i = 0; i < n; i++)
                there = there || xml_child(j->roots[i], el->ns, el->name);
            if (!there)
                copy(j, n, el);
        }
}

/* Of a VirtualSystem, in which no two may have one id. */
static const char *system_id(const struct joining *j, size_t n)
{
    const char *id = xml_attribute(xml_child(j->roots[n], OVF, "VirtualSystem"), OVF, "id");
    bool taken = !id;
    for (size_t i = 0; i < n && !taken; i++) {
        const char *other = xml_attribute(xml_child(j->roots[i], OVF, "VirtualSystem"), OVF, "id");
        taken = other && strcmp(other, id) == 0;
    }
    return taken ? own(j, n, id ? id : "machine") : id;
}

static void system_of(struct joining *j, size_t n)
{
    const struct xml_element *el = xml_child(j->roots[n], OVF, "VirtualSystem");
    xml_open(&j->w, "ovf:VirtualSystem");
    xml_attr(&j->w, "ovf:id", system_id(j, n));
    for (size_t i = 0; i < el->attributes_len; i++)
        if (strcmp(el->attributes[i].ns, OVF) != 0 || strcmp(el->attributes[i].name, "id") != 0)
            xml_attr(&j->w, qualified(j, el->attributes[i].ns, el->attributes[i].name), value_of(j, n, el, &el->attributes[i]));
    for (const struct xml_element *child = el->first; child; child = child->next)
        copy(j, n, child);
    xml_close(&j->w);
}

static void write_all(struct joining *j, const char *name)
{
    xml_declaration(&j->w);
    xml_open(&j->w, "ovf:Envelope");
    for (size_t i = 0; i < j->spaces_len; i++)
        if (strcmp(j->spaces[i].uri, XML_SPACE) != 0)
            xml_attr(&j->w, arena_printf(j->arena, "xmlns:%s", j->spaces[i].prefix), j->spaces[i].uri);
    section(j, "References", "File", NULL);
    section(j, "DiskSection", "Disk", "Virtual disk information");
    networks(j);
    others(j);
    open_info(j, "ovf:VirtualSystemCollection", NULL);
    xml_attr(&j->w, "ovf:id", name);
    xml_leaf(&j->w, "ovf:Info", "A collection of virtual machines");
    xml_leaf(&j->w, "ovf:Name", name);
    for (size_t n = 0; n < j->len; n++)
        system_of(j, n);
    xml_close(&j->w);
    xml_close(&j->w);
}

static bool read_one(struct joining *j, const char *text, struct err *e)
{
    struct xml_element *root;
    if (!xml_parse(text, strlen(text), NULL, j->arena, &root, e))
        return err_in(e, "the vCenter's descriptor");
    if (!xml_is(root, OVF, "Envelope") || !xml_child(root, OVF, "VirtualSystem"))
        return err_set(e, ERR_PEER, "the vCenter's descriptor is of no virtual machine");
    j->roots[j->len++] = root;
    return know_all(j, root, e);
}

bool ovf_join(const char *name, const char *const *texts, size_t len, struct arena *a, const char **ret, struct err *e)
{
    AUTO(buf_done) struct buf out;
    struct joining j = { .arena = a };
    buf_init(&out, OVF_JOINED_MAX);
    if (len > OVF_MACHINES_MAX)
        return err_set(e, ERR_LIMIT, "%s has more than %d virtual machines", name, OVF_MACHINES_MAX);
    if (!know(&j, OVF, e))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!read_one(&j, texts[i], e))
            return false;
    xml_writer_start(&j.w, &out);
    write_all(&j, name);
    if (!xml_writer_end(&j.w, e))
        return false;
    *ret = arena_strndup(a, buf_str(&out), out.len);
    return true;
}
