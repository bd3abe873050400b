/* lab/ticket.h - console tickets: what AcquireTicket gives, and what a host takes, once and for a short while.
 * Called by the method and by the hosts' listener. A ticket is for one machine on the host where it runs: when that moves or is powered
 * off, the ticket is worth nothing. Kept in memory only. Under lab_lock. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lab/estate.h"

struct lab_tickets;
struct lab_vm;

enum { LAB_TICKETS_MAX = 2000 /* unused ones of one vCenter; the oldest goes */, LAB_TICKET = 33 };

/* Writes a new one for the machine where it runs now. */
void lab_ticket_make(const struct lab_vm *vm, int64_t now_ms, char out[LAB_TICKET]);
/* Redeems it at that host; the machine's number. ERR_DENIED says why not; it is gone then as well. */
MUST_USE bool lab_ticket_take(struct lab_endpoint *host, const char *id, int64_t now_ms, unsigned *ret_vm, struct err *e);
struct lab_tickets *lab_tickets_destroy(struct lab_tickets *t);
