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
struct lab_leases;
struct lab_passes;
struct lab_programs;
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
    LAB_FAULT_ROOT = 1 << 13,       /* the VMCA's newest root expired yesterday, and with it what it signed */
    LAB_FAULT_WITHHELD = 1 << 14,   /* only the newest root is published, whatever hosts still need */
    LAB_FAULT_RETURN = 1 << 15,     /* the directory brings deleted roots back */
    LAB_FAULT_STALE_CRL = 1 << 16,  /* CRLs that ended yesterday */
    LAB_FAULT_STS = 1 << 17,        /* the STS signing certificate has expired: nobody can log in */
    LAB_FAULT_SKEW = 1 << 18,       /* its clock is wrong by LAB_SKEW */
    LAB_FAULT_CRASH = 1 << 19,      /* the lab dies after the next signature, before it is stored */
    LAB_FAULT_REFUSES = 1 << 20,    /* the host takes no certificate */
    LAB_FAULT_PRINT_NONE = 1 << 21, /* the vCenter names no thumbprint of it, .. */
    LAB_FAULT_PRINT_STALE = 1 << 22, /* .. the one of the certificate before, .. */
    LAB_FAULT_PRINT_WRONG = 1 << 23, /* .. or another's */
    LAB_FAULT_SLOW = 1 << 24,       /* each connection waits before the handshake */
    LAB_FAULT_DRIP = 1 << 25,       /* answers a byte a second */
    LAB_FAULT_HANGING = 1 << 26,    /* shakes hands, then nothing */
    LAB_FAULT_RESETTING = 1 << 27,  /* resets in the middle of an answer */
    LAB_FAULT_GARBAGE = 1 << 28,    /* speaks no TLS */
    LAB_FAULT_OVERSIZED = 1 << 29,  /* answers without end */
    /* Those that make another certificate. */
    LAB_FAULT_SHAPES = LAB_FAULT_EXPIRED | LAB_FAULT_FUTURE | LAB_FAULT_MISNAMED | LAB_FAULT_SELF_SIGNED |
                       LAB_FAULT_INSTALLER | LAB_FAULT_FOREIGN | LAB_FAULT_MITM,
};

enum {
    LAB_SKEW = 3 * 24 * 60 * 60,   /* seconds: a vCenter's clock is ahead, a host's behind */
    LAB_RETURN_S = 300,            /* the directory is read every five minutes (vmca.md 1.4) */
};

/* A certificate that was put there, with its chain: an enterprise's, or VMCA's on request. */
struct lab_own {
    X509 *cert;                  /* owned */
    X509 *above[LAB_ABOVE_MAX];  /* owned; what follows it in the handshake */
    size_t above_len;
    EVP_PKEY *key;               /* borrowed from the key ring */
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
    struct lab_own *own;         /* owned; NULL: what the fields above say */
    unsigned keys_made;          /* for requests; the last one waits for its certificate until it is `used` */
    unsigned key_bits;           /* of that one */
    bool key_waits;
    struct {
        unsigned revision, rekeyed, ca_generation;
        int64_t made_at;
    } was;                       /* the certificate before */
    const struct lab_terms *terms; /* borrowed from the vCenter: what a host's certificate was made by */
    uint64_t changed;            /* estate version at its last change */
    X509 *cached[3];             /* owned: what it presents, what the inventory says of it, the one before */
    struct http_server *server;  /* the listeners' */
    struct tls_identity *identity; /* owned: cached[0] and its key, for handshakes */
};

struct lab_host {
    struct lab_endpoint at;
    char uuid[40];
    size_t known_roots; /* how many of its VMCA's roots it has been told of */
    int lost;           /* enum lab_lost */
    bool maintenance;   /* nothing runs on it, and its certificate is not renewed */
    char *castore;      /* owned PEM: put there by ReplaceCACertificatesAndCRLs; NULL: what a refresh left */
    int status;         /* enum lab_cert_status at the last poll that changed it, .. */
    int64_t status_at;  /* .. and when that was */
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
    struct lab_vcenter *home; /* the vCenter on whose node it runs */
    uint64_t issued;      /* requests since this start: part of what makes a serial number */
};

/* What one SSO domain publishes besides its VMCAs' roots; linked vCenters share it. */
struct lab_posted {
    struct lab_ca ca;
    struct lab_vcenter *by;
    int64_t at;
};

struct lab_gone {
    char id[64];
    int64_t at;
};

enum { LAB_POSTED_MAX = 200, LAB_GONE_MAX = 500 };

struct lab_directory {
    struct lab_posted *posted; /* owned */
    size_t posted_len;
    struct lab_gone *gone;     /* owned: deleted, by the id of the chain */
    size_t gone_len;
};

