/* flow/register.h - step 2 of registration: a vCenter Server whose certificate was confirmed becomes a registered one (product
 * section 3). Called by both faces of the API and by the command line.
 *
 * register_start looks before anything is stored and before any credential leaves: an endpoint that is not trusted or
 * misnamed is refused at once. Then the task logs in, makes sure that it is not registered already, keeps it, binds step 1's
 * grant to it, and reads the VMCA. No step adds an anchor. */
#pragma once
#include <stdbool.h>

#include "base/err.h"
#include "flow/vcenter.h"
#include "store/words.h"

struct caller;
struct flow;
struct flow_kind;
struct secret;
struct site;
struct store;
struct store_by;

extern const struct flow_kind register_kind;

struct register_new {
    struct vcenter said;           /* urn, host, port and revision are not read: they are made here out of url */
    const struct secret *password;
    const struct secret *nsxv_password; /* with said.nsxv.url */
};

/* ERR_INPUT, ERR_CONFLICT (the name), ERR_UNTRUSTED and ERR_PEER with the verdict's text: nothing was stored. */
MUST_USE bool register_start(const struct site *site, const struct caller *c, const struct register_new *n,
                             char ret_task[STORE_ID_MAX + 1], char ret_urn[STORE_ID_MAX + 1], struct err *e);

/* What registering and editing have in common. */
/* Texts and limits; host, port and url out of url, in the arena. ERR_INPUT. */
MUST_USE bool register_check(struct vcenter *v, struct arena *a, struct err *e);
/* Texts that everything registered has; NULL becomes "". ERR_INPUT names what is wrong. */
MUST_USE bool register_check_text(const char *what, enum store_text kind, const char **text, size_t max, struct err *e);
MUST_USE bool register_check_account(const char **name, const char **username, const char **url, struct err *e);
/* An account's password: not empty, within VCENTER_PASSWORD_MAX. ERR_INPUT. */
MUST_USE bool register_check_password(const char *what, const struct secret *password, struct err *e);
/* The NSX-V Manager's certificate, like step 1; then, with a password, is it one and does it accept the account? */
MUST_USE bool register_look_nsxv(const struct site *site, const struct vcenter_nsxv *n, struct err *e);
MUST_USE bool register_login_nsxv(const struct site *site, struct vcenter_nsxv *n, const struct secret *password,
                                  struct arena *a, struct err *e);
/* Step 1's grants for the endpoints of v become v's own. Within the caller's transaction. */
MUST_USE bool register_promote(struct store *s, const struct vcenter *v, const struct store_by *by, struct err *e);
/* What a flow's data says under "said". */
MUST_USE bool register_said(const struct flow *f, struct arena *a, struct vcenter *ret, struct err *e);
/* The last step of both: the VMCA and the hosts of what is enabled. Never fails for what they say. */
MUST_USE bool register_trust(struct flow *f, struct err *e);
/* One line of the audit trail about v. Within the caller's transaction. */
MUST_USE bool register_audit(struct store *s, const struct vcenter *v, const char *action, const char *text,
                             const struct store_by *by, struct err *e);
