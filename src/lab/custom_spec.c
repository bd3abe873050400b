#include "lab/customize.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "lab/keep.h"
#include "lab/store.h"

/* CustomizationSpecManager: specs with a name, each a file of DIR/specs/VCENTER (0600: they have passwords). */

enum { SPECS_MAX = 1000, SPEC_NAME_MAX = 255 };

static void folder_of(const struct lab_vcenter *vc, char out[LAB_NAME])
{
    (void)snprintf(out, LAB_NAME, "specs/%s", vc->plan->name);
}

static void file_of(const struct lab_vcenter *vc, const char *name, char out[LAB_NAME])
{
    uint8_t digest[DIGEST_SHA256];
    char hex[2 * DIGEST_SHA256 + 1];
    digest_sha256(name, strlen(name), digest);
    text_hex(digest, 16, hex);
    (void)snprintf(out, LAB_NAME, "specs/%s/%.32s.xml", vc->plan->name, hex);
}

/* The item in a file; NULL when there is none. */
static const struct xml_element *read_file(const struct lab_asking *k, const char *file)
{
    struct xml_element *item = NULL;
    struct buf b;
    buf_init(&b, LAB_CUSTOM_SPEC_MAX);
    bool ok = lab_keep_read(k->vc->at.estate->dir, file, &b, NULL) && xml_parse(b.data, b.len, NULL, k->arena, &item, NULL);
    buf_done(&b);
    return ok ? item : NULL;
}

static const struct xml_element *find(const struct lab_asking *k, const char *name)
{
    char file[LAB_NAME];
    file_of(k->vc, name, file);
    return read_file(k, file);
}

static const char *info_text(const struct xml_element *item, const char *field)
{
    const char *text = xml_child_text(xml_child(item, VIM_NS, "info"), VIM_NS, field);
    return text ? text : "";
}

struct lab_value *lab_custom_specs(const struct lab_asking *k, struct lab_object o UNUSED)
{
    struct lab_value *list = lab_array(k->arena, NULL, NULL, "CustomizationSpecInfo");
    char folder[LAB_NAME], path[LAB_PATH_MAX];
    struct dirent **found = NULL;
    folder_of(k->vc, folder);
    int len = lab_keep_path(k->vc->at.estate->dir, folder, path, NULL) ? scandir(path, &found, NULL, alphasort) : 0;
    for (int i = 0; i < len; i++) {
        size_t n = strlen(found[i]->d_name);
        const struct xml_element *item = n > 4 && !strcmp(found[i]->d_name + n - 4, ".xml")
            ? read_file(k, arena_printf(k->arena, "%s/%s", folder, found[i]->d_name)) : NULL;
        free(found[i]);
        if (!item)
            continue;
        struct lab_value *v = lab_struct(k->arena, list, NULL, "CustomizationSpecInfo");
        (void)lab_string(k->arena, v, "name", info_text(item, "name"));
        (void)lab_string(k->arena, v, "description", info_text(item, "description"));
        (void)lab_string(k->arena, v, "type", info_text(item, "type"));
        (void)lab_string(k->arena, v, "changeVersion", info_text(item, "changeVersion"));
        (void)lab_text(k->arena, v, "lastUpdateTime", "xsd:dateTime", info_text(item, "lastUpdateTime"));
    }
    free(found);
    return list;
}

/* The item under that name, with our own version and time. */
static bool keep(struct lab_call *c, const struct xml_element *item, const char *name, int64_t version)
{
    struct lab_vcenter *vc = c->k.vc;
    char file[LAB_NAME], folder[LAB_NAME], now[TEXT_TIME], number[24];
    struct xml_writer w;
    struct buf b;
    struct err e;
    file_of(vc, name, file);
    folder_of(vc, folder);
    text_time(c->k.now, now);
    (void)snprintf(number, sizeof(number), "%lld", (long long)version);
    buf_init(&b, LAB_CUSTOM_SPEC_MAX);
    xml_writer_start(&w, &b);
    xml_open(&w, "item");
    xml_attr(&w, "xmlns", VIM_NS);
    xml_attr(&w, "xmlns:xsi", XML_XSI);
    xml_open(&w, "info");
    xml_leaf(&w, "name", name);
    xml_leaf(&w, "description", info_text(item, "description"));
    xml_leaf(&w, "type", info_text(item, "type"));
    xml_leaf(&w, "changeVersion", number);
    xml_leaf(&w, "lastUpdateTime", now);
    xml_close(&w);
    lab_custom_write(&w, xml_child(item, VIM_NS, "spec"), false);
    xml_close(&w);
    bool ok = xml_writer_end(&w, &e) && lab_keep_folder(vc->at.estate->dir, folder, 0700, &e) &&
              lab_keep_write(vc->at.estate->dir, file, b.data, b.len, 0600, &e);
    buf_done(&b);
    if (ok)
        (void)lab_touch(vc);
    return ok || lab_say(c, "CustomizationFault", arena_strdup(c->k.arena, e.msg));
}

