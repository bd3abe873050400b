/* vim/lease.h - HttpNfcLease: what allows bytes of a machine to travel to or from an ESXi host for as long as it is kept alive
 * (vsphere-api.md 3.2). Called by flow's imports and exports. An import's lease comes from vim_import_vapp (vim/ovf.h).
 *
 * The journey. Wait until it is ready; it names a URL for each file, at the host that holds the machine, with the thumbprint
 * of that host's certificate. Say vim_lease_progress well inside timeout_s, or it ends by itself. Complete it when all is
 * through; abort it otherwise, and what an import had begun is removed. */
#pragma once
#include "vim/task.h"

struct arena;

enum {
    VIM_LEASE_URLS = 512,
    VIM_LEASE_CALL_MS = 30 * 1000,  /* deadline of one call where the caller has none of its own */
    VIM_LEASE_READY_MS = 60 * 1000, /* and of the wait until it is ready */
    VIM_LEASE_TIMEOUT_S = 300,      /* of a lease that doesn't say its own */
};

enum vim_lease_state { VIM_LEASE_INITIALIZING, VIM_LEASE_READY, VIM_LEASE_DONE, VIM_LEASE_ERROR };

/* Texts live in the arena of the call; "" = not said. */
struct vim_lease_url {
    const char *key;        /* of the device, in manifests and in vim_ovf_file */
    const char *import_key; /* of an import: the file item's device */
    const char *url;        /* "https://esx1.example/nfc/52../disk-0.vmdk"; its host may be "*": the one that was asked */
    const char *thumbprint; /* "AA:BB:..", SHA-1 of that host's certificate */
    const char *target;     /* of an export: what the file may be called */
    int64_t size;           /* of an export: of what is no disk; -1 = not said, as it is of disks */
    bool disk;
};

struct vim_lease {
    enum vim_lease_state state;
    const char *error;      /* VIM_LEASE_ERROR: why */
    struct vim_object entity; /* the machine; id "" before it is ready */
    struct vim_lease_url *urls;
    size_t urls_len;
    int64_t capacity_kb;    /* of all disks */
    int64_t timeout_s;
};

/* How it stands now. ERR_NOT_FOUND: it is long over. */
MUST_USE bool vim_lease_read(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct arena *a,
                             struct vim_lease *ret, struct err *e);
/* Until it is ready. w may be NULL. ERR_PEER: it failed, in the vCenter's words; ERR_TIMEOUT; ERR_CANCELLED. */
MUST_USE bool vim_lease_wait(struct vim_session *s, const struct vim_object *lease, const struct vim_task_wait *w, int64_t deadline_ms,
                             struct arena *a, struct vim_lease *ret, struct err *e);
/* Keeps it alive. */
MUST_USE bool vim_lease_progress(struct vim_session *s, const struct vim_object *lease, int percent, int64_t deadline_ms, struct err *e);
MUST_USE bool vim_lease_complete(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct err *e);
/* One that is over already is fine. */
MUST_USE bool vim_lease_abort(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct err *e);

/* What the host says that it took or gave. */
struct vim_lease_sum {
    const char *key;        /* as in the URL */
    const char *sha1;       /* hex */
    const char *sum, *sum_type; /* vSphere 6.7 and later: hex, "sha256" */
    int64_t size, capacity, populated; /* -1 = not said */
    bool disk;
};
MUST_USE bool vim_lease_manifest(struct vim_session *s, const struct vim_object *lease, int64_t deadline_ms, struct arena *a,
                                 struct vim_lease_sum **ret, size_t *ret_len, struct err *e);

/* A machine that is powered off, to be read over the lease. ERR_CONFLICT: it isn't off. */
MUST_USE bool vim_export_vm(struct vim_session *s, const char *moref, int64_t deadline_ms, struct vim_object *ret_lease, struct err *e);
