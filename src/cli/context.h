/* cli/context.h - what the command line remembers of each cell between two commands: its URL, who logged in, the
 * certificates that it is believed by, and the session's token. Called by login, logout and cli/remote.h.
 * One file, contexts.json (0600), in $XDG_CONFIG_HOME/vouchsafe (0700; without the variable ~/.config). What others could
 * read or write is refused, not repaired. Passwords are never kept, and a token is never printed. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum {
    CONTEXT_FILE_MAX = 1024 * 1024, /* bytes of the file */
    CONTEXT_COUNT_MAX = 100,        /* cells in it */
};

/* Texts are the caller's, or the arena's after context_load. A zeroed struct is valid; context_done. */
struct context {
    const char *url;     /* "https://cell.example" or with ":8443" */
    const char *user;    /* "administrator@System"; NULL before the first login */
    const char *anchors; /* PEM of what the cell's chain may end in; NULL: nothing yet */
    bool pinned;         /* the anchor is the cell's own certificate, and a person confirmed it: its name does not matter */
    struct secret token; /* empty when logged out */
};

/* The directory, in the arena. ERR_INPUT: neither XDG_CONFIG_HOME nor HOME says where. env is getenv or a test's. */
MUST_USE bool context_directory(const char *(*env)(const char *), struct arena *a, const char **ret, struct err *e);

/* The context of this URL; NULL: the one that was saved last. ERR_NOT_FOUND; ERR_INPUT: the file can't be read as one;
 * ERR_DENIED: others may read or write it. */
MUST_USE bool context_load(const char *directory, const char *url, struct arena *a, struct context *ret, struct err *e);
/* Keeps it, and makes it the one that commands without a URL use. */
MUST_USE bool context_save(const char *directory, const struct context *c, struct err *e);
/* Takes it out of the file. Nothing to take out is fine. */
MUST_USE bool context_forget(const char *directory, const char *url, struct err *e);

void context_done(struct context *c);
