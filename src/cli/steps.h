/* cli/steps.h - steps 1 and 3 of registration as a person or a script takes them (product section 3): look and confirm; read the
 * VMCA, show it, and trust it. Called by vcenter add, edit and trust, and by nsx add. Nothing is trusted that was not
 * confirmed: at a question, or by an option that names the SHA-256. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct cli;
struct remote;

/* Step 1 for one endpoint. */
struct step_look {
    const char *url;         /* as a person wrote it */
    const char *fingerprint; /* SHA256:.., instead of the question; NULL */
    const char *option;      /* that gave it: "--trust-fingerprint" */
};
/* What is believed already needs no answer. ERR_UNTRUSTED: declined, not named, or not what is presented: nothing was stored. */
MUST_USE bool step_look(struct cli *cli, struct remote *r, const struct step_look *s, struct err *e);

/* Step 3 for one vCenter. */
struct step_vmca {
    const char *urn, *name;
    const char *fingerprint; /* SHA256:.., instead of the question; NULL */
    const char *option;      /* that gave it */
    bool find;               /* out of the bundle that 6.7 publishes */
};
/* Says what is found and, once the VMCA is trusted, the payoff: "38 of 40 hosts verified now; ..", on stdout where that is for
 * people. A vCenter without a VMCA to show is fine: what stands still is said. ERR_UNTRUSTED: it is not trusted, and how that can
 * be done was said; ERR_CONFLICT: it is another one now. */
MUST_USE bool step_vmca(struct cli *cli, struct remote *r, const struct step_vmca *s, struct err *e);
