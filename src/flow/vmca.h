/* flow/vmca.h - the VMCA of a registered vCenter: read over its certificate management, told from the other roots by what it
 * verifies (trust/vmca.h), and whether it is granted. Step 3 of registration, as it is asked for by the register and edit
 * flows, by the API and by the command line. It reads, compares and remembers; it never grants anything. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/hosts.h"
#include "trust/vmca.h"

struct site;
struct store;
struct trust_cert;
struct vcenter;

enum {
    VMCA_TEXT_MAX = 600,
    VMCA_BUNDLE_MAX = 8 * 1024 * 1024, /* bytes of a bundle that a person hands over */
    VMCA_OTHERS_MAX = 16, /* further roots in use that are listed by name */
};

/* Where step 3 stands for one vCenter. */
enum vmca_state {
    VMCA_UNREVIEWED,  /* nobody looked yet: attached by a client that skipped step 3, or imported */
    VMCA_TRUSTED,     /* its root is granted for the hosts of this vCenter */
    VMCA_UNTRUSTED,   /* it is known and not granted: somebody should be asked */
    VMCA_NEEDS_70,    /* 6.7: there is no certificate management; "Find the VMCA" works */
    VMCA_NO_API,      /* vcsim and others: no certificate management at all */
    VMCA_NONE,        /* no root of it verifies a host or the vCenter */
    VMCA_STATES,
};

/* What was found. vmca_answer_done. */
struct vmca_answer {
    struct arena arena;
    enum vmca_state state;
    struct trust_cert *cert;   /* a reference; NULL unless TRUSTED or UNTRUSTED */
    const char *pem;           /* normalised; NULL without cert */
    const char *from;          /* the chain's id or the file of the bundle */
    enum trust_vmca_basis basis;
    bool granted;              /* it, or a certificate that issued it, is granted for this vCenter's hosts */
    struct trust_cert **others; /* further roots that verify hosts; references */
    size_t others_len;
    struct hosts_report hosts; /* classified with cert */
    const char *text;          /* a sentence for people: what stands still and why, or the payoff */
};
void vmca_answer_done(struct vmca_answer *a);

/* For flows that hold a session of their own. names_off as hosts_look takes it; progress may be NULL. */
struct vmca_look {
    const char *vcenter;         /* URN */
    struct vim_session *session; /* borrowed */
    bool names_off;
    bool bundle;                 /* "Find the VMCA": from the bundle that anybody may fetch, over the verified connection */
    hosts_progress *progress;
    void *self;
    int64_t timeout_ms;          /* for everything together; 0 = each part has its own time */
};

/* Looks at the hosts (hosts_look), reads the roots, picks the VMCA, and says whether it is granted. What is new in the CRLs
 * beside the roots is kept for this vCenter's CAs. A server without certificate management is an answer, not an error.
 * ret is zeroed by the caller. */
MUST_USE bool vmca_look(const struct site *site, const struct vmca_look *how, struct vmca_answer *ret, struct err *e);
/* The trust record that follows from it (flow/vcenter.h, vcenter_trust_put): JSON, in the answer's arena. reviewed: a person
 * saw it now. */
MUST_USE bool vmca_record(struct vmca_answer *a, const char *old_record, bool reviewed, const char **ret_json, struct err *e);

/* vmca_look with the session of the registered vCenter, the record kept. ERR_NOT_FOUND: no such vCenter; ERR_INPUT: it has no
 * VMCA to show over REST, and the text says why (6.7 needs 7.0 or later; no certificate management). */
MUST_USE bool vmca_read(const struct site *site, const char *vcenter, struct vmca_answer *ret, struct err *e);
/* The same from the bundle: a proposal, nothing is granted. */
MUST_USE bool vmca_find(const struct site *site, const char *vcenter, struct vmca_answer *ret, struct err *e);
/* From a zip or PEM that a person hands over: which root verifies which hosts. Looks at the hosts, keeps nothing. */
MUST_USE bool vmca_preview(const struct site *site, const char *vcenter, const void *data, size_t len,
                           struct vmca_answer *ret, struct err *e);

/* The same record, and a person saw it. In the arena. */
MUST_USE bool vmca_reviewed(const char *record, struct arena *a, const char **ret_json, struct err *e);

/* Keeps the trust record (vcenter_trust_put); a VMCA that it calls trusted is believed from then on (flow/believed.h). Within a
 * write transaction. */
MUST_USE bool vmca_keep(struct store *s, const char *vcenter, const char *record, struct err *e);

/* What the trust record of a vCenter says, read back. Texts point into the record's arena copy. */
struct vmca_summary {
    enum vmca_state state;
    bool reviewed;             /* a person saw step 3's outcome, and it has not changed since */
    bool has_sha256;
    uint8_t sha256[DIGEST_SHA256]; /* of the VMCA found last */
    const char *pem;
    size_t hosts, verified, classes[HOST_CLASSES];
    int64_t at_ms;             /* of the last look; 0 = never */
    const char *text;
};
/* record: "" or JSON, as in struct vcenter. A damaged record reads as never looked. */
void vmca_summary_read(const char *record, struct arena *a, struct vmca_summary *ret);
/* The sentence for people. version: of the vCenter, for VMCA_NEEDS_70. In the arena. */
const char *vmca_text(enum vmca_state state, const char *version, const struct hosts_report *r, struct arena *a);
/* "untrusted": stable. */
const char *vmca_state_name(enum vmca_state s);

/* After a grant or its removal: state and counts of the record are brought up to date from what is kept, no packet is sent.
 * Called for one vCenter, or for all with NULL. */
MUST_USE bool vmca_refresh(const struct site *site, const char *vcenter, struct err *e);
