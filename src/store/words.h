/* store/words.h - which texts the store takes, asked at the door (ERR_INPUT) and again of every row (ERR_STORE).
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/def.h"
#include "base/err.h"

enum store_text {
    STORE_WORD,  /* [a-z0-9.-], at least one: words that the program makes */
    STORE_LINE,  /* UTF-8 without control characters, at least one character */
    STORE_LINE_OR_NONE,
    STORE_PROSE, /* UTF-8 without control characters but line feed and tab; may be empty */
};

/* len bytes without NUL, at most max. */
bool store_text_fits(enum store_text kind, const char *s, size_t len, size_t max);
/* The same for an argument; `what` names it in the error. NULL is refused. */
MUST_USE bool store_take_text(const char *what, enum store_text kind, const char *s, size_t max, struct err *e);
MUST_USE bool store_take_time(const char *what, int64_t ms, struct err *e);

struct store_by;
MUST_USE bool store_take_by(const struct store_by *by, struct err *e);