/* STS's signing certificate: the newest is active. */
struct lab_sts {
    struct lab_own own;
    int64_t made_at;
    int64_t days; /* that it lives; 0: as long as its signer */
    bool made; /* own holds something */
};

/* The alarms for a vCenter's own certificates (lab/alarm.h), as they were at the last look. */
enum lab_own_alarm { LAB_ALARM_CERTS, LAB_ALARM_STS, LAB_OWN_ALARMS };
enum lab_color { LAB_GREEN, LAB_YELLOW, LAB_RED };
struct lab_alarm_state {
    enum lab_color color;
    int64_t since, told; /* that color; the last event */
};

enum lab_cert_status { LAB_CERT_GOOD, LAB_CERT_EXPIRING, LAB_CERT_SHORTLY, LAB_CERT_IMMINENT, LAB_CERT_EXPIRED };
/* Not responding: it has a certificate of a root that it doesn't know. Disconnected: by an administrator. */
enum lab_lost { LAB_HERE, LAB_NOT_RESPONDING, LAB_DISCONNECTED };
enum lab_mode { LAB_MODE_VMCA, LAB_MODE_CUSTOM, LAB_MODE_THUMBPRINT };

/* What vpxd.certmgmt.* say; lab/option.h reads and writes them by name. */
struct lab_settings {
    enum lab_mode mode;
    int64_t hard_days, soft_days, poll_days;
    struct lab_terms *terms; /* owned, the newest first */
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
    struct lab_leases *leases;
    struct lab_passes *passes;
    struct lab_programs *programs;
    struct lab_tasks *tasks; /* owned; NULL until the first one */
    struct lab_directory *directory; /* borrowed */
    struct lab_settings settings;
    struct lab_sts *sts;   /* owned */
    size_t sts_len;
    struct lab_alarm_state alarms[LAB_OWN_ALARMS];
    bool met;              /* its machine certificate was made: somebody shook hands */
    char *refused;         /* owned: why one's own machine certificate was rolled back, .. */
    int64_t refused_at;    /* .. and when; NULL since there is another */
    uint64_t polls;        /* how often the hosts' certificates were looked at */
};

struct lab_nsx {
    struct lab_endpoint at;
    const struct lab_nsx_plan *plan;
};

enum { LAB_CA_ENTERPRISE_ROOT, LAB_CA_ENTERPRISE, LAB_CA_FOREIGN, LAB_CA_INSTALLER, LAB_CA_SOMEBODY, LAB_CA_POLICY, LAB_CAS };

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
    struct lab_ledger *ledger; /* DIR/issued: a line for each certificate that was signed on request */
    int64_t born;
    bool stopped;            /* the clock stands still, at .. */
    int64_t clock;           /* .. this time; else it is ahead of the machine's by so many seconds */
    size_t steps;            /* of the scenario, taken already */
    bool mark;
    uint16_t port;           /* where it listens; 0 until it does */
    struct lab_ca cas[LAB_CAS];
    struct lab_vmca *vmcas;
    size_t vmcas_len;
    struct lab_directory *directories;
    size_t directories_len;
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

/* The estate's own clock, UTC: everything that is driven by time follows it, but for timeouts. */
int64_t lab_now_ms(const struct lab_estate *s);
int64_t lab_now(const struct lab_estate *s);
/* As that vCenter or host sees it. */
int64_t lab_now_at(const struct lab_endpoint *ep);

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
enum { LAB_CHAIN_MAX = LAB_ABOVE_MAX + 3 };
void lab_chain(struct lab_endpoint *ep, X509 *out[LAB_CHAIN_MAX]);

/* The name in AIA; NULL for a release without. */
const char *lab_pnid(const struct lab_vcenter *vc);
/* The thumbprint that the vCenter names for a host, in its inventory and with tickets; "" when it names none. */
void lab_said_thumbprint(struct lab_endpoint *ep, char out[60]);
/* When its certificate ends; without making it where that can be reckoned. */
int64_t lab_cert_end(struct lab_endpoint *ep);

/* "expired" -> LAB_FAULT_EXPIRED when that kind of endpoint can have it; 0. */
unsigned lab_fault_of(const char *name, enum lab_kind kind);
/* The n-th fault's name, NULL past the last; sets the kinds that can have it (bits 1 << enum lab_kind). */
const char *lab_fault_name(size_t n, unsigned *ret_bit, unsigned *ret_kinds);

/* In session.c: everybody is logged out. */
void lab_sessions_end(struct lab_vcenter *vc);
/* In cert.c: the CAs of a new estate. */
MUST_USE bool lab_cas_make(struct lab_estate *s, struct err *e);
/* In state.c: what the files say. */
MUST_USE bool lab_state_json(struct lab_estate *s, struct buf *out, struct err *e);