static bool wrong(struct lab_call *c, const char *name)
{
    return lab_say_value(c, "InvalidArgument", arena_printf(c->k.arena, "A specified parameter was not correct: %s", name),
                         "invalidProperty", name);
}

/* A name that is an argument; NULL after a fault. */
static const char *good_name(struct lab_call *c, const char *name, const char *what)
{
    if (name && *name && strlen(name) <= SPEC_NAME_MAX)
        return name;
    (void)wrong(c, what);
    return NULL;
}

static const struct xml_element *item_of(struct lab_call *c, const char **ret_name)
{
    const struct xml_element *item = lab_arg(c, "item"), *spec = xml_child(item, VIM_NS, "spec");
    *ret_name = good_name(c, info_text(item, "name"), "item.info.name");
    if (!*ret_name)
        return NULL;
    const struct xml_element *identity = xml_child(spec, VIM_NS, "identity");
    if (identity && identity->type && xml_child(spec, VIM_NS, "globalIPSettings"))
        return item;
    (void)wrong(c, "item.spec");
    return NULL;
}

static const struct xml_element *known(struct lab_call *c, const char *name)
{
    const struct xml_element *item = name ? find(&c->k, name) : NULL;
    if (name && !item)
        (void)lab_say(c, "NotFound", "The customization specification does not exist.");
    return item;
}

static bool is_free(struct lab_call *c, const char *name)
{
    return !find(&c->k, name) || lab_say_value(c, "AlreadyExists", "A customization specification of that name exists.", "name", name);
}

bool lab_spec_exists(struct lab_call *c)
{
    const char *name = lab_arg_text(c, "name");
    lab_value_bare(c->w, "returnval", lab_bool(c->k.arena, NULL, NULL, name && find(&c->k, name)));
    return true;
}

bool lab_spec_get(struct lab_call *c)
{
    const struct xml_element *item = known(c, good_name(c, lab_arg_text(c, "name"), "name"));
    if (!item)
        return false;
    xml_open(c->w, "returnval");
    for (const struct xml_element *it = item->first; it; it = it->next)
        lab_custom_write(c->w, it, false);
    xml_close(c->w);
    return true;
}

bool lab_spec_create(struct lab_call *c)
{
    const char *name;
    const struct xml_element *item = item_of(c, &name);
    const struct lab_value *all = item && is_free(c, name) ? lab_custom_specs(&c->k, c->self) : NULL;
    size_t len = 0;
    for (const struct lab_value *it = all ? all->first : NULL; it; it = it->next)
        len++;
    if (len >= SPECS_MAX)
        return lab_say(c, "CustomizationFault", "Too many customization specifications");
    return all && keep(c, item, name, 1);
}

bool lab_spec_overwrite(struct lab_call *c)
{
    const char *name;
    const struct xml_element *item = item_of(c, &name), *old = item ? known(c, name) : NULL;
    if (!old)
        return false;
    const char *based_on = info_text(item, "changeVersion"), *version = info_text(old, "changeVersion");
    if (*based_on && strcmp(based_on, version) != 0)
        return lab_say(c, "ConcurrentAccess", "The customization specification was changed by somebody else.");
    return keep(c, item, name, strtoll(version, NULL, 10) + 1);
}

static bool discard(struct lab_call *c, const char *name)
{
    char file[LAB_NAME], path[LAB_PATH_MAX];
    struct err e;
    file_of(c->k.vc, name, file);
    if (!lab_keep_path(c->k.vc->at.estate->dir, file, path, &e) || !lab_store_remove(path, &e))
        return lab_say(c, "CustomizationFault", arena_strdup(c->k.arena, e.msg));
    (void)lab_touch(c->k.vc);
    return true;
}

bool lab_spec_delete(struct lab_call *c)
{
    const char *name = good_name(c, lab_arg_text(c, "name"), "name");
    return known(c, name) && discard(c, name);
}

static bool copy(struct lab_call *c, bool move)
{
    const char *name = good_name(c, lab_arg_text(c, "name"), "name"), *to = name ? good_name(c, lab_arg_text(c, "newName"), "newName") : NULL;
    const struct xml_element *item = to ? known(c, name) : NULL;
    return item && is_free(c, to) && keep(c, item, to, 1) && (!move || discard(c, name));
}

bool lab_spec_duplicate(struct lab_call *c)
{
    return copy(c, false);
}

bool lab_spec_rename(struct lab_call *c)
{
    return copy(c, true);
}
