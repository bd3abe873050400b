/* tests/e2e/store/work.h - the changes that a killed process was making, and what must be true of them afterwards.
 * Change n (1, 2, ..) touches every kind of record in one transaction, so that each kind tells how many were kept; a
 * change whose commit returned is acknowledged through a pipe. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/seal.h"
#include "store/store.h"

struct work_ack {
    uint64_t change;     /* 0: the store was opened */
    uint64_t generation;
};

/* A directory of its own for one store; `memory`: where there is no disk to wait for. */
void work_make_dir(char ret[64], bool memory);
void work_remove_dir(const char *dir);
void work_url(const char *dir, char ret[128]);
struct seal_keys *work_keys(void); /* the same keys in every process */

/* Opens the store in `dir` (creating it if it isn't there) and makes changes, at most `changes` of them; after every
 * second one it closes and opens everything, which also empties the log. Ends the process: with 0 when all are made. */
_Noreturn void work_child(const char *dir, uint64_t changes, int ack_fd);

/* Looks at what is there after `last` was acknowledged last (NULL: nothing was, not even the opening): sound, whole, at
 * most one change further. Returns the number of changes; ends the process with a message otherwise. */
uint64_t work_verify(const char *dir, const struct work_ack *last, const char *when);

/* Reads acknowledgements until the pipe ends. False when there was none. */
bool work_read_acks(int fd, struct work_ack *ret_last);

_Noreturn void work_fail(const char *when, const char *fmt, ...) PRINTF(2, 3);
