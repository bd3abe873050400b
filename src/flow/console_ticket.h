/* flow/console_ticket.h - the cell's own tickets of consoles: 256 random bits, of which only the SHA-256 is kept, bound to a virtual machine
 * and to the user's session, good once and for CONSOLE_TICKET_MS. Called by flow/console.c. It asks no clock, and nobody whether the
 * session is still there. */
#pragma once
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

struct arena;
struct caller;
struct loan_shelf;
struct store_record;

enum {
    CONSOLE_TICKET_MS = 30 * 1000,
    CONSOLE_TICKET = 64,           /* bytes of a ticket with its NUL: "cst-" and base64url */
    CONSOLE_PER_SESSION = 100,     /* tickets of one session that nobody has used yet */
};

/* now_ms: wall clock. ERR_LIMIT: too many of this session wait. Wipe the ticket. */
MUST_USE bool console_ticket_keep(struct loan_shelf *shelf, const struct caller *c, const char *vm_urn, int64_t now_ms,
                                  char ret_ticket[CONSOLE_TICKET], struct err *e);
/* Taken away by whoever comes first. ret: owner is the session, its data says vm and user; in the arena. ERR_DENIED: there is none, or it is too
 * old. */
MUST_USE bool console_ticket_take(struct loan_shelf *shelf, const char *ticket, int64_t now_ms, struct arena *a, struct store_record *ret,
                                  struct err *e);
