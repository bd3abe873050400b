/* flow/ovf_archive_parts.h - what ovf_archive.c (its life, the way through) and ovf_archive_member.c (what becomes of each member) share.
 * Nobody else includes it. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "flow/ovf.h"
#include "flow/ovf_archive.h"
#include "net/loop.h"
#include "wire/tar.h"

struct gate_upload;
struct http_exchange;

enum ovf_archive_at {
    AT_FRAME,   /* between members */
    AT_TEXT,    /* in the descriptor, the manifest */
    AT_SKIP,    /* in the certificate */
    AT_LEASE,   /* what was gathered is handed on: the task opens the ways */
    AT_FILE,    /* in a file, which the gate takes */
    AT_VERDICT, /* all of it is through: do the digests agree? */
};

struct ovf_archive {
    struct ovf_upload *upload;   /* a reference */
    gate_reply *reply;
    struct loop *loop;           /* NULL before it begins */
    unsigned refs;               /* under the upload's lock, as `posted` */
    bool posted;
    struct loop_task told;
    /* The loop's. */
    struct http_exchange *x;     /* NULL once it was answered, or is gone */
    enum ovf_archive_at at;
    struct tar tar;
    struct buf descriptor, manifest;
    struct buf *text;            /* the one of them that is being gathered */
    bool has_descriptor, has_manifest, has_certificate;
    bool described;              /* it was handed on */
    bool file_waits;             /* .. at the header of a file */
    bool seen[OVF_FILES_MAX];
    struct gate_upload *way;     /* a reference: of the file under way */
};

/* Under no lock. */
struct ovf_archive *ovf_archive_ref(struct ovf_archive *a);
void ovf_archive_unref(struct ovf_archive *a);

/* ---- on its loop ---- */

/* Ends it, and answers. The first reason counts, here as in the task. status 0: as why's kind says. */
void ovf_archive_refuse(struct ovf_archive *a, int status, const struct err *why, const char *event);
/* Goes on with what is there. */
void ovf_archive_pump(struct ovf_archive *a);

/* ---- ovf_archive_member.c ---- */

/* tar says that one begins. */
void ovf_archive_begin_member(struct ovf_archive *a);
/* .. and that it is a file of the package, whose way is open. */
void ovf_archive_begin_file(struct ovf_archive *a);
/* Bytes of the descriptor, the manifest, or the certificate. */
void ovf_archive_take_text(struct ovf_archive *a, const uint8_t *p, size_t len);
/* Hands descriptor and manifest on, on a pool thread. */
void ovf_archive_hand_on(struct ovf_archive *a);
