/* net/memory.h - two ends of a byte stream in memory, so that everything above net can be tried without sockets.
 * Called by tests, and by programs that speak to a part of themselves; both ends belong to one thread. Each way has a
 * bounded buffer, so back-pressure is real; a test can let bytes through piece by piece, or cut the stream. */
#pragma once
#include <stddef.h>

#include "base/err.h"
#include "net/conn.h"

/* cap: bytes that fit each way before a writer has to wait (at least 1). Destroying one end lets the other read what
 * is left, then the end; its writes fail with ERR_PEER. Never fails. */
void memory_pair(size_t cap, struct conn **ret_a, struct conn **ret_b);

/* Every read and write of this end moves at most so many bytes a call; SIZE_MAX = as many as fit. */
void memory_chunk(struct conn *c, size_t read_max, size_t write_max);

/* This end gets to see only the first `total` bytes that the other wrote (counted since the pair was made) and then
 * waits; SIZE_MAX = all of them. */
void memory_admit(struct conn *c, size_t total);

/* This end reads `total` bytes, counted in the same way, and then the orderly end of the stream, whatever else the
 * other writes: a truncated peer. */
void memory_truncate(struct conn *c, size_t total);

/* Bytes that the other end wrote so far, read or not. */
size_t memory_sent(const struct conn *c);

/* Gives this end a descriptor, so that a loop can watch it: an edge for everything that the other end does. Not for
 * io_run: the two ends have one thread, so nobody would act while it waits. */
MUST_USE bool memory_watchable(struct conn *c, struct err *e);
