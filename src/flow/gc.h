/* flow/gc.h - guest customization of virtual machines: what shall be made of the guest at its next start, and how far the last one came
 * (vcd-api.md 4.5). Called by api and flow/power.h. Records of the kind "vm-gc"; passwords are sealed under GC_ADMIN_PASSWORD and
 * GC_DOMAIN_PASSWORD and never in here. */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct secret;
struct store;
struct vm;

/* Kinds of sealed values; the id is the machine's URN. */
#define GC_ADMIN_PASSWORD "vm-admin-password"
#define GC_DOMAIN_PASSWORD "vm-domain-password"
#define GC_SCRIPT "vm-gc-script" /* one on its way into the guest, as it was at the start */

enum {
    GC_TEXT_MAX = 255,           /* of names */
    GC_COMPUTER_MAX = 63,        /* of the computer's name; 15 for Windows */
    GC_SCRIPT_MAX = 49000,       /* as VCD allows */
    GC_PASSWORD_MAX = 255,
    GC_LOGONS_MAX = 100,
};

/* GC_POST_PENDING: customized, and its script has still to be brought in, or to end (flow/guest_script.h). */
enum gc_status { GC_COMPLETE, GC_PENDING, GC_POST_PENDING, GC_FAILED, GC_REBOOT_PENDING };

/* Texts live in the arena of the call. */
struct gc {
    bool enabled, change_sid, join_domain, use_org_settings;
    const char *domain, *domain_user, *ou;
    bool admin_password_enabled, admin_password_auto, auto_logon, reset_password;
    int64_t logons;              /* automatic ones */
    const char *script, *computer;
    bool has_admin_password, has_domain_password; /* sealed ones are there */
    bool pending;                /* at the next start, as it was changed since the last one */
    /* How far it came. */
    enum gc_status status;       /* GC_PENDING: given to the vCenter, the guest has not said that it is done */
    const char *why;             /* GC_FAILED */
    int64_t since_ms;            /* when it was given to the vCenter */
    int64_t chain;               /* the vCenter's event id that was read last */
    bool carry;                  /* the script goes into the running guest; sealed under GC_SCRIPT */
    const char *file;            /* .. as this file; "" before */
    int64_t pid;                 /* .. and runs there; 0 before */
};

/* What is kept; for a machine that nobody customized what VCD gives such a one. */
MUST_USE bool gc_get(struct store *s, const struct vm *v, struct arena *a, struct gc *ret, struct err *e);
/* As JSON and back, status included: how a workflow remembers it. */
json_t *gc_write(const struct gc *g);
void gc_read(const json_t *j, struct arena *a, struct gc *ret);
/* Within a write transaction. */
MUST_USE bool gc_put(struct store *s, const char *vm_urn, const struct gc *g, struct err *e);
/* Checks what a person wrote. */
MUST_USE bool gc_check(const struct gc *g, const struct vm *v, struct err *e);
/* How far the last one came, whatever the section says by now. */
void gc_keep_progress(struct gc *to, const struct gc *from);
/* Nothing is on its way into the guest any more. Within a write transaction. */
MUST_USE bool gc_drop_script(struct store *s, const char *vm_urn, struct gc *g, struct err *e);
/* The record and the passwords; what is not there is fine. */
MUST_USE bool gc_drop(struct store *s, const char *vm_urn, struct err *e);

/* Machines whose guest has still to say that it is done: their URNs. */
MUST_USE bool gc_running(struct store *s, struct arena *a, const char *const **ret, size_t *ret_len, struct err *e);

/* "GC_COMPLETE": as clients read it. */
const char *gc_status_name(enum gc_status s);
/* Windows, by its guest id. */
bool gc_is_windows(const struct vm *v);
