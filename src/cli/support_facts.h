/* cli/support_facts.h - what a support bundle holds, as text that is not scrubbed yet. Called by cli/support.c only. Reads the store
 * directly, beside a running cell or without one, and /proc. Leaves out what is never of use: values that are sealed, hashes, sessions. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct settled;
struct store;

enum {
    SUPPORT_EVENTS = 2000,          /* the newest */
    SUPPORT_TASKS = 500,
    SUPPORT_AUDIT = 5000,
    SUPPORT_FILE_MAX = 32 * 1024 * 1024,
    SUPPORT_LOG_MAX = 2 * 1024 * 1024, /* of each log, its end */
};

struct support {
    const struct settled *settled;
    struct store *store;
    struct arena *arena;
};

/* One file of the bundle; appends to out. */
struct support_file {
    const char *name;
    bool (*write)(const struct support *s, struct buf *out, struct err *e);
};
extern const struct support_file support_files[];
extern const size_t support_files_len;
