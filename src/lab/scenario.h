/* lab/scenario.h - what an estate consists of, as a person writes it down in an INI file.
 * Called by the program. Strict: an unknown section, key or value is an error with its line. Knows nothing of files,
 * certificates or networks; docs/lab.md explains the keys. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "lab/shape.h"

enum {
    LAB_VCENTERS_MAX = 200,
    LAB_HOSTS_MAX = 10000,          /* of one vCenter */
    LAB_VMS_MAX = 1000,             /* of one host */
    LAB_EXTRAS_EACH = 90,           /* pools, datastores, networks */
    LAB_NSX_MAX = 200,
    LAB_WORD = 64,                  /* a short name and its NUL */
    LAB_NAME = 254,                 /* a long one */
};

enum lab_endpoint_cert { LAB_ENTERPRISE, LAB_FROM_VMCA, LAB_SELF_SIGNED };
#define LAB_ISSUERS "enterprise|vmca|self-signed" /* their names, in that order */

struct lab_vcenter_plan {
    const char *name;         /* "vc1", of the section's title */
    int version;              /* enum lab_version */
    uint64_t hosts;           /* with a certificate of the VMCA, named by DNS; and so many more .. */
    uint64_t by_ip_hosts, foreign_hosts, self_signed_hosts, installer_hosts, expired_hosts, future_hosts,
        misnamed_hosts, down_hosts;
    uint64_t vms;             /* per host, .. */
    uint64_t vms_off;         /* .. and so many of them powered off */
    uint64_t pools, datastores, networks; /* besides the first one of each */
    uint64_t boot_ms;         /* from power-on until a guest's tools run */
    uint64_t ticket_s;        /* how long a console ticket can be used, */
    uint64_t lease_s;         /* .. and an NFC lease lives without a word */
    const char *guest_user, *guest_password; /* the account that every guest knows */
    bool drs;                 /* a power-on moves the machine to another host */
    int endpoint;             /* enum lab_endpoint_cert */
    int chain;                /* 0: the leaf alone, 1: with the CAs above it */
    int san;                  /* 0: its name alone, 1: its address as well */
    int vmca;                 /* 0: self-signed root, 1: subordinate to the enterprise */
    const char *link;         /* the vCenter whose SSO domain it is in (linked mode); NULL = its own */
    const char *name_policy;  /* VMCA signs for names of this DNS domain only; NULL = for all */
    bool many_names;          /* VMCA's server option multiplesan */
    const char *psc;          /* whose VMCA it uses; NULL = its own */
    const char *root_o;       /* O in the root's subject; NULL = the vCenter's name */
    int root_san;             /* 0: as the release does, 1: yes, 2: no */
    const char *password;     /* NULL = made from the estate's secret */
};

struct lab_nsx_plan {
    const char *name;
    int kind;                 /* 0: NSX-T, 1: NSX-V */
    int endpoint;
    const char *vcenter;      /* whose VMCA signs, and whose manager it is */
};

struct lab_scenario {
    struct arena arena;       /* all texts */
    const char *name;
    const char *domain;
    uint64_t port;              /* where everything listens (0: the kernel chooses once, kept in DIR/port), .. */
    uint64_t port_unprivileged; /* .. and where when that is not allowed */
    const char *seed;           /* NULL = keys that nobody can guess */
    bool byte_exact;            /* without the lab's OID */
    uint64_t lockout;           /* wrong passwords in a row that lock an account; 0 = never */
    uint64_t host_keys;         /* how many keys all hosts share */
    uint64_t publish_lag;       /* seconds until a new root is in the stores of other nodes */
    const char *clock;          /* the time at which it stands still; NULL = the machine's */
    const char *steps;          /* commands for the birth: "rotate vc1; renew vc1/host-1 cert-only"; NULL */
    struct lab_vcenter_plan vcenters[LAB_VCENTERS_MAX];
    size_t vcenters_len;
    struct lab_nsx_plan nsx[LAB_NSX_MAX];
    size_t nsx_len;
};

/* NULL with ERR_INPUT and the line, or ERR_LIMIT. */
struct lab_scenario *lab_scenario_parse(const char *text, size_t len, struct err *e);
struct lab_scenario *lab_scenario_destroy(struct lab_scenario *s);
DEFINE_AUTO(lab_scenario_destroyp, struct lab_scenario *, lab_scenario_destroy)
/* How many hosts a vCenter has. */
uint64_t lab_plan_hosts(const struct lab_vcenter_plan *p);
