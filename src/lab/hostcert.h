/* lab/hostcert.h - the life of ESXi certificates under a vCenter: telling a host the roots, giving it a certificate,
 * reconnecting it, and the vCenter's look at all of them every few days.
 *
 * A root that was regenerated must reach the host (refresh) before a certificate that it signed does (renew): the other
 * order loses the host, until it is told the roots and reconnected (vmca.md 3.3). Called by tasks and the control
 * socket, under lab_lock. */
#pragma once
#include "lab/vmca.h"

const char *lab_cert_status_name(enum lab_cert_status s);
enum lab_cert_status lab_cert_status(const struct lab_vcenter *vc, int64_t end, int64_t now);
/* The vCenter has lost it: by a fault, or by the wrong order. */
bool lab_host_is_lost(const struct lab_host *h);

/* A certificate of the newest root, with another key. ERR_CONFLICT in another mode than vmca, ERR_PEER when the host is
 * lost or takes none, ERR_INPUT with VMCA's number (*ret_code) when it would begin before the root. */
MUST_USE bool lab_host_renew(struct lab_host *h, int64_t now, int *ret_code, struct err *e);
/* TRUSTED_ROOTS and CRLs to the host; in any mode but thumbprint. */
MUST_USE bool lab_host_refresh(struct lab_host *h, int64_t now, struct err *e);
/* Both, in the right order, for all hosts, with one sync. The first refusal ends it; *ret_done says how many had it. */
MUST_USE bool lab_hosts_renew(struct lab_vcenter *vc, int64_t now, size_t *ret_done, struct err *e);
/* The administrator accepts the thumbprint. What is about to expire is renewed in mode vmca. ERR_PEER when host and
 * vCenter still don't believe each other. */
MUST_USE bool lab_host_reconnect(struct lab_host *h, int64_t now, struct err *e);
MUST_USE bool lab_host_disconnect(struct lab_host *h, int64_t now, struct err *e);
/* One's own certificate for the key of the last request; in mode custom the vCenter loses a host whose chain it can't
 * follow to TRUSTED_ROOTS. */
MUST_USE bool lab_host_install(struct lab_host *h, const char *pem, size_t len, int64_t now, struct err *e);
/* CA certificates and CRLs as PEM, instead of what a refresh leaves. */
MUST_USE bool lab_host_castore(struct lab_host *h, const char *pem, int64_t now, struct err *e);

/* If it is time: looks at every host's certificate; 8.0 U3h renews what is about to expire. Returns false when the
 * journal can't be written. */
MUST_USE bool lab_poll(struct lab_vcenter *vc, struct err *e);
enum { LAB_SHORTLY_DAYS = 60 }; /* "expiring shortly", and when 8.0 U3h renews */

/* In own.c's lab_made_anew. */
void lab_host_made_anew(struct lab_host *h);
/* lab_do_maintenance is in maintenance.c. */
lab_apply lab_do_maintenance, lab_do_castore, lab_do_lost, lab_do_poll, lab_do_roots;
