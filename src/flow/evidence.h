/* flow/evidence.h - which anchor carried which endpoint for which purpose, written down without holding anybody up: a note goes
 * into a bounded table, one thread writes it every second (contracts, "Threads"). Notes of one (anchor, endpoint, purpose) become
 * one row with a count. What does not fit is dropped and counted: evidence is never worth a connection's time.
 * Called by flow wherever a connection was verified. Refusals are events and not this. */
#pragma once
#include <stdint.h>

#include "base/def.h"
#include "base/digest.h"
#include "base/err.h"

struct evidence;
struct loan_shelf;

enum {
    EVIDENCE_WAITING = 1024,  /* different triples between two writings; more are dropped */
    EVIDENCE_FLUSH_MS = 1000,
};

/* What connections are for: stable words, for each feature that goes straight to a host its own. What was kept under other words, by
 * earlier versions ("transfer", "guest"), stays as it is. */
#define EVIDENCE_API "api"                     /* a vCenter Server, an NSX Manager */
#define EVIDENCE_PROBE "probe"                 /* a look at what an endpoint presents */
#define EVIDENCE_CONSOLE "console"
#define EVIDENCE_OVF_UP "ovf-upload"
#define EVIDENCE_MEDIA_UP "media-upload"
#define EVIDENCE_DOWN "download"               /* of a template, a vApp or a medium */
#define EVIDENCE_CUSTOMIZATION "customization" /* the look at the host before a guest is customized */
#define EVIDENCE_GUEST_FILE "guest-file"       /* .. and what is sent into the guest */

/* shelf is borrowed. */
MUST_USE bool evidence_create(struct loan_shelf *shelf, struct evidence **ret, struct err *e);
/* Writes what waits, once. NULL in, NULL out. */
struct evidence *evidence_destroy(struct evidence *v);
DEFINE_AUTO(evidence_destroyp, struct evidence *, evidence_destroy)

/* Any thread; never waits for the store. v NULL: nobody writes it down (tests, the CLI). endpoint as in store/endpoint.h. */
void evidence_note(struct evidence *v, const uint8_t anchor[DIGEST_SHA256], const char *endpoint, const char *purpose);
/* Notes that did not fit since the beginning: for metrics. */
uint64_t evidence_dropped(struct evidence *v);
