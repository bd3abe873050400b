/* flow/quiesce.h - a cell that takes no new work and finishes what is under way: before it is stopped in order. Asked by task.c for
 * every task that begins; turned by api. It is this process's: the next start takes work again. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct site;
struct store;
struct store_by;

/* In force when it returns; a line of the audit trail. */
MUST_USE bool quiesce_set(const struct site *site, bool on, const struct store_by *by, struct err *e);
/* At start-up. */
MUST_USE bool quiesce_clear(const struct site *site, struct err *e);
/* Within a transaction that begins work. ERR_STORE: the cell is quiesced. */
MUST_USE bool quiesce_open(struct store *s, const struct site *site, struct err *e);
/* Is it quiesced, and how many tasks of the cell are under way? */
MUST_USE bool quiesce_state(struct store *s, const struct site *site, bool *ret_on, uint64_t *ret_jobs, struct err *e);
