/* api/query_rows.h - how the types of the inventory fill their rows (query_vdcs.c, query_catalogs.c, query_vms.c) for query_inventory.c, which
 * asks them: what is kept, with the names around it read once for all rows. Nobody else includes it. */
#pragma once
#include <stdlib.h>

#include "api/query.h"

struct catalog;
struct org;
struct store;
struct vcenter;
struct vdc;

enum { QUERY_MIB = 1024 * 1024, QUERY_KIB = 1024 };

/* Every type's fields end so, and query_own fills them. */
#define QUERY_OWN { "href", FIQL_TEXT, false, true }, { "id", FIQL_TEXT, false, true }

/* One row of any type: its values in the order of the type's fields; refs are what a value refers to, shown as hrefs. */
struct query_row {
    const char *urn;
    bool in_template;       /* a machine of a template: its path is another */
    struct fiql_value values[QUERY_FIELDS_MAX];
    const char *refs[QUERY_FIELDS_MAX];
};

/* The names around: all lists in the order of URNs. */
struct query_around {
    struct org *orgs;
    struct vdc *vdcs;
    struct vcenter *vcenters;
    struct catalog *catalogs;
    size_t orgs_len, vdcs_len, vcenters_len, catalogs_len;
};
const char *query_org_name(const struct query_around *r, const char *of);
const char *query_vcenter_name(const struct query_around *r, const char *of);
const char *query_catalog_name(const struct query_around *r, const char *of);
const struct vdc *query_vdc_of(const struct query_around *r, const char *of); /* one of empty texts for one that is gone */

struct query_asking {
    struct api_call *c;
    struct store *s;
    const char *org;      /* whose rows; NULL: all */
    struct query_around around;
    struct query_row *rows;
    size_t len;
};
typedef bool query_fill(struct query_asking *q, struct err *e);

/* Rows for at most len, then one after the other, its members in the order of the fields. */
void query_room(struct query_asking *q, size_t len);
struct query_filling {
    struct query_row *row;
    size_t at;
};
struct query_filling query_begin(struct query_asking *q, const char *urn);
void query_text(struct query_filling *f, const char *s);
void query_number(struct query_filling *f, int64_t n);
void query_ref(struct query_filling *f, const char *urn);
void query_own(struct query_filling *f);

/* In a list in the order of URNs, whose rows begin with one; NULL when it isn't there. */
int query_by_urn(const void *key, const void *at);
#define QUERY_FIND(list, key) ((list##_len) ? bsearch((key), (list), (list##_len), sizeof(*(list)), query_by_urn) : NULL)

extern const struct fiql_field query_vdc_fields[18];
query_fill query_fill_vdcs;
extern const struct fiql_field query_profile_fields[10];
query_fill query_fill_profiles;
extern const struct fiql_field query_network_fields[9];
query_fill query_fill_networks;
extern const struct fiql_field query_pool_fields[8];
query_fill query_fill_pools;
extern const struct fiql_field query_catalog_fields[16];
query_fill query_fill_catalogs;
extern const struct fiql_field query_item_fields[14];
query_fill query_fill_items;
extern const struct fiql_field query_template_fields[21];
query_fill query_fill_templates;
extern const struct fiql_field query_media_fields[19];
query_fill query_fill_media;
extern const struct fiql_field query_vapp_fields[20];
query_fill query_fill_vapps;
extern const struct fiql_field query_vm_fields[34];
query_fill query_fill_vms;
