/* lab/estate.h - the simulated estate in memory: vCenters, their VMCAs, hosts, NSX Managers, and which certificate
 * each of them presents right now.
 *
 * It follows from a scenario, a secret and a journal of what was changed since, all kept in DIR: so it is the same
 * after a restart. Certificates are made when they are first looked at. Called by the listeners (which identity?),
 * the vSphere faces (what is in the inventory?) and the control socket (change something). Everything here is under
 * lab_lock. It never opens a socket. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "lab/key.h"
#include "lab/scenario.h"
#include "lab/shape.h"

struct arena;
struct buf;
struct http_server;
struct loop;
struct lab_consoles;
struct lab_estate;
struct lab_events;
struct lab_session;
struct lab_tasks;
struct lab_tickets;
struct tls_identity;
struct lab_vcenter;
struct lab_vms;
struct lab_work;

enum lab_kind { LAB_VCENTER, LAB_HOST, LAB_NSX };

/* What can be wrong with an endpoint; docs/lab.md has a line for each. */
enum lab_fault {
    LAB_FAULT_EXPIRED = 1 << 0,
    LAB_FAULT_FUTURE = 1 << 1,
    LAB_FAULT_MISNAMED = 1 << 2,
    LAB_FAULT_SELF_SIGNED = 1 << 3,
    LAB_FAULT_INSTALLER = 1 << 4,
    LAB_FAULT_FOREIGN = 1 << 5,
    LAB_FAULT_MITM = 1 << 6,        /* another certificate than the inventory says */
    LAB_FAULT_DOWN = 1 << 7,        /* connections are reset */
    LAB_FAULT_SILENT = 1 << 8,      /* accepted, and never a byte */
    LAB_FAULT_DISCONNECTED = 1 << 9, /* the vCenter has lost the host */
    LAB_FAULT_APPENDED = 1 << 10,   /* somebody's CA behind the chain */
    LAB_FAULT_PASSWORD = 1 << 11,   /* every password is wrong */
    LAB_FAULT_SESSIONS = 1 << 12,   /* every session is forgotten at once */
};

/* First member of whatever listens. */
struct lab_endpoint {
    struct lab_estate *estate;
    struct lab_vcenter *vcenter; /* it belongs to; itself for a vCenter */
    enum lab_kind kind;
    unsigned n;                  /* among its kind, from 0 */
    uint32_t ip;                 /* 127.x.y.z, host order */
    char name[LAB_NAME];         /* the inventory's: a DNS name, or the address for a host that was added by it */
    unsigned faults;
    unsigned revision;           /* how often it got another certificate */
    unsigned rekeyed;            /* how often with another key */
    int64_t made_at;             /* when that was */
    unsigned ca_generation;      /* which root of its VMCA signed */
    int issuer;                  /* enum lab_endpoint_cert, of a vCenter or NSX Manager */
    uint64_t changed;            /* estate version at its last change */
    X509 *cached[2];             /* owned: what it presents, and what the inventory says of it */
    struct http_server *server;  /* the listeners' */
    struct tls_identity *identity; /* owned: cached[0] and its key, for handshakes */
};

struct lab_host {
    struct lab_endpoint at;
    char uuid[40];
    unsigned vms_from; /* its VMs are numbers vms_from to vms_from + vms - 1 of the vCenter */
};

/* One embedded CA; a PSC's is shared by several vCenters. */
struct lab_vmca {
    char label[LAB_WORD];
    enum lab_version version;
    char o[LAB_NAME];
    bool san;
    struct lab_ca *roots; /* owned; the last one signs, the others are still published */
    size_t roots_len;
    size_t retired;       /* so many of the oldest are published no more */
};

enum { LAB_ROOTS_MAX = 64 }; /* regenerations of one VMCA */

struct lab_vcenter {
    struct lab_endpoint at;
    const struct lab_vcenter_plan *plan;
    struct lab_vmca *vmca; /* borrowed: its own or the PSC's */
    struct lab_host *hosts;
    size_t hosts_len;
    size_t vms_len;
    char uuid[40];
    char user[LAB_NAME];
    char password[LAB_NAME];
    unsigned wrong;        /* passwords in a row */
    struct lab_session *sessions;
    struct lab_vms *vms;     /* owned; NULL until one is touched */
    uint64_t changed;        /* estate version when something of its lists was */
    struct lab_tickets *tickets;   /* these are owned as well, and NULL until there is one */
    struct lab_consoles *consoles;
    struct lab_events *events;
    struct lab_tasks *tasks; /* owned; NULL until the first one */
};

struct lab_nsx {
    struct lab_endpoint at;
    const struct lab_nsx_plan *plan;
};

enum { LAB_CA_ENTERPRISE_ROOT, LAB_CA_ENTERPRISE, LAB_CA_FOREIGN, LAB_CA_INSTALLER, LAB_CA_SOMEBODY, LAB_CAS };

struct lab_estate {
    pthread_mutex_t mutex;
    pthread_cond_t news;     /* version was raised, or closing was set */
    bool closing;
    uint64_t version;        /* of the inventory; raised by each change */
    struct lab_scenario *scenario;
    char *dir;
    struct loop *loop;       /* where its connections live; NULL until the front is there */
    struct lab_work *work;   /* owned */
    struct lab_keys *keys;
    int64_t born;
    bool mark;
    uint16_t port;           /* where it listens; 0 until it does */
    struct lab_ca cas[LAB_CAS];
    struct lab_vmca *vmcas;
    size_t vmcas_len;
    struct lab_vcenter *vcenters;
    size_t vcenters_len;
    struct lab_nsx *nsx;
    size_t nsx_len;
};

