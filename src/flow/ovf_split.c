#include "flow/ovf_split.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "flow/ovf.h"
#include "wire/xml.h"

/* The element behind this one in the order of the document, below `top`; NULL at the end. into: its children as well. */
static const struct xml_element *step(const struct xml_element *el, const struct xml_element *top, bool into)
{
    if (into && el->first)
        return el->first;
    while (el != top && !el->next)
        el = el->parent;
    return el == top ? NULL : el->next;
}

/* ---- which machines ---- */

static bool find_systems(struct ovf_machines *m, struct err *e)
{
    const struct xml_element *top = m->collection;
    for (const struct xml_element *el = step(top, top, true); el;) {
        bool system = xml_is(el, top->ns, "VirtualSystem");
        if (system && m->systems_len == OVF_MACHINES_MAX)
            return err_set(e, ERR_LIMIT, "the package has more than %d virtual machines", OVF_MACHINES_MAX);
        if (system)
            m->systems[m->systems_len++] = el;
        el = step(el, top, xml_is(el, top->ns, "VirtualSystemCollection")); /* they may lie in each other */
    }
    return m->systems_len || err_set(e, ERR_INPUT, "the package's VirtualSystemCollection has no virtual machine");
}

bool ovf_machines(const void *data, size_t len, struct arena *a, struct ovf_machines *ret, struct err *e)
{
    static const struct xml_limits limits = { .bytes = OVF_DESCRIPTOR_MAX, .elements = OVF_ELEMENTS_MAX };
    struct ovf_machines m = { .text = data, .len = len };
    struct xml_element *root;
    if (!xml_parse(data, len, &limits, a, &root, e))
        return err_in(e, "the OVF descriptor");
    m.root = root;
    m.collection = xml_child(root, root->ns, "VirtualSystemCollection");
    const struct xml_element *alone = xml_child(root, root->ns, "VirtualSystem");
    if (m.collection && (alone || xml_next(m.collection, root->ns, "VirtualSystemCollection")))
        return err_set(e, ERR_INPUT, "the OVF descriptor has more than one content: a VirtualSystemCollection and something beside it");
    if (m.collection && !find_systems(&m, e))
        return false;
    if (!m.collection)
        m.systems[m.systems_len++] = alone; /* or none: the vCenter says what it lacks */
    *ret = m;
    return true;
}

const char *ovf_machine_name(const struct ovf_machines *m, size_t n)
{
    const struct xml_element *el = m->collection ? m->systems[n] : NULL;
    const char *name = el ? xml_child_text(el, el->ns, "Name") : NULL, *id = el ? ovf_attribute(el, "id") : NULL;
    return name && name[0] ? name : id ? id : "";
}

/* ---- what a machine names ---- */

/* "ovf:/disk/vmdisk1", "ovf://disk/vmdisk1", "/disk/vmdisk1" (DSP0243 8.1, HostResource). */
static bool leads_to(const char *value, const char *way, const char *id)
{
    const char *at = strstr(value, way);
    return at && strcmp(at + strlen(way), id) == 0;
}

/* Somewhere in the machine: an item of its hardware, or what a vendor says in an attribute ("nvram"). */
static bool names(const struct xml_element *system, const char *way, const char *id)
{
    for (const struct xml_element *el = system; el; el = step(el, system, true)) {
        if (leads_to(el->text, way, id))
            return true;
        for (size_t i = 0; i < el->attributes_len; i++)
            if (leads_to(el->attributes[i].value, way, id))
                return true;
    }
    return false;
}

/* Elements of one section, and which of them stay. */
struct shelf {
    const struct xml_element **list;
    bool *kept;
    size_t len;
};

static struct shelf shelf_of(const struct xml_element *root, const char *section, const char *name, struct arena *a)
{
    struct shelf s = { 0 };
    const struct xml_element *in = xml_child(root, root->ns, section);
    for (const struct xml_element *el = xml_child(in, root->ns, name); el; el = xml_next(el, root->ns, name))
        s.len++;
    s.list = arena_array(a, s.len + 1, sizeof(*s.list));
    s.kept = arena_array(a, s.len + 1, sizeof(*s.kept));
    s.len = 0;
    for (const struct xml_element *el = xml_child(in, root->ns, name); el; el = xml_next(el, root->ns, name))
        s.list[s.len++] = el;
    return s;
}

