#include <string.h>

#include "api/query_rows.h"
#include "flow/catalog.h"
#include "flow/vdc.h"

/* ---- catalog, catalogItem, vAppTemplate, media ---- */

const struct fiql_field query_catalog_fields[] = {
    { "name", FIQL_TEXT, false, false },         { "description", FIQL_TEXT, false, false },
    { "isPublished", FIQL_BOOL, false, false },  { "isShared", FIQL_BOOL, false, false },
    { "isLocal", FIQL_BOOL, false, false },      { "creationDate", FIQL_TIME, false, false },
    { "orgName", FIQL_TEXT, false, false },      { "org", FIQL_TEXT, false, false },
    { "ownerName", FIQL_TEXT, false, false },    { "owner", FIQL_TEXT, false, false },
    { "numberOfVAppTemplates", FIQL_NUMBER, false, false }, { "numberOfMedia", FIQL_NUMBER, false, false },
    { "status", FIQL_TEXT, false, false },       { "version", FIQL_NUMBER, false, false }, QUERY_OWN,
};

bool query_fill_catalogs(struct query_asking *q, struct err *e)
{
    const struct query_around *r = &q->around;
    struct catalog_item *items;
    size_t len;
    if (!catalog_item_list(q->s, NULL, q->org, q->c->arena, &items, &len, e))
        return false;
    query_room(q, r->catalogs_len);
    for (size_t i = 0; i < r->catalogs_len; i++) {
        const struct catalog *k = &r->catalogs[i];
        int64_t counts[2] = { 0 };
        if (q->org && strcmp(k->org, q->org) != 0)
            continue;
        for (size_t n = 0; n < len; n++)
            if (strcmp(items[n].catalog, k->urn) == 0)
                counts[strncmp(items[n].entity, MEDIA_URN, strlen(MEDIA_URN)) == 0]++;
        struct query_filling f = query_begin(q, k->urn);
        query_text(&f, k->name);
        query_text(&f, k->description);
        query_number(&f, false);
        query_number(&f, false);
        query_number(&f, true);
        query_number(&f, k->made_ms);
        query_text(&f, query_org_name(r, k->org));
        query_ref(&f, k->org);
        query_text(&f, k->user_name);
        query_ref(&f, k->user);
        query_number(&f, counts[0]);
        query_number(&f, counts[1]);
        query_text(&f, "READY");
        query_number(&f, k->version);
        query_own(&f);
    }
    return true;
}

const struct fiql_field query_item_fields[] = {
    { "name", FIQL_TEXT, false, false },       { "entityType", FIQL_TEXT, false, false },
    { "entityName", FIQL_TEXT, false, false }, { "entity", FIQL_TEXT, false, false },
    { "catalogName", FIQL_TEXT, false, false }, { "catalog", FIQL_TEXT, false, false },
    { "org", FIQL_TEXT, false, false },        { "isPublished", FIQL_BOOL, false, false },
    { "creationDate", FIQL_TIME, false, false }, { "status", FIQL_TEXT, false, false },
    { "vdcName", FIQL_TEXT, false, false },    { "vdc", FIQL_TEXT, false, false }, QUERY_OWN,
};

bool query_fill_items(struct query_asking *q, struct err *e)
{
    struct catalog_item *items;
    struct template *templates;
    struct media *media;
    size_t len, templates_len, media_len;
    if (!catalog_item_list(q->s, NULL, q->org, q->c->arena, &items, &len, e) ||
        !template_list(q->s, q->org, q->c->arena, &templates, &templates_len, e) || !media_list(q->s, q->org, q->c->arena, &media, &media_len, e))
        return false;
    query_room(q, len);
    for (size_t i = 0; i < len; i++) {
        const struct template *t = QUERY_FIND(templates, items[i].entity);
        const struct media *m = t ? NULL : QUERY_FIND(media, items[i].entity);
        const char *vdc = t ? t->vdc : m ? m->vdc : "";
        struct query_filling f = query_begin(q, items[i].urn);
        query_text(&f, items[i].name);
        query_text(&f, strncmp(items[i].entity, MEDIA_URN, strlen(MEDIA_URN)) == 0 ? "media" : "vapptemplate");
        query_text(&f, items[i].name);
        query_ref(&f, items[i].entity);
        query_text(&f, query_catalog_name(&q->around, items[i].catalog));
        query_ref(&f, items[i].catalog);
        query_ref(&f, items[i].org);
        query_number(&f, false);
        query_number(&f, items[i].made_ms);
        query_text(&f, "RESOLVED");
        query_text(&f, query_vdc_of(&q->around, vdc)->name);
        query_ref(&f, vdc);
        query_own(&f);
    }
    return true;
}

