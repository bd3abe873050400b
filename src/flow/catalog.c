#include "flow/catalog.h"

#include <string.h>

#include "base/arena.h"
#include "flow/kept.h"
#include "flow/seen.h"
#include "store/record.h"
#include "wire/json.h"

#define CATALOG_KIND "catalog"
#define ITEM_KIND "catalog-item"
#define TEMPLATE_KIND "vapptemplate"
#define MEDIA_KIND "media"

static const struct kept_member catalog_members[] = {
    { "description", KEPT_TEXT, offsetof(struct catalog, description) },
    { "user", KEPT_TEXT, offsetof(struct catalog, user) },
    { "userName", KEPT_TEXT, offsetof(struct catalog, user_name) },
    { "version", KEPT_NUMBER, offsetof(struct catalog, version) },
};
static const struct kept_member item_members[] = {
    { "description", KEPT_TEXT, offsetof(struct catalog_item, description) },
    { "org", KEPT_TEXT, offsetof(struct catalog_item, org) },
    { "entity", KEPT_TEXT, offsetof(struct catalog_item, entity) },
    { "size", KEPT_NUMBER, offsetof(struct catalog_item, size) },
    { "failed", KEPT_BOOL, offsetof(struct catalog_item, failed) },
};
static const struct kept_member template_members[] = {
    { "description", KEPT_TEXT, offsetof(struct template, description) },
    { "item", KEPT_TEXT, offsetof(struct template, item) },
    { "org", KEPT_TEXT, offsetof(struct template, org) },
    { "vdc", KEPT_TEXT, offsetof(struct template, vdc) },
    { "user", KEPT_TEXT, offsetof(struct template, user) },
    { "userName", KEPT_TEXT, offsetof(struct template, user_name) },
    { "task", KEPT_TEXT, offsetof(struct template, task) },
    { "status", KEPT_NUMBER, offsetof(struct template, status) },
    { "descriptor", KEPT_BOOL, offsetof(struct template, descriptor_there) },
    { "size", KEPT_NUMBER, offsetof(struct template, size) },
};
static const struct kept_member template_vm_members[] = {
    { "urn", KEPT_TEXT, offsetof(struct template_vm, urn) },
    { "name", KEPT_TEXT, offsetof(struct template_vm, name) },
    { "moref", KEPT_TEXT, offsetof(struct template_vm, moref) },
    { "guestOs", KEPT_TEXT, offsetof(struct template_vm, guest_os) },
    { "cpus", KEPT_NUMBER, offsetof(struct template_vm, cpus) },
    { "memory", KEPT_NUMBER, offsetof(struct template_vm, memory_mb) },
};
static const struct kept_member media_members[] = {
    { "description", KEPT_TEXT, offsetof(struct media, description) },
    { "item", KEPT_TEXT, offsetof(struct media, item) },
    { "org", KEPT_TEXT, offsetof(struct media, org) },
    { "vdc", KEPT_TEXT, offsetof(struct media, vdc) },
    { "user", KEPT_TEXT, offsetof(struct media, user) },
    { "userName", KEPT_TEXT, offsetof(struct media, user_name) },
    { "imageType", KEPT_TEXT, offsetof(struct media, image_type) },
    { "path", KEPT_TEXT, offsetof(struct media, path) },
    { "task", KEPT_TEXT, offsetof(struct media, task) },
    { "status", KEPT_NUMBER, offsetof(struct media, status) },
    { "size", KEPT_NUMBER, offsetof(struct media, size) },
};

/* ---- each from its record ---- */

typedef bool read_fn(const struct store_record *r, struct arena *a, void *ret, struct err *e);

static bool read_catalog(const struct store_record *r, struct arena *a, void *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct catalog *k = ret;
    *k = (struct catalog){ .urn = r->id, .name = r->name, .org = r->owner, .made_ms = r->made_ms };
    if (!kept_json(r, &j, e))
        return false;
    kept_read(j, catalog_members, ARRAY_LEN(catalog_members), a, k);
    return true;
}

static bool read_item(const struct store_record *r, struct arena *a, void *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct catalog_item *i = ret;
    *i = (struct catalog_item){ .urn = r->id, .name = r->name, .catalog = r->owner, .made_ms = r->made_ms };
    if (!kept_json(r, &j, e))
        return false;
    kept_read(j, item_members, ARRAY_LEN(item_members), a, i);
    return true;
}

static bool read_template(const struct store_record *r, struct arena *a, void *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct template *t = ret;
    *t = (struct template){ .urn = r->id, .name = r->name, .catalog = r->owner, .made_ms = r->made_ms };
    if (!kept_json(r, &j, e))
        return false;
    kept_read(j, template_members, ARRAY_LEN(template_members), a, t);
    const json_t *vms = json_object_get(j, "vms");
    t->vms_len = json_array_size(vms);
    t->vms = arena_array(a, t->vms_len + 1, sizeof(*t->vms));
    for (size_t i = 0; i < t->vms_len; i++)
        kept_read(json_array_get(vms, i), template_vm_members, ARRAY_LEN(template_vm_members), a, &t->vms[i]);
    return true;
}

