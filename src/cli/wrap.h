/* cli/wrap.h - running text in lines that a terminal shows whole. Called by help and by verdicts. */
#pragma once
#include <stddef.h>

struct out;

enum { WRAP_COLUMNS = 96 };

/* The words of text, each line after `indent` spaces and within WRAP_COLUMNS, ending in a line break. column: where
 * the cursor stands already. */
void wrap_text(struct out *o, const char *text, size_t len, size_t indent, size_t column);
