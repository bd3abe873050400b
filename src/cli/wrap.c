#include "cli/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "cli/output.h"

void wrap_text(struct out *o, const char *text, size_t len, size_t indent, size_t column)
{
    bool first = true;
    for (size_t i = 0; i < len;) {
        size_t n = 0; /* text need not end in NUL */
        while (i + n < len && text[i + n] && text[i + n] != ' ' && text[i + n] != '\n')
            n++;
        if (n && !first && column + 1 + n > WRAP_COLUMNS) {
            out_printf(o, "\n");
            column = 0;
            first = true;
        }
        if (n && first && column < indent) {
            out_printf(o, "%*s", (int)(indent - column), "");
            column = indent;
        }
        if (n) {
            out_printf(o, "%s%.*s", first ? "" : " ", (int)n, text + i);
            column += n + !first;
            first = false;
        }
        i += n + 1;
    }
    out_printf(o, "\n");
}
