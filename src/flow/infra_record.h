/* flow/infra_record.h - lines of plans and runs as they are kept: what infra_run.c and infra_record.c share. Nobody else includes
 * it. Nouns: infra. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "flow/infra.h"

/* Lines of a task, in their order; n is a line's place. Within the caller's transaction. */
MUST_USE bool infra_lines(struct store *s, const char *task, struct arena *a, struct infra_line **ret, size_t *ret_len,
                          struct err *e);
MUST_USE bool infra_line_put(struct store *s, const char *task, size_t n, const struct infra_line *line, int64_t until_ms,
                             struct err *e);
/* What would be stored, as it can be confirmed. */
void infra_lines_digest(const struct infra_line *lines, size_t len, struct arena *a, char ret[INFRA_DIGEST]);
/* digest: of the first look; ended: there is nothing more to come. */
MUST_USE bool infra_result_put(struct store *s, const char *task, const char *digest, bool ended, int64_t until_ms, struct err *e);
