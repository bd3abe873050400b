/* flow/ovf_upload_parts.h - what ovf_upload.c (beginning, requests), ovf_archive.c (an OVA), ovf_upload_send.c (leases and hosts) and
 * ovf_upload_task.c (the steps) share.
 * Nobody else includes it. */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/random.h"
#include "flow/ovf.h"
#include "flow/ovf_split.h"
#include "flow/transfer.h"
#include "flow/ovf_upload.h"
#include "vim/soap_call.h"

struct flow;
struct gate_upload;
struct ovf_archive;
struct vim_import_spec;
struct vim_session;

enum { OVF_UPLOAD_DIGESTS = 3 };

enum ovf_archived { OVF_ARCHIVE_NONE, OVF_ARCHIVE_COMING, OVF_ARCHIVE_WHOLE };

enum ovf_upload_phase { OVF_UPLOAD_EMPTY, OVF_UPLOAD_DESCRIBED, OVF_UPLOAD_SENDING, OVF_UPLOAD_OVER };

/* One file of the package. Under the upload's lock, but for the digests: the tap's until it ended. */
struct ovf_upload_file {
    char *name;                 /* owned */
    int64_t size;               /* -1 = not said */
    struct gate_upload *way;    /* a reference; NULL before there is a lease */
    bool complete;
    struct digest *digests[OVF_UPLOAD_DIGESTS]; /* by enum digest_kind; NULL: nobody asks */
    uint8_t sums[OVF_UPLOAD_DIGESTS][DIGEST_MAX];
    bool summed[OVF_UPLOAD_DIGESTS];
};

/* A machine of the package, while it is imported. Under the upload's lock. */
struct ovf_upload_machine {
    struct vim_object lease;
    int64_t renew_ms, renew_every_ms; /* monotonic */
};

/* The live half of one. Counted: the table's, and each file's that is on its way. */
struct ovf_upload {
    const struct site *site;
    char id[RANDOM_UUID];
    char org[STORE_ID_MAX + 1], name[STORE_NAME_MAX + 1], user[STORE_NAME_MAX + 1];
    pthread_mutex_t lock;       /* of all that follows */
    unsigned refs;
    char task[STORE_ID_MAX + 1]; /* "" until its first step has run */
    enum ovf_upload_phase phase;
    bool manifest_wanted;       /* announced, or it has come in an archive */
    char *descriptor, *manifest; /* owned, with a NUL */
    size_t descriptor_len, manifest_len;
    struct ovf_upload_file *files;  /* owned */
    size_t files_len;
    struct ovf_archive *archive; /* while one comes; its own (flow/ovf_archive.h) */
    enum ovf_archived archived;  /* COMING: files that are through are not all of it */
    bool agreed;                /* all files are through, and their digests are the manifest's */
    struct err failed;          /* the first thing that ends it */
    bool broken;                /* the host's connection: a new lease is to be had */
    unsigned attempt;           /* rises with each lease and each end of one: what an older one's files say is not heard any more */
    unsigned leases;            /* how many there were */
    /* The leases. */
    bool leased, renewing;
    char vcenter[STORE_ID_MAX + 1];
    struct ovf_upload_machine machines[OVF_MACHINES_MAX];
    size_t machines_len;
};

extern const struct transfer_ops ovf_upload_ops;

struct ovf_upload *ovf_upload_ref(struct ovf_upload *u);
struct ovf_upload *ovf_upload_unref(struct ovf_upload *u); /* NULL */
/* Something came that the task waits for. */
void ovf_upload_wake(struct ovf_upload *u);
/* What an archive brings before its files. manifest NULL: none. */
struct ovf_upload_text {
    const void *data;
    size_t len;
};
MUST_USE bool ovf_upload_describe(struct ovf_upload *u, const struct ovf_upload_text *descriptor, const struct ovf_upload_text *manifest,
                                  struct err *e);
/* Its task unwinds: nothing is taken any more. */
void ovf_upload_over(struct ovf_upload *u, const struct err *why);
/* The first reason counts. Wakes the task. */
void ovf_upload_fail(struct ovf_upload *u, const struct err *why);
/* How many of a hundred are through. Takes the lock. */
int ovf_upload_percent(struct ovf_upload *u);

/* ---- ovf_upload_send.c: straight-line code on a pool thread ---- */

/* Where the files go, gathered machine by machine before any may come. By file, as the upload has them. */
struct ovf_upload_plan {
    struct vim_session *session;                /* borrowed, as the next */
    struct flow *flow;
    struct gate_errand *errands[OVF_FILES_MAX]; /* owned; NULL: nobody wants it, and it is taken and dropped */
    struct {
        size_t machine;
        char device[VIM_MOID_MAX];              /* the file item's, by which its URL is found again */
        bool put;                               /* a file; else a disk */
    } files[OVF_FILES_MAX];
};
void ovf_upload_plan_done(struct ovf_upload_plan *p);
/* The machine that the lease of this number makes, its host looked at, and its files' places in the plan. Aborts nothing when it fails.
 * ERR_INPUT: another machine has one of its files as well. */
MUST_USE bool ovf_upload_plan_machine(struct ovf_upload *u, struct ovf_upload_plan *p, size_t machine, const struct vim_import_spec *spec,
                                      struct vim_object *ret_vm, struct err *e);
/* A way for each file: they may come. */
void ovf_upload_open_ways(struct ovf_upload *u, struct ovf_upload_plan *p);
/* Stops what is on its way, whoever waits for it. */
void ovf_upload_stop_ways(struct ovf_upload *u);
/* A tick: keeps the lease alive. */
void ovf_upload_renew(struct ovf_upload *u, int64_t now_ms);
/* All files are there: do they agree with the manifest? */
MUST_USE bool ovf_upload_sums_agree(struct ovf_upload *u, struct err *e);
