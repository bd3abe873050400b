#include "cli/suggest.h"

#include <string.h>

#include "base/text.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > SUGGEST_WORD_MAX || b_len > SUGGEST_WORD_MAX)
        return SUGGEST_WORD_MAX;
    /* Three rows of the matrix (optimal string alignment): a swap looks two rows back. */
    size_t rows[3][SUGGEST_WORD_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            char x = text_lower(a[i - 1]), y = text_lower(b[j - 1]);
            now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == text_lower(b[j - 2]) && y == text_lower(a[i - 2]))
                now[j] = least(now[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

/* A third of the word may be wrong; the beginning of a known word counts as one edit. */
void suggest_offer(struct suggest *s, const char *candidate)
{
    size_t len = strlen(s->word);
    size_t d = suggest_distance(s->word, candidate);
    if (len >= 2 && d > 1 && text_caseeq_n(s->word, len, candidate, strnlen(candidate, len)))
        d = 1;
    if (d > (len + 2) / 3 || (s->best && d >= s->distance))
        return;
    s->best = candidate;
    s->distance = d;
}
