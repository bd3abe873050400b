/* flow/catalog.h - catalogs of organizations and what is in them: items, each of which is a vApp template or a medium. Called by api and by
 * who uploads. Records of the kinds "catalog", "catalog-item", "vapptemplate", "media"; what a record says of bytes in a vCenter
 * is written by who brought them there. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"
#include "store/limits.h"

struct arena;
struct caller;
struct flow_kind;
struct site;
struct store;

#define CATALOG_URN "urn:vcloud:catalog:"
#define CATALOG_ITEM_URN "urn:vcloud:catalogitem:"
#define TEMPLATE_URN "urn:vcloud:vapptemplate:"
#define MEDIA_URN "urn:vcloud:media:"
#define CATALOG_TYPE "application/vnd.vmware.vcloud.catalog+xml"
#define CATALOG_ITEM_TYPE "application/vnd.vmware.vcloud.catalogItem+xml"
#define TEMPLATE_TYPE "application/vnd.vmware.vcloud.vAppTemplate+xml"
#define MEDIA_TYPE "application/vnd.vmware.vcloud.media+xml"

enum { CATALOG_NAME_MAX = 128, CATALOG_TEXT_MAX = 1024 };
enum { CATALOG_CALL_MS = 60 * 1000, CATALOG_TASK_MS = 5 * 60 * 1000 }; /* of a vCenter, when something is removed from it */

/* Texts live in the arena of the call; "" = not known. */
struct catalog {
    const char *urn, *name, *description;
    const char *org;                      /* URN */
    const char *user, *user_name;         /* who made it */
    int64_t version;                      /* raised by each change of it, and of what is in it */
    int64_t made_ms;
};

struct catalog_item {
    const char *urn, *name, *description;
    const char *catalog, *org;            /* URNs */
    const char *entity;                   /* URN of the template or medium */
    int64_t size;                         /* bytes */
    bool failed;                          /* what it should hold never came: kept to be read, no part of the catalog any more */
    int64_t made_ms;
};

/* As clients read it: VCD's numbers (vcd-api.md 4.1). */
enum catalog_status { CATALOG_FAILED = -1, CATALOG_UNRESOLVED = 0, CATALOG_RESOLVED = 1, TEMPLATE_READY = 8 };

struct template_vm {
    const char *urn, *name, *moref, *guest_os;
    int64_t cpus, memory_mb;
};

struct template {
    const char *urn, *name, *description;
    const char *catalog, *item, *org, *vdc; /* URNs; vdc: where its machines lie */
    const char *user, *user_name;
    const char *task;                       /* URN of the one that brings it, or brought it; "" = none */
    int64_t status;                         /* CATALOG_UNRESOLVED while it is uploaded, TEMPLATE_READY, CATALOG_FAILED */
    bool descriptor_there;                  /* its OVF descriptor was uploaded */
    int64_t size;
    struct template_vm *vms;
    size_t vms_len;
    int64_t made_ms;
};

struct media {
    const char *urn, *name, *description;
    const char *catalog, *item, *org, *vdc;
    const char *user, *user_name;
    const char *image_type;                 /* "iso" */
    const char *path;                       /* "[datastore1] media/x.iso" once it is there */
    const char *task;                       /* as of a template */
    int64_t status;                         /* CATALOG_UNRESOLVED, CATALOG_RESOLVED, CATALOG_FAILED */
    int64_t size;
    int64_t made_ms;
};

/* One that the caller may see: ERR_DENIED for another's and for one that is not there. */
MUST_USE bool catalog_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct catalog *ret,
                          struct err *e);
MUST_USE bool catalog_item_get(struct store *s, const struct caller *c, const char *urn, struct arena *a,
                               struct catalog_item *ret, struct err *e);
MUST_USE bool template_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct template *ret,
                           struct err *e);
MUST_USE bool media_get(struct store *s, const struct caller *c, const char *urn, struct arena *a, struct media *ret,
                        struct err *e);

/* Of an organization (items: of a catalog, of an organization); NULL: of all. In the order of URNs. */
MUST_USE bool catalog_list(struct store *s, const char *org, struct arena *a, struct catalog **ret, size_t *ret_len,
                           struct err *e);
MUST_USE bool catalog_item_list(struct store *s, const char *catalog, const char *org, struct arena *a, struct catalog_item **ret,
                                size_t *ret_len, struct err *e);
MUST_USE bool template_list(struct store *s, const char *org, struct arena *a, struct template **ret, size_t *ret_len,
                            struct err *e);
MUST_USE bool media_list(struct store *s, const char *org, struct arena *a, struct media **ret, size_t *ret_len, struct err *e);
bool template_is_in(const struct template *t, const char *vdc);
bool media_is_in(const struct media *m, const char *vdc);

/* Within a write transaction. ERR_CONFLICT: the name is taken, in the organization or in the catalog. */
MUST_USE bool catalog_put(struct store *s, const struct catalog *k, struct err *e);
MUST_USE bool catalog_item_put(struct store *s, const struct catalog_item *i, struct err *e);
MUST_USE bool template_put(struct store *s, const struct template *t, struct err *e);
MUST_USE bool media_put(struct store *s, const struct media *m, struct err *e);

/* Deeds. One is made by id NULL; its URN is in k->urn then. org: whose it shall be. */
MUST_USE bool catalog_save(const struct site *site, const struct caller *c, struct catalog *k, struct arena *a, struct err *e);
/* A task that removes a catalog, an item, a template or a medium with what belongs to it. recursive: a catalog also with what is
 * in it (else ERR_INPUT). ERR_CONFLICT: something is under way with it. */
MUST_USE bool catalog_remove_start(const struct site *site, const struct caller *c, const char *urn, bool recursive,
                                   char ret_task[STORE_ID_MAX + 1], struct err *e);
extern const struct flow_kind catalog_remove_kind;
