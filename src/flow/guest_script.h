/* flow/guest_script.h - bringing a customization script into a running guest, where the specification that the vCenter takes can't say
 * it: a Windows guest, or a Linux one of a vCenter before 7.0. Called by flow/customize.c.
 *
 * The journey. Customization has succeeded and the machine's status is GC_POST_PENDING. The watch over its vCenter's inventory asks every few
 * seconds whether the guest's tools are ready; when they are, a thread of the pool looks at the host that runs the machine now, asks
 * the vCenter for the file's URL at that host, PUTs the script there over a connection that is verified by itself (gate/fetch.h), and
 * starts it as root or Administrator with the section's password. Then the watch asks how it ended: 0 is GC_COMPLETE, everything else GC_FAILED
 * with the reason. A host that is not believed is sent nothing. A machine that moves in between is followed to its new host. A cell
 * that was killed begins again, unless the script runs already. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct gc;
struct site;
struct vim_session;
struct vm;

enum {
    GUEST_SCRIPTS_MAX = 8,     /* on their way at once; the others wait */
    GUEST_SCRIPT_TRIES = 3,    /* the machine may move between two of them */
};

/* One machine whose status is GC_POST_PENDING: what can be done for it now without a host. Of the watch's thread. */
MUST_USE bool guest_script_follow(const struct site *site, struct vim_session *s, const struct vm *v, const struct gc *g,
                                  struct err *e);
