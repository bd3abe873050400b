/* lab/screen.h - the picture that a console shows: host, machine, ticket, what was typed and where the pointer is.
 * Called by the RFB server of a console. Pixels are 0xRRGGBB, one word each; letters stand in cells of fixed size, so that a
 * test can read them back. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum {
    LAB_SCREEN_WIDTH = 640, LAB_SCREEN_HEIGHT = 400,         /* to begin with */
    LAB_SCREEN_LEAST = 160, LAB_SCREEN_MOST = 2048,          /* of each side */
    LAB_CELL_WIDTH = 6, LAB_CELL_HEIGHT = 10, /* dots of a letter's cell */
    LAB_SCREEN_LINES = 12,
    LAB_TYPED_MAX = 1024,                                    /* keys that are remembered, the oldest go */
    LAB_SCREEN_INK = 0xffffff, LAB_SCREEN_PAPER = 0x00364d, LAB_SCREEN_POINTER = 0xffa500,
};

struct lab_screen {
    unsigned width, height;
    uint32_t *pixels; /* owned; NULL until it is drawn */
    const char *lines[LAB_SCREEN_LINES]; /* borrowed; shown from the top */
    size_t lines_len;
    const char *typed;                   /* borrowed; below them, wrapped */
    int pointer_x, pointer_y;            /* -1: nowhere yet */
};

void lab_screen_size(struct lab_screen *s, unsigned width, unsigned height); /* clamped to LEAST and MOST; nothing is drawn */
void lab_screen_draw(struct lab_screen *s);
void lab_screen_forget(struct lab_screen *s); /* the dots; its size and texts stay */
void lab_screen_done(struct lab_screen *s);
