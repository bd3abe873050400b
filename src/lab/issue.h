/* lab/issue.h - a VMCA of the estate signs a request: by the release's profile, durably, from many threads at a time.
 *
 * Two halves, so that no signature is made under lab_lock: `begin` takes what the signature needs from the estate, `end`
 * signs, writes a line to DIR/issued and returns when that is on the disk. A certificate of which there is no line was
 * never handed out. Called by the faces and the control socket. */
#pragma once
#include "lab/estate.h"
#include "lab/sign.h"

enum { LAB_ISSUE_DAYS = 730 }; /* a machine's certificate, when nothing else is asked for */

struct lab_issue {
    struct lab_estate *estate;
    struct lab_sign sign;       /* issuer and key are references of its own */
    char label[LAB_WORD];
    uint64_t n;
    bool crash;
    X509 *above[LAB_ABOVE_MAX + 1]; /* owned: behind the leaf in the answer, without the self-signed end */
    size_t above_len;
};

/* Under lab_lock. Times of 0: from ten minutes ago (but not before the CA), for LAB_ISSUE_DAYS. ERR_STORE. */
MUST_USE bool lab_issue_begin(struct lab_issue *i, struct lab_vcenter *vc, int64_t not_before, int64_t not_after, struct err *e);
/* With or without the lock. Releases what begin took, also when it refuses. The leaf is the caller's. */
X509 *lab_issue_end(struct lab_issue *i, const char *csr, size_t len, int *ret_code, struct err *e);
/* The same, and the answer as PEM: leaf, then the chain of a subordinate VMCA. */
MUST_USE bool lab_issue_pem(struct lab_issue *i, const char *csr, size_t len, struct buf *out, int *ret_code, struct err *e);
void lab_issue_drop(struct lab_issue *i);
