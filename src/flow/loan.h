/* flow/loan.h - a handle of the store for the time of one piece of work: taken from a shelf, put back at the end.
 * Everything above the store takes its handles here, because a handle is used by one thread at a time and opening one
 * costs a millisecond. A loan that still has a transaction open is aborted when it goes back. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/def.h"
#include "base/err.h"

struct loan_shelf;
struct store;
struct store_source;

enum { LOAN_KEPT = 16 }; /* handles kept open while nobody needs them */

/* source is borrowed. */
struct loan_shelf *loan_shelf_create(struct store_source *source);
struct loan_shelf *loan_shelf_destroy(struct loan_shelf *s); /* all are back */
DEFINE_AUTO(loan_shelf_destroyp, struct loan_shelf *, loan_shelf_destroy)

/* Zeroed at first: AUTO(loan_end) struct loan l = { 0 }; */
struct loan {
    struct store *store; /* borrowed while the loan lasts */
    struct loan_shelf *shelf;
};

/* Any thread. ERR_STORE when another handle can't be opened. */
MUST_USE bool loan_begin(struct loan_shelf *s, struct loan *ret, struct err *e);
void loan_end(struct loan *l); /* harmless for a zeroed one */
