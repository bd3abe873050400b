/* cli/settled.h - the cell's configuration as it is settled: every key with its value and where that is from, and everything that is wrong
 * with a file at once. Called by config check, config show and support-bundle. No secret comes out of here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/config.h"

enum { SETTLED_ERRORS_MAX = 50 };

struct settled {
    const char *path;            /* of the file */
    struct config config;        /* of use only without errors */
    struct settled_row {
        const char *key;         /* "limits.loops" */
        const char *value;       /* with secrets masked; NULL: nothing */
        unsigned line;           /* of the file; 0: the default, or made of others */
        const char *made_of;     /* "data_dir"; NULL */
        bool reload;
        const char *help;
    } *rows;
    size_t rows_len;
    struct settled_error {
        unsigned line;           /* 0: of no line */
        const char *text;
    } *errors;
    size_t errors_len;
};

/* In the arena. ERR_INPUT: the file can't be read at all. */
MUST_USE bool settled_read(const char *path, struct arena *a, struct settled *ret, struct err *e);
/* A URL without its password: what stands before '@', and password= behind '?'. In the arena. */
const char *settled_mask(const char *url, struct arena *a);
