#include "lab/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lab/glyph.h"

enum { MARGIN = 8, POINTER = 6 };

static unsigned clamp(unsigned n)
{
    return n < LAB_SCREEN_LEAST ? LAB_SCREEN_LEAST : n > LAB_SCREEN_MOST ? LAB_SCREEN_MOST : n;
}

void lab_screen_size(struct lab_screen *s, unsigned width, unsigned height)
{
    s->width = clamp(width);
    s->height = clamp(height);
    lab_screen_forget(s);
}

void lab_screen_forget(struct lab_screen *s)
{
    free(s->pixels);
    s->pixels = NULL;
}

void lab_screen_done(struct lab_screen *s)
{
    lab_screen_forget(s);
    *s = (struct lab_screen){ .width = 0 };
}

static void dot(struct lab_screen *s, unsigned x, unsigned y, uint32_t ink)
{
    if (x < s->width && y < s->height)
        s->pixels[(size_t)y * s->width + x] = ink;
}

static void letter(struct lab_screen *s, unsigned x, unsigned y, char c)
{
    const uint8_t *columns = lab_glyph(c);
    for (unsigned i = 0; i < LAB_GLYPH_WIDTH; i++)
        for (unsigned j = 0; j < LAB_GLYPH_HEIGHT; j++)
            if (columns[i] >> j & 1)
                dot(s, x + i, y + j, LAB_SCREEN_INK);
}

/* Wraps at the right; returns the line below. */
static unsigned line(struct lab_screen *s, unsigned y, const char *text)
{
    unsigned x = MARGIN;
    for (const char *c = text; *c; c++) {
        if (*c == '\n' || x + LAB_CELL_WIDTH + MARGIN > s->width) {
            x = MARGIN;
            y += LAB_CELL_HEIGHT;
        }
        if (*c != '\n') {
            letter(s, x, y, *c);
            x += LAB_CELL_WIDTH;
        }
    }
    return y + LAB_CELL_HEIGHT;
}

void lab_screen_draw(struct lab_screen *s)
{
    unsigned y = MARGIN;
    if (!s->pixels)
        s->pixels = xreallocarray(NULL, (size_t)s->width * s->height, sizeof(*s->pixels));
    for (size_t i = 0; i < (size_t)s->width * s->height; i++)
        s->pixels[i] = LAB_SCREEN_PAPER;
    for (size_t i = 0; i < s->lines_len; i++)
        y = line(s, y, s->lines[i]);
    if (s->typed)
        (void)line(s, y + LAB_CELL_HEIGHT, s->typed);
    for (int i = -POINTER; s->pointer_x >= 0 && i <= POINTER; i++) {
        dot(s, (unsigned)(s->pointer_x + i), (unsigned)s->pointer_y, LAB_SCREEN_POINTER);
        dot(s, (unsigned)s->pointer_x, (unsigned)(s->pointer_y + i), LAB_SCREEN_POINTER);
    }
}
