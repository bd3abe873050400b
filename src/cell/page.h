/* cell/page.h - the configuration's table for people: as the file to begin with, and as the table of docs/configuration.md.
 * Called by main.c; writes text, reads nothing. */
#pragma once
#include <stdbool.h>

#include "base/err.h"

struct buf;

enum { PAGE_MAX = 64 * 1024 }; /* bytes of either */

/* Every key with its help and default. */
MUST_USE bool page_example(struct buf *out, struct err *e);
/* Markdown, a row a key. */
MUST_USE bool page_table(struct buf *out, struct err *e);
