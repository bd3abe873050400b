/* cli/tree.h - a directory of files and links that appears as a whole: made beside its place under a name of our own, then moved
 * there. Called by cert export. An interrupted one leaves at most that other directory behind. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct tree {
    const char *place; /* where it is to be; in the arena */
    char *work;        /* where it is made; in the arena, NULL: nothing to drop */
};

MUST_USE bool tree_begin(struct tree *t, const char *place, struct arena *a, struct err *e);
/* A file, and a symbolic link to one, directly in it. */
MUST_USE bool tree_file(struct tree *t, const char *name, const void *p, size_t len, unsigned mode, struct err *e);
MUST_USE bool tree_link(struct tree *t, const char *name, const char *to, struct err *e);
bool tree_has(const struct tree *t, const char *name);
/* In its place, at once. ERR_CONFLICT when something is there; with replace a directory is exchanged for it and removed, if it holds
 * nothing but files and links that end in .pem or .<number>, as ours do (ERR_CONFLICT otherwise: it is somebody else's). */
MUST_USE bool tree_publish(struct tree *t, bool replace, struct err *e);
/* What was not published goes. */
void tree_drop(struct tree *t);
