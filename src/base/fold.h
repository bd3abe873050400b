/* base/fold.h - text without regard to case, for names that people give and that must be unique.
 * Simple lower-case mapping of Unicode as the C library has it, the same on every machine whatever its locale: one
 * character becomes one character, so "STRASSE" and "Straße" stay different. ASCII-only comparison is text_caseeq. */
#pragma once
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the folded form of s. ERR_INPUT when it is not UTF-8, ERR_LIMIT past the buffer's maximum
 * (a part may stand there then). */
MUST_USE bool fold_case(const char *s, struct buf *b, struct err *e);
