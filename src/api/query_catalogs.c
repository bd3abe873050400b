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
    { "creationDate", FIQL_TIME, false, false }, { "status", FIQL_TEXT, false, false }, QUERY_OWN,
};

bool query_fill_items(struct query_asking *q, struct err *e)
{
    struct catalog_item *items;
    size_t len;
    if (!catalog_item_list(q->s, NULL, q->org, q->c->arena, &items, &len, e))
        return false;
    query_room(q, len);
    for (size_t i = 0; i < len; i++) {
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
        query_own(&f);
    }
    return true;
}

static const char *status_of(int64_t status)
{
    return status == CATALOG_FAILED ? "FAILED_CREATION" : status == CATALOG_UNRESOLVED ? "UNRESOLVED" : "RESOLVED";
}

const struct fiql_field query_template_fields[] = {
    { "name", FIQL_TEXT, false, false },         { "status", FIQL_TEXT, false, false },
    { "catalogName", FIQL_TEXT, false, false },  { "catalog", FIQL_TEXT, false, false },
    { "catalogItem", FIQL_TEXT, false, false },  { "vdcName", FIQL_TEXT, false, false },
    { "vdc", FIQL_TEXT, false, false },          { "org", FIQL_TEXT, false, false },
    { "ownerName", FIQL_TEXT, false, false },    { "owner", FIQL_TEXT, false, false },
    { "storageProfileName", FIQL_TEXT, false, false }, { "creationDate", FIQL_TIME, false, false },
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
        query_text(&f, t->name);
        query_text(&f, status_of(t->status));
        query_text(&f, query_catalog_name(&q->around, t->catalog));
        query_ref(&f, t->catalog);
        query_ref(&f, t->item);
        query_text(&f, v->name);
        query_ref(&f, t->vdc);
        query_ref(&f, t->org);
        query_text(&f, t->user_name);
        query_ref(&f, t->user);
        query_text(&f, v->datastore_name);
        query_number(&f, t->made_ms);
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
    { "name", FIQL_TEXT, false, false },        { "status", FIQL_TEXT, false, false },
    { "catalogName", FIQL_TEXT, false, false }, { "catalog", FIQL_TEXT, false, false },
    { "catalogItem", FIQL_TEXT, false, false }, { "vdcName", FIQL_TEXT, false, false },
    { "vdc", FIQL_TEXT, false, false },         { "org", FIQL_TEXT, false, false },
    { "ownerName", FIQL_TEXT, false, false },   { "owner", FIQL_TEXT, false, false },
    { "storageProfileName", FIQL_TEXT, false, false }, { "creationDate", FIQL_TIME, false, false },
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
        query_text(&f, m->name);
        query_text(&f, status_of(m->status));
        query_text(&f, query_catalog_name(&q->around, m->catalog));
        query_ref(&f, m->catalog);
        query_ref(&f, m->item);
        query_text(&f, v->name);
        query_ref(&f, m->vdc);
        query_ref(&f, m->org);
        query_text(&f, m->user_name);
        query_ref(&f, m->user);
        query_text(&f, v->datastore_name);
        query_number(&f, m->made_ms);
        query_number(&f, m->size);
        query_number(&f, false);
        query_number(&f, m->status == CATALOG_UNRESOLVED);
        query_number(&f, strcmp(m->image_type, "iso") == 0);
        query_number(&f, v->enabled);
        query_own(&f);
    }
    return true;
}