static bool read_media(const struct store_record *r, struct arena *a, void *ret, struct err *e)
{
    AUTO(wire_json_decrefp) json_t *j = NULL;
    struct media *m = ret;
    *m = (struct media){ .urn = r->id, .name = r->name, .catalog = r->owner, .made_ms = r->made_ms };
    if (!kept_json(r, &j, e))
        return false;
    kept_read(j, media_members, ARRAY_LEN(media_members), a, m);
    return true;
}

/* ---- one ---- */

static bool find(struct store *s, const char *kind, const char *urn, read_fn *read, struct arena *a, void *ret, struct err *e)
{
    struct store_record r;
    return store_record_get(s, kind, urn, a, &r, e) && read(&r, a, ret, e);
}

bool catalog_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct catalog *ret, struct err *e)
{
    bool found = find(s, CATALOG_KIND, urn, read_catalog, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

bool catalog_item_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct catalog_item *ret,
                      struct err *e)
{
    bool found = find(s, ITEM_KIND, urn, read_item, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

bool template_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct template *ret, struct err *e)
{
    bool found = find(s, TEMPLATE_KIND, urn, read_template, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

bool media_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct media *ret, struct err *e)
{
    bool found = find(s, MEDIA_KIND, urn, read_media, a, ret, e);
    return seen_or_denied(found, c, found ? ret->org : NULL, urn, e);
}

/* ---- all ---- */

struct listing {
    const char *kind, *owner, *org; /* org NULL: of any; records whose owner is the organization are listed by owner */
    read_fn *read;
    size_t size;
};

static bool list(struct store *s, const struct listing *how, struct arena *a, void *ret, size_t *ret_len, struct err *e)
{
    struct store_record *rows;
    size_t len;
    if (!kept_some(s, &(struct store_record_query){ .kind = how->kind, .owner = how->owner, .state = seen_state(how->org) }, a, &rows, &len, e))
        return false;
    char *all = arena_array(a, len + 1, how->size);
    for (size_t i = 0; i < len; i++)
        if (!how->read(&rows[i], a, all + i * how->size, e))
            return false;
    *(void **)ret = all;
    *ret_len = len;
    return true;
}

bool catalog_list(struct store *s, const char *org, struct arena *a, struct catalog **ret, size_t *ret_len, struct err *e)
{
    return list(s, &(struct listing){ CATALOG_KIND, org, NULL, read_catalog, sizeof(**ret) }, a, ret, ret_len, e);
}

bool catalog_item_list(struct store *s, const char *catalog, const char *org, struct arena *a, struct catalog_item **ret,
                       size_t *ret_len, struct err *e)
{
    return list(s, &(struct listing){ ITEM_KIND, catalog, org, read_item, sizeof(**ret) }, a, ret, ret_len, e);
}

bool template_list(struct store *s, const char *org, struct arena *a, struct template **ret, size_t *ret_len, struct err *e)
{
    return list(s, &(struct listing){ TEMPLATE_KIND, NULL, org, read_template, sizeof(**ret) }, a, ret, ret_len, e);
}

bool media_list(struct store *s, const char *org, struct arena *a, struct media **ret, size_t *ret_len, struct err *e)
{
    return list(s, &(struct listing){ MEDIA_KIND, NULL, org, read_media, sizeof(**ret) }, a, ret, ret_len, e);
}

bool template_is_in(const struct template *t, const char *vdc)
{
    return strcmp(t->vdc, vdc) == 0;
}

bool media_is_in(const struct media *m, const char *vdc)
{
    return strcmp(m->vdc, vdc) == 0;
}

/* ---- keeping ---- */

bool catalog_put(struct store *s, const struct catalog *k, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = CATALOG_KIND, .id = k->urn, .owner = k->org, .name = k->name, .state = "",
                                              .made_ms = k->made_ms },
                    kept_write(catalog_members, ARRAY_LEN(catalog_members), k), e);
}

bool catalog_item_put(struct store *s, const struct catalog_item *i, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = ITEM_KIND, .id = i->urn, .owner = i->catalog, .name = i->name,
                                              .state = seen_state(i->org), .made_ms = i->made_ms },
                    kept_write(item_members, ARRAY_LEN(item_members), i), e);
}

bool template_put(struct store *s, const struct template *t, struct err *e)
{
    json_t *j = kept_write(template_members, ARRAY_LEN(template_members), t), *vms = json_array();
    for (size_t i = 0; i < t->vms_len; i++)
        (void)json_array_append_new(vms, kept_write(template_vm_members, ARRAY_LEN(template_vm_members), &t->vms[i]));
    (void)json_object_set_new(j, "vms", vms);
    return kept_put(s, (struct store_record){ .kind = TEMPLATE_KIND, .id = t->urn, .owner = t->catalog, .name = t->name,
                                              .state = seen_state(t->org), .made_ms = t->made_ms }, j, e);
}

bool media_put(struct store *s, const struct media *m, struct err *e)
{
    return kept_put(s, (struct store_record){ .kind = MEDIA_KIND, .id = m->urn, .owner = m->catalog, .name = m->name,
                                              .state = seen_state(m->org), .made_ms = m->made_ms },
                    kept_write(media_members, ARRAY_LEN(media_members), m), e);
}
