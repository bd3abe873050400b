/* cli/prompt.h - asks a person: a confirmation, a line, a secret without echo (cli/password.h reads passwords).
 * Called by commands that need an answer. A question is put only when stdin and stderr are both a terminal; anywhere
 * else the caller names the option that answers it. Questions go to stderr. */
#pragma once
#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

struct out;

enum { PROMPT_LINE_MAX = 1024 }; /* bytes of one answer */

/* Is there anybody to ask? */
bool prompt_possible(const struct out *o);

/* "question [y/N] ": true in *ret only for y or yes. The end of the input is a no. ERR_CANCELLED at Ctrl-C. */
MUST_USE bool prompt_confirm(struct out *o, const char *question, bool *ret, struct err *e);
/* What a command that takes something away does: agreed (--yes), or a confirmation. ERR_INPUT without a terminal, naming the option;
 * ERR_INTERNAL for a no: nothing was changed, and the exit code says so. */
MUST_USE bool prompt_agreed(struct out *o, bool agreed, const char *option, const char *question, struct err *e);
/* A line, without its line break, in the arena; what is nothing but Enter is fallback (may be NULL: asked for again).
 * ERR_CANCELLED at Ctrl-C and at the end of the input. */
MUST_USE bool prompt_line(struct out *o, const char *question, const char *fallback, struct arena *a, const char **ret,
                          struct err *e);
/* The same without echo. ERR_INPUT for an empty one. */
MUST_USE bool prompt_secret(struct out *o, const char *question, struct secret *ret, struct err *e);
