/* flow/site.h - the surroundings of every deed: what the cell, or the command line when the cell is down, has built
 * once and lends to whoever registers, trusts, looks or answers. All borrowed, none of it changes after start-up but
 * through its own functions, so any thread may use it. Wired in cell/; tests build their own. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/secret.h"
#include "store/by.h"

struct busy;
struct caller;
struct evidence;
struct gate;
struct host_table;
struct live_list;
struct inventory;
struct loan_shelf;
struct pool;
struct publisher;
struct pulse;
struct resolver;
struct session_table;
struct spool;
struct task_rests;
struct transfer_table;
struct trust_live;
struct trust_proofs;
struct vcenter_table;
struct watch;

enum { SITE_CIPHERS = 32 };

struct site {
    struct loan_shelf *shelf;       /* flow/loan.h: handles of the store */
    struct publisher *publisher;    /* flow/publisher.h: what is kept becomes live */
    struct trust_live *live;
    const struct resolver *resolver;
    struct pool *pool;              /* long work: tasks, watches */
    struct session_table *sessions; /* flow/session.h: who is logged in */
    struct vcenter_table *vcenters; /* flow/vcenter_table.h: sessions to the registered vCenter Servers */
    struct watch *watch;            /* flow/watch.h: keeps them alive; NULL where nobody watches (tests, the CLI) */
    struct host_table *host_table;  /* flow/host_table.h: lists of hosts in memory */
    struct trust_proofs *proofs;    /* trust/proofs.h: for kept chains that are decided again; NULL = none */
    struct live_list *connected;    /* flow/live.h: what is open now; NULL = nothing is counted */
    struct inventory *inventory;    /* flow/inventory.h: what stands in VDCs; NULL where nobody follows it */
    struct evidence *evidence;      /* flow/evidence.h: what carried what; NULL = nobody writes it down */
    struct pulse *pulse;            /* flow/pulse.h: that something changed; NULL = nobody listens */
    struct spool *spool;            /* flow/spool.h: what is downloaded; NULL where there is none (tests, the CLI) */
    struct gate *gate;              /* gate/gate.h: consoles; NULL where there is none (tests, the CLI) */
    struct task_rests *rests;       /* flow/task.h: tasks that wait for a client; NULL where no step may rest */
    struct transfer_table *transfers; /* flow/transfer.h: files on their way; NULL where there are none (tests, the CLI) */
    struct busy *busy;              /* flow/busy.h: looks that people ask for; NULL = any number */
    struct busy *guests;            /* likewise: machines whose scripts are on their way into the guest */
    const char *base_url;           /* "https://cell.example:8443", no slash behind: the start of every href */
    const char *cell_urn;           /* "urn:vcloud:cell:<uuid>" */
    const char *cell_name;          /* host name */
    const char *cell_address;       /* "10.0.0.5" */
    const char *data_dir;
    const char *ciphers[SITE_CIPHERS]; /* of the cell's port, by their IANA names; NULL behind the last */
    bool allow_lab;                 /* --lab: certificates with the lab's mark count */
    bool crl_strict;                /* a missing or stale CRL refuses */
    int64_t session_idle_ms;        /* 0: SESSION_IDLE_MS. This and the next two change on SIGHUP (site_limits): atomic */
    int64_t connect_ms;             /* of a connection to a server; 0: VIM_CONNECT_MS */
    int64_t handshake_ms;           /* of its TLS handshake; 0: VIM_HANDSHAKE_MS */
    int64_t transfer_idle_ms;       /* how long a transfer lives without a request; 0: TRANSFER_IDLE_MS */
    enum secret_cost password_cost; /* what hashing a new password costs */
    bool closing;                   /* read by site_closing */
};

/* Sets the three times that change while others read them. */
void site_limits(struct site *s, int64_t session_idle_ms, int64_t connect_ms, int64_t handshake_ms);
/* How long a session lives without a request. */
int64_t site_idle_ms(const struct site *s);
/* What a look at an endpoint may take where its caller says nothing: connecting and the handshake. */
int64_t site_look_ms(const struct site *s);

/* The cell is about to end: long work rests where it stands, and the next start goes on. Any thread. */
bool site_closing(const struct site *s);
void site_close(struct site *s);

/* The minutes that every list and text of this program agrees on. */
#define SITE_PRODUCT "Vouchsafe"
#define SITE_VERSION "10.4.0.1" /* what clients of VMware Cloud Director parse: API 37.0 is 10.4.0 */
#define SITE_BUILD_DATE "2026-11-23T00:00:00.000Z"
#define SITE_BUILT "Mon Nov 23 00:00:00 UTC 2026" /* behind it in /api/admin; read as a date (vcd-api.md 1.6) */

/* Who makes a change: for the audit trail. `flow` is a word of ours. Borrows from c. */
struct store_by site_by(const struct caller *c, const char *flow);
