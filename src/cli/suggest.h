/* cli/suggest.h - "did you mean": the nearest known word to a mistyped one.
 * Called when an option, a command or a rule is not known. Only ever suggests: nothing is taken for what it is not. */
#pragma once
#include <stddef.h>

enum { SUGGEST_WORD_MAX = 64 }; /* longer words get no suggestion */

/* Edits (insert, delete, replace, swap of neighbours) from a to b without regard to case; SUGGEST_WORD_MAX when
 * either is longer than that. */
size_t suggest_distance(const char *a, const char *b);

/* Keeps the best of the words offered so far. Zero it, set word, offer candidates, read best (NULL: none near). */
struct suggest {
    const char *word;
    const char *best;
    size_t distance;
};

void suggest_offer(struct suggest *s, const char *candidate);
