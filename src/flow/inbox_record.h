/* flow/inbox_record.h - an inbox item as it is kept: what inbox.c and inbox_decide.c share; nobody else includes it. Nouns: inbox. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "flow/inbox.h"

struct store_record;

#define INBOX_KIND "inbox"

MUST_USE bool inbox_record_read(const struct store_record *r, struct arena *a, struct inbox_item *ret, struct err *e);
MUST_USE bool inbox_record_put(struct store *s, const struct inbox_item *x, struct err *e);
/* Of one vCenter Server or NSX Manager, or all (NULL), with the end of their hold-down. */
MUST_USE bool inbox_record_all(struct store *s, const char *urn, struct arena *a, struct inbox_item **ret, size_t *ret_len,
                               struct err *e);
