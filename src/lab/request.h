/* lab/request.h - certificate signing requests as a vCenter and an ESXi host make them, each for a fresh key that waits for
 * its certificate (lab/own.h). Called by the faces and the control socket, under lab_lock. */
#pragma once
#include "lab/own.h"

/* What a person may choose; NULL and 0 stand for the release's defaults. */
struct lab_wish {
    unsigned bits;
    const char *cn, *organization, *unit, *locality, *state, *country, *email;
    const char *names; /* of the SAN besides cn, with commas: "vc.example,10.0.0.1" */
};

/* Lengths and characters that can stand in a certificate. ERR_INPUT with the member's name. */
MUST_USE bool lab_wish_check(const struct lab_wish *w, struct err *e);
/* PEM of a machine's request, appended. */
MUST_USE bool lab_request_machine(struct lab_endpoint *ep, const struct lab_wish *w, int64_t now, struct buf *out, struct err *e);
/* A host's: CN and SAN are its inventory name, or its address. */
MUST_USE bool lab_request_host(struct lab_host *h, bool by_address, int64_t now, struct buf *out, struct err *e);
/* The same with a subject that was given as "CN=esx1,O=x": RFC 4514 with plain values. */
MUST_USE bool lab_request_by_dn(struct lab_host *h, const char *dn, int64_t now, struct buf *out, struct err *e);
/* The usual one of that kind of endpoint. */
MUST_USE bool lab_request_usual(struct lab_endpoint *ep, int64_t now, struct buf *out, struct err *e);
/* {"bits":..,"names":[..],"san":..}: what lab_vmca_regenerate takes. */
MUST_USE bool lab_wish_root(const struct lab_vcenter *vc, const struct lab_wish *w, struct buf *out, struct err *e);
