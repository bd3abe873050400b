/* cli/progress.h - how far a bulk command has come, on stderr.
 * On a terminal one line that redraws itself, ten times a second at most; elsewhere a line every ten seconds;
 * nothing with -q, and nothing at all for what is over before anybody could read it.
 * Time is a parameter (clock_mono_ms). */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct out;

enum {
    PROGRESS_REDRAW_MS = 100,  /* between two states of the line on a terminal */
    PROGRESS_LINE_MS = 10000,  /* between two lines elsewhere */
    PROGRESS_QUIET_MS = 500,   /* a command that ends sooner shows nothing */
};

struct progress {
    struct out *out;   /* borrowed */
    const char *doing; /* "looked at"; borrowed */
    size_t total;      /* 0: not known */
    int64_t started_ms, shown_ms;
};

void progress_init(struct progress *p, struct out *o, const char *doing, size_t total, int64_t now_ms);
void progress_update(struct progress *p, size_t done, int64_t now_ms);
/* Takes the redrawn line away again. */
void progress_done(struct progress *p);