/* What templates and media say first, alike. */
#define ENTITY_FIELDS                                                                                                  \
    { "name", FIQL_TEXT, false, false },        { "status", FIQL_TEXT, false, false },                                 \
    { "catalogName", FIQL_TEXT, false, false }, { "catalog", FIQL_TEXT, false, false },                                \
    { "catalogItem", FIQL_TEXT, false, false }, { "vdcName", FIQL_TEXT, false, false },                                \
    { "vdc", FIQL_TEXT, false, false },         { "org", FIQL_TEXT, false, false },                                    \
    { "ownerName", FIQL_TEXT, false, false },   { "owner", FIQL_TEXT, false, false },                                  \
    { "storageProfileName", FIQL_TEXT, false, false }, { "creationDate", FIQL_TIME, false, false }

struct entity {
    const char *name, *catalog, *item, *vdc, *org, *user, *user_name;
    int64_t status, made_ms;
};
#define ENTITY_OF(x)                                                                                                   \
    &(struct entity){ (x)->name, (x)->catalog, (x)->item, (x)->vdc, (x)->org, (x)->user, (x)->user_name, (x)->status, (x)->made_ms }

static void fill_entity(struct query_filling *f, const struct query_around *r, const struct vdc *v, const struct entity *x)
{
    query_text(f, x->name);
    query_text(f, x->status == CATALOG_FAILED ? "FAILED_CREATION" : x->status == CATALOG_UNRESOLVED ? "UNRESOLVED" : "RESOLVED");
    query_text(f, query_catalog_name(r, x->catalog));
    query_ref(f, x->catalog);
    query_ref(f, x->item);
    query_text(f, v->name);
    query_ref(f, x->vdc);
    query_ref(f, x->org);
    query_text(f, x->user_name);
    query_ref(f, x->user);
    query_text(f, v->datastore_name);
    query_number(f, x->made_ms);
}

const struct fiql_field query_template_fields[] = {
    ENTITY_FIELDS,
    { "isPublished", FIQL_BOOL, false, false },  { "isEnabled", FIQL_BOOL, false, false },
    { "isExpired", FIQL_BOOL, false, false },    { "isBusy", FIQL_BOOL, false, false },
    { "isGoldMaster", FIQL_BOOL, false, false }, { "numberOfVMs", FIQL_NUMBER, false, false },
    { "version", FIQL_NUMBER, false, false }, QUERY_OWN,
};

bool query_fill_templates(struct query_asking *q, struct err *e)
{
    struct template *list;
    size_t len;
    if (!template_list(q->s, q->org, q->c->arena, &list, &len, e))
        return false;
    query_room(q, len);
    for (size_t i = 0; i < len; i++) {
        const struct template *t = &list[i];
        const struct vdc *v = query_vdc_of(&q->around, t->vdc);
        struct query_filling f = query_begin(q, t->urn);
        fill_entity(&f, &q->around, v, ENTITY_OF(t));
        query_number(&f, false);
        query_number(&f, true);
        query_number(&f, false);
        query_number(&f, t->status == CATALOG_UNRESOLVED);
        query_number(&f, false);
        query_number(&f, (int64_t)t->vms_len);
        query_number(&f, 1);
        query_own(&f);
    }
    return true;
}

const struct fiql_field query_media_fields[] = {
    ENTITY_FIELDS,
    { "storageB", FIQL_NUMBER, false, false },  { "isPublished", FIQL_BOOL, false, false },
    { "isBusy", FIQL_BOOL, false, false },      { "isIso", FIQL_BOOL, false, false },
    { "isVdcEnabled", FIQL_BOOL, false, false }, QUERY_OWN,
};

bool query_fill_media(struct query_asking *q, struct err *e)
{
    struct media *list;
    size_t len;
    if (!media_list(q->s, q->org, q->c->arena, &list, &len, e))
        return false;
    query_room(q, len);
    for (size_t i = 0; i < len; i++) {
        const struct media *m = &list[i];
        const struct vdc *v = query_vdc_of(&q->around, m->vdc);
        struct query_filling f = query_begin(q, m->urn);
        fill_entity(&f, &q->around, v, ENTITY_OF(m));
        query_number(&f, m->size);
        query_number(&f, false);
        query_number(&f, m->status == CATALOG_UNRESOLVED);
        query_number(&f, strcmp(m->image_type, "iso") == 0);
        query_number(&f, v->enabled);
        query_own(&f);
    }
    return true;
}
