/* flow/hosts.h - what every ESXi host of a vCenter Server really presents, and how many the cell can verify now.
 * Called by the register flow and its own task, by the VMCA's flow, and by api. Hosts are looked at in parallel on a loop of
 * the calling thread (probe/scan.h), each by the names that the verified vCenter gives it and on behalf of that vCenter's
 * hosts; what was seen is kept (store/endpoint.h). Changes no grant. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/limits.h"
#include "trust/verdict.h"

struct chain;
struct site;
struct store;
struct trust_cert;
struct trust_proofs;
struct trust_vmca_answer;
struct vim_host;
struct vim_session;

enum {
    HOSTS_PARALLEL = 64,          /* looked at at once */
    HOSTS_ALL_MS = 5 * 60 * 1000, /* for all of them; who was not reached by then has no evidence */
    HOSTS_TEXT_MAX = 400,         /* the sentence for people */
    HOSTS_NAMES_SHOWN = 3,        /* hosts named in it */
};

/* What a host presents, by what it means for whoever wants to trust it. */
enum host_class {
    HOST_VMCA,        /* signed by the vCenter's VMCA */
    HOST_OTHER_CA,    /* by another CA, which must be imported by hand */
    HOST_SELF_SIGNED,
    HOST_INSTALLER,   /* by the CA that ESXi makes for itself at installation: it was never given a certificate */
    HOST_EXPIRED,     /* or not valid yet */
    HOST_MISNAMED,    /* believed but for its names */
    HOST_UNREACHABLE,
    HOST_NO_EVIDENCE, /* not looked at: the vCenter calls it disconnected, or time ran out */
    HOST_CLASSES,
};

/* One host. Texts live in the report's arena. */
struct host_row {
    const char *key;          /* "<vcenter urn>/<host id>" */
    const char *id, *name;    /* "host-12", the inventory's name */
    const char *dialled;      /* what was asked for: a name or an address */
    uint16_t port;
    const char *const *names; /* by which it may answer */
    size_t names_len;
    bool seen;                /* chain and verdict are there */
    bool kept;                /* not seen now: chain and verdict are from seen_ms */
    int64_t seen_ms;
    struct err err;           /* why it was not seen */
    const struct trust_cert **certs; /* leaf first; references of the report's */
    size_t certs_len;
    struct trust_verdict verdict;
    struct trust_proofs *proofs; /* borrowed from the site; may be NULL */
    enum host_class class;
};

/* hosts_report_done. */
struct hosts_report {
    struct arena arena;
    struct host_row *rows;
    size_t len;
    size_t verified;                    /* verdict ok */
    size_t classes[HOST_CLASSES];
    int64_t at_ms;
};
void hosts_report_done(struct hosts_report *r);

/* Told on the calling thread as hosts end, at most ten times a second. May be NULL. Return false to stop: the rest then has no
 * evidence. */
typedef bool hosts_progress(void *self, size_t done, size_t of);

struct hosts_look {
    const char *vcenter;         /* URN */
    struct vim_session *session; /* borrowed, logged in or able to */
    bool names_off;              /* the names of this vCenter's hosts are not checked */
    const char *only;            /* the id of one host: the others are not looked at, and what is kept of them stays; NULL: all */
    hosts_progress *progress;
    void *self;
    int64_t timeout_ms;          /* for all; 0 = HOSTS_ALL_MS */
};

/* Reads the inventory, looks at every host, keeps each row with its verdict and forgets hosts that are gone. Classes are as
 * far as they can be told without the VMCA's root: hosts_classify says the rest. ret is zeroed by the caller. ERR_PEER and the
 * like when the inventory can't be read; a host that can't be reached is a row. */
MUST_USE bool hosts_look(const struct site *site, const struct hosts_look *how, struct hosts_report *ret, struct err *e);

/* The same from what is kept, decided again now with the live set: no packet is sent. */
MUST_USE bool hosts_kept(const struct site *site, const char *vcenter, bool names_off, struct hosts_report *ret,
                         struct err *e);
/* One of them by its key, as far as a look has seen it: a report of one row, or of none. */
MUST_USE bool hosts_kept_one(const struct site *site, const char *vcenter, bool names_off, const char *key,
                             struct hosts_report *ret, struct err *e);
/* Decides every row's chain again with the live set and counts. */
void hosts_decide(const struct site *site, const char *vcenter, bool names_off, struct hosts_report *r);

/* Classes with the VMCA known (NULL: none is), and counts. */
void hosts_classify(struct hosts_report *r, const struct trust_cert *vmca, int64_t now);

/* What is dialled for a host: the inventory's name where it needs no look-up that waits, else the host's own address. Borrowed. */
const char *hosts_dialled(const struct site *site, const struct vim_host *h, uint16_t port);

/* The leaf, or a CA that the host sent and that issued what is before it, is by this one (or is it). */
bool hosts_leads_to(const struct host_row *r, const struct trust_cert *ca);
/* How many of those that answered do so. */
size_t hosts_led_by(const struct hosts_report *r, const struct trust_cert *ca);

/* "38 of 40 hosts verified now; 2 not, because 1 is signed by another CA (esx7.example) and 1 can't be reached
 * (esx9.example)". */
void hosts_text(const struct hosts_report *r, char out[HOSTS_TEXT_MAX]);

/* "vmca", "other-ca": stable. "is signed by another CA": for people. */
const char *host_class_name(enum host_class c);
const char *host_class_text(enum host_class c);
