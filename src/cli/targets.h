/* cli/targets.h - the endpoints that a bulk command is given: as arguments, in a file, on standard input.
 * All are read and checked before the first one is touched, so that a mistake in the last line costs nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/args.h"
#include "wire/url.h"

enum {
    TARGETS_MAX = 100000,    /* endpoints of one command */
    TARGETS_LINE_MAX = 1024, /* bytes of one line */
};

struct target {
    struct url_host endpoint;
    const char *text; /* "vc1.example:443"; in the arena, as host */
    const char *host;
    json_t *row;   /* owned; what was found out, NULL before */
};

struct targets {
    struct target *items; /* owned */
    size_t len, cap;
};

void targets_done(struct targets *t);

/* Words of the command line. ERR_INPUT names the word; ERR_LIMIT past the cap. */
MUST_USE bool targets_words(struct targets *t, const struct arg_list *words, struct arena *arena, struct err *e);
/* One endpoint a line; empty lines and what follows a '#' do not count. "-" is standard input. ERR_INPUT names the line. */
MUST_USE bool targets_file(struct targets *t, const char *path, struct arena *arena, struct err *e);
