/* cli/width.h - how many columns a text takes on a terminal, without asking a locale.
 * Called by the table writer. Knows combining marks (none) and wide East Asian characters and emoji (two), after
 * Unicode's UAX 11; ill-formed bytes count one each. */
#pragma once
#include <stddef.h>

size_t width_of(const char *s);