/* Opens the estate in dir (made when it isn't there), or a new one by scenario, whose text is kept. scenario_text may
 * be NULL: then dir must hold one. ERR_CONFLICT when dir holds another scenario. */
struct lab_estate *lab_estate_open(const char *dir, const char *scenario_text, size_t len, int64_t now, bool byte_exact,
                                   struct err *e);
struct lab_estate *lab_estate_destroy(struct lab_estate *s);
DEFINE_AUTO(lab_estate_destroyp, struct lab_estate *, lab_estate_destroy)

/* Writes hosts, state.json, credentials.json and roots/ into DIR. */
MUST_USE bool lab_estate_publish(struct lab_estate *s, struct err *e);

void lab_lock(struct lab_estate *s);
void lab_unlock(struct lab_estate *s);
static inline UNUSED void lab_unlockp(struct lab_estate **s)
{
    lab_unlock(*s);
}
/* Locks for the rest of the scope. */
#define LAB_LOCKED(s) AUTO(lab_unlockp) UNUSED struct lab_estate *locked_ = (lab_lock(s), (s))

/* Something in the vCenter's inventory is different: whoever waits for updates looks. Returns the new version. */
uint64_t lab_touch(struct lab_vcenter *vc);

/* NULL when nothing of the estate has that address. ip in host order. */
struct lab_endpoint *lab_endpoint_at(struct lab_estate *s, uint32_t ip);
/* By inventory name, or "vc1", "vc1/host-3", "nsx1". NULL. */
struct lab_endpoint *lab_endpoint_named(struct lab_estate *s, const char *name);
void lab_ip_text(uint32_t ip, char out[16]);
/* The DNS name under which the hosts file lists it. */
void lab_dns_name(const struct lab_endpoint *ep, char out[LAB_NAME]);

/* The certificate, made when it was not there yet; borrowed until the endpoint changes. inventory: what the vCenter
 * believes the host has. */
X509 *lab_cert(struct lab_endpoint *ep, bool inventory, struct err *e);
EVP_PKEY *lab_cert_key(struct lab_endpoint *ep, struct err *e);
/* What follows the leaf in the handshake, up to NULL; borrowed. */
enum { LAB_CHAIN_MAX = 4 };
void lab_chain(struct lab_endpoint *ep, X509 *out[LAB_CHAIN_MAX]);

/* "expired" -> LAB_FAULT_EXPIRED when that kind of endpoint can have it; 0. */
unsigned lab_fault_of(const char *name, enum lab_kind kind);
/* The n-th fault's name, NULL past the last; sets the kinds that can have it (bits 1 << enum lab_kind). */
const char *lab_fault_name(size_t n, unsigned *ret_bit, unsigned *ret_kinds);

/* Changes, each written to the journal before it is in force. */
MUST_USE bool lab_set_faults(struct lab_endpoint *ep, unsigned faults, struct err *e);
/* Another certificate of the same kind, with another key. */
MUST_USE bool lab_replace(struct lab_endpoint *ep, int64_t now, struct err *e);
/* The same, from now on signed by another (a vCenter or NSX Manager). */
MUST_USE bool lab_set_issuer(struct lab_endpoint *ep, enum lab_endpoint_cert issuer, int64_t now, struct err *e);
/* Another certificate for the key that it has. */
MUST_USE bool lab_reissue(struct lab_endpoint *ep, int64_t now, struct err *e);
/* Only the newest root is published from now on. ERR_CONFLICT while a host's certificate is of an older one: a real
 * vCenter would lose that host. */
MUST_USE bool lab_retire(struct lab_vcenter *vc, struct err *e);
/* What logs in from now on; sessions live on. ERR_INPUT when it is empty or too long. */
MUST_USE bool lab_set_password(struct lab_vcenter *vc, const char *password, struct err *e);
/* A new root with the same name and another key; the old ones stay published. Hosts keep theirs until renewed. */
MUST_USE bool lab_rotate(struct lab_vcenter *vc, int64_t now, struct err *e);

/* In cert.c: what the vCenter's TRUSTED_ROOTS holds: every root of its VMCA that is still published, newest first, and the
 * CAs above its own certificate. Returns how many. */
enum { LAB_TRUSTED_MAX = LAB_ROOTS_MAX + 4 };
size_t lab_trusted_roots(const struct lab_vcenter *vc, const struct lab_ca *out[LAB_TRUSTED_MAX]);

/* In session.c: everybody is logged out. */
void lab_sessions_end(struct lab_vcenter *vc);
/* In cert.c: the CAs of a new estate; one more root of a VMCA. */
MUST_USE bool lab_cas_make(struct lab_estate *s, struct err *e);
MUST_USE bool lab_root_add(struct lab_estate *s, struct lab_vmca *v, int64_t now, struct err *e);
/* In state.c: what the files say. */
MUST_USE bool lab_state_json(struct lab_estate *s, struct buf *out, struct err *e);
/* In journal.c: DIR/journal, one JSON line a change. */
MUST_USE bool lab_journal_begin(struct lab_estate *s, struct err *e); /* sets born from its first line, or writes that */
MUST_USE bool lab_journal_replay(struct lab_estate *s, struct err *e);
