/* flow/caller.h - who asks: a logged-in user with an organization and rights, or the machine's own administrator at the
 * command line. Made by flow/session.h and the CLI; read by everything that must decide whether somebody may. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "store/limits.h"

/* What somebody may do (vcd-api.md 3.9). Names for the API are in caller.c. */
enum right {
    RIGHT_NONE,                /* any logged-in user */
    RIGHT_ADMIN_VIEW,          /* General: Administrator View */
    RIGHT_TRUSTSTORE_VIEW,
    RIGHT_TRUSTSTORE_MANAGE,
    RIGHT_TEST_CONNECTION,     /* SSL: Test Connection */
    RIGHT_SSL_SETTINGS_VIEW,
    RIGHT_SSL_SETTINGS_MANAGE,
    RIGHT_CERT_LIBRARY_VIEW,
    RIGHT_CERT_LIBRARY_MANAGE,
    RIGHT_VCENTER_VIEW,
    RIGHT_VCENTER_MANAGE,      /* attach, edit, refresh, detach; NSX Managers likewise */
    RIGHT_SYSTEM_SETTINGS_VIEW,
    RIGHT_SYSTEM_SETTINGS_MANAGE,
    RIGHT_USER_VIEW,
    RIGHT_USER_MANAGE,
    RIGHT_TOKEN_MANAGE,
    RIGHT_ADVISORY_MANAGE,
    RIGHT_AUDIT_VIEW,
    RIGHT_TASK_VIEW_ALL,
    RIGHT_CONSOLE,             /* vApp: Use Console */
    RIGHT_VAPP_POWER,
    RIGHT_VAPP_DOWNLOAD,
    RIGHT_TEMPLATE_DOWNLOAD,
    RIGHT_CATALOG_UPLOAD,      /* vApp Template / Media: Create / Upload */
    RIGHT_CATALOG_VIEW,        /* Catalog: View Private and Shared Catalogs */
    RIGHT_CATALOG_MANAGE,      /* Catalog: Create / Delete a Catalog */
    RIGHT_TEMPLATE_VIEW,       /* vApp Template / Media: View */
    RIGHT_TEMPLATE_EDIT,       /* vApp Template / Media: Edit; deletes as well */
    RIGHT_VM_EDIT,             /* vApp: Edit VM Properties */
    RIGHT_VDC_MANAGE,          /* Organization vDC: Create; changes and removes as well */
    RIGHTS,
};

/* A value; lives as long as the request. Texts are NUL-terminated. */
struct caller {
    char session[STORE_ID_MAX + 1];  /* urn:vcloud:session:.. */
    char user[STORE_ID_MAX + 1];     /* urn:vcloud:user:.. */
    char user_name[STORE_NAME_MAX + 1];
    char org[STORE_ID_MAX + 1];      /* urn:vcloud:org:.., the organization that the user belongs to */
    char org_name[STORE_NAME_MAX + 1];
    char role[STORE_ID_MAX + 1];     /* urn:vcloud:role:.. */
    char role_name[STORE_NAME_MAX + 1];
    char from[STORE_NAME_MAX + 1];   /* address, or "local" */
    bool system;                     /* the organization is System: a provider */
    uint64_t rights;                 /* bits of enum right */
    /* On whose behalf a provider acts (X-VMWARE-VCLOUD-TENANT-CONTEXT); "" = his own organization's. For
     * the users of an organization always that one. */
    char tenant[STORE_ID_MAX + 1];
    char who[2 * STORE_NAME_MAX + 2]; /* "administrator@System" */
};

struct site;
/* Root, or the cell's own user, of the machine that this cell runs on: a provider with every right, without a login. Only for
 * whom the kernel has named (net/local.h). */
void caller_local(struct caller *ret, const struct site *site, unsigned uid);
bool caller_may(const struct caller *c, enum right r);
/* "Truststore: Manage"; stable. */
const char *right_name(enum right r);
/* RIGHTS when there is none of the name. */
enum right right_of(const char *name);
/* STORE_SYSTEM, or the URN of the organization whose certificates and the like this caller means now: product rule 2.2. */
const char *caller_owner(const struct caller *c);
