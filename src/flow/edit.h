/* flow/edit.h - changes of a registered vCenter Server: edit (which enables and disables as well), refresh, removal. Called by
 * both faces of the API and by the command line. Each is a task; what is wrong with the request itself is said at once
 * and changes nothing. Nouns: edit, refresh, remove. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "flow/vcenter.h"

struct caller;
struct flow_kind;
struct secret;
struct site;

extern const struct flow_kind edit_kind, refresh_kind, refresh_profiles_kind, remove_kind, reread_kind;

struct edit_new {
    struct vcenter said;           /* with its URN, and everything as it shall be; host, port and revision are made here */
    const struct secret *password; /* NULL: as it was (a client never sends it back) */
    const struct secret *nsxv_password; /* likewise; needed for a manager that was not there before */
};

/* What shall be enabled is looked at first: ERR_UNTRUSTED when the endpoint presents what isn't trusted, nothing is saved;
 * one that can't be reached is refused only when URL, account or password change, or it was disabled. Then the task logs in
 * (where that matters), saves, connects anew, and reads the VMCA again. ERR_NOT_FOUND, ERR_CONFLICT (busy, or the name). */
MUST_USE bool edit_start(const struct site *site, const struct caller *c, const struct edit_new *n,
                         char ret_task[STORE_ID_MAX + 1], struct err *e);

/* How a vCenter is asked anew. */
enum refresh_what {
    REFRESH_ALL,       /* log in, read who answers, the endpoint's certificate, the VMCA, the hosts */
    REFRESH_RECONNECT, /* the same; forcevimserverreconnect */
    REFRESH_PROFILES,  /* log in and read who answers: this cell keeps no storage profiles */
};
/* ERR_INPUT: it is disabled. A password that was rejected is tried once more. */
MUST_USE bool refresh_start(const struct site *site, const struct caller *c, const char *urn, enum refresh_what what,
                            char ret_task[STORE_ID_MAX + 1], struct err *e);
/* The watch's: after it came back, VMCA and hosts are read again. */
MUST_USE bool refresh_reread(const struct site *site, const char *urn, struct err *e);

/* Only when disabled (ERR_INPUT). Its grants, passwords, CRLs and what its endpoints presented go with it. */
MUST_USE bool remove_start(const struct site *site, const struct caller *c, const char *urn,
                           char ret_task[STORE_ID_MAX + 1], struct err *e);
