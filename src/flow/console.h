/* flow/console.h - opening the screen of a virtual machine: tickets of this cell, and what the gate asks when one is used.
 * Called by api (acquireMksTicket, the list of sessions) and, through console_policy, by the gate.
 *
 * The journey. console_ticket looks at the host first, so that an untrusted one is said where a person reads it, and keeps a
 * ticket (flow/console_ticket.h). When the ticket comes back over wss it is
 * taken away in one change, the session must still be there and still may, and only then the vCenter is asked for its own ticket. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/console_ticket.h"
#include "gate/gate.h"

struct arena;
struct caller;
struct site;

/* ERR_DENIED: not his, or without a session; ERR_INPUT: powered off, or its host can't be reached; ERR_UNTRUSTED: the host is
 * not believed. The last two are kept as events. Wipe the ticket. */
MUST_USE bool console_ticket(const struct site *site, const struct caller *c, const char *vm_urn, char ret_ticket[CONSOLE_TICKET],
                             struct err *e);

/* self is the struct site. */
extern const struct gate_policy console_policy;

/* A live session as its owner and the provider see it; texts in the arena. */
struct console_row {
    const char *id, *user, *user_name, *org, *org_name, *vm, *vm_name, *from, *vcenter, *host_name;
    int64_t since_ms;
    uint64_t up, down;
    uint8_t anchor[DIGEST_SHA256];
    bool single_proof;
};
/* A provider sees all, everybody else his organization's. In the order of since_ms. */
void console_list(const struct site *site, const struct caller *c, struct arena *a, struct console_row **ret, size_t *ret_len);
/* ERR_NOT_FOUND: none that he may see. */
MUST_USE bool console_end(const struct site *site, const struct caller *c, const char *id, struct err *e);