static void keep_named(struct shelf *s, const char *id, const struct xml_element *system, const char *way)
{
    for (size_t i = 0; i < s->len; i++) {
        const char *own = ovf_attribute(s->list[i], id);
        s->kept[i] = own && names(system, way, own);
    }
}

/* What is kept of `from` refers by ref to what has this id in `to`. True: something more is kept now. */
static bool keep_referred(const struct shelf *from, const char *ref, struct shelf *to, const char *id)
{
    bool more = false;
    for (size_t i = 0; i < from->len; i++) {
        const char *wanted = from->kept[i] ? ovf_attribute(from->list[i], ref) : NULL;
        for (size_t n = 0; wanted && n < to->len; n++) {
            const char *own = ovf_attribute(to->list[n], id);
            bool is = !to->kept[n] && own && strcmp(own, wanted) == 0;
            to->kept[n] |= is;
            more |= is;
        }
    }
    return more;
}

/* ---- its text ---- */

/* These bytes go, and those take their place. */
struct edit {
    size_t begin, end, from, to;
};

static int by_place(const void *x, const void *y)
{
    const struct edit *a = x, *b = y;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static size_t cut_rest(const struct shelf *s, struct edit *edits, size_t len)
{
    for (size_t i = 0; i < s->len; i++)
        if (!s->kept[i])
            edits[len++] = (struct edit){ .begin = s->list[i]->begin, .end = s->list[i]->end };
    return len;
}

/* Edits in order, none inside another. */
static const char *apply(const struct ovf_machines *m, const struct edit *edits, size_t len, struct arena *a, size_t *ret_len)
{
    char *out = arena_alloc(a, m->len + 1); /* nothing gets longer: what comes in was cut there */
    size_t at = 0, done = 0;
    for (size_t i = 0; i <= len; i++) {
        size_t until = i < len ? edits[i].begin : m->len;
        memcpy(out + done, m->text + at, until - at);
        done += until - at;
        if (i == len)
            break;
        memcpy(out + done, m->text + edits[i].from, edits[i].to - edits[i].from);
        done += edits[i].to - edits[i].from;
        at = edits[i].end;
    }
    out[done] = '\0';
    *ret_len = done;
    return out;
}

/* It means the same where it stands now. */
static bool stands_alone(const char *text, size_t len, const struct ovf_machines *m, size_t n, struct arena *a)
{
    struct xml_element *root;
    struct err none;
    const struct xml_element *was = m->systems[n];
    if (!xml_parse(text, len, NULL, a, &root, &none))
        return false;
    const struct xml_element *el = xml_child(root, was->ns, "VirtualSystem"), *is = el;
    for (; was && is; was = step(was, m->systems[n], true), is = step(is, el, true))
        if (strcmp(was->ns, is->ns) != 0)
            return false;
    return !was && !is;
}

bool ovf_machine_text(const struct ovf_machines *m, size_t n, struct arena *a, const char **ret, struct err *e)
{
    if (!m->collection) {
        *ret = arena_strndup(a, m->text, m->len);
        return true;
    }
    const struct xml_element *system = m->systems[n];
    struct shelf files = shelf_of(m->root, "References", "File", a), disks = shelf_of(m->root, "DiskSection", "Disk", a);
    keep_named(&disks, "diskId", system, "/disk/");
    keep_named(&files, "id", system, "/file/");
    while (keep_referred(&disks, "parentRef", &disks, "diskId")) {
    }
    (void)keep_referred(&disks, "fileRef", &files, "id");
    struct edit *edits = arena_array(a, files.len + disks.len + 1, sizeof(*edits));
    size_t len = cut_rest(&files, edits, 0), out;
    len = cut_rest(&disks, edits, len);
    edits[len++] = (struct edit){ m->collection->begin, m->collection->end, system->begin, system->end };
    qsort(edits, len, sizeof(*edits), by_place);
    *ret = apply(m, edits, len, a, &out);
    return stands_alone(*ret, out, m, n, a) ||
           err_set(e, ERR_INPUT, "the virtual machine \"%.80s\" can't be taken out of its collection: declare namespaces in the Envelope",
                   ovf_machine_name(m, n));
}
