/* tests/unit/wire/cases.h - inputs that are named files, and the three loops that every parser test runs through:
 * whole, split at each byte, cut off at each byte (house style 3.11). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { CASE_MAX = 256 * 1024 };

/* Calls fn for each file of data/<folder> whose name ends in suffix, sorted by name; returns how many there were. */
struct case_file {
    const char *name; /* without the suffix */
    const uint8_t *data;
    size_t len;
};
size_t cases_each(const char *folder, const char *suffix, void (*fn)(void *ctx, const struct case_file *f), void *ctx);
/* The content of data/<folder>/<name><suffix> as a string, "" when there is none. */
void cases_read(const char *folder, const char *name, const char *suffix, struct buf *out);

/* Fails unless out is the content of data/<folder>/<name>.out. With CASES_WRITE set in the environment it writes that
 * file instead, to be read and reviewed before it is committed. */
void cases_golden(const char *folder, const char *name, const struct buf *out);

/* A reader under test: feeds the pieces in order to a fresh parser and says in words what came out. Returns true
 * when the parser reported a complete value. */
typedef bool case_run(void *ctx, const uint8_t *const *pieces, const size_t *lens, size_t count, struct buf *out);

/* Runs the input whole (the words go to out), in two pieces split at each byte, byte by byte, and cut off at each
 * byte. The words must be the same however it was split; cut off before `complete_at` (what the whole run used; 0 = it
 * was refused) nothing complete may be reported. Returns what the whole run returned. */
bool cases_thrice(case_run *run, void *ctx, const char *name, const uint8_t *data, size_t len, size_t *complete_at,
                  struct buf *out);
