/* lab/glyph.h - letters of 5 by 7 dots, for what a simulated console shows.
 * Called by the screen. Pure. */
#pragma once
#include <stdint.h>

enum { LAB_GLYPH_WIDTH = 5, LAB_GLYPH_HEIGHT = 7 };

/* Five columns, the lowest bit on top; '?' for what is not printable ASCII. */
const uint8_t *lab_glyph(char c);
