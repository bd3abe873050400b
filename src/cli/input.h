/* cli/input.h - files and standard input as commands read them: whole up to a cap, or line by line up to a cap.
 * "-" is standard input. Never interprets what it reads. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the whole file to b. ERR_INPUT when it can't be read or is larger than b may grow; the message names the file. */
MUST_USE bool input_file(const char *path, struct buf *b, struct err *e);

enum input_event {
    INPUT_LINE,     /* line, without its line break */
    INPUT_TOO_LONG, /* a line over the cap; it was skipped */
    INPUT_END,
    INPUT_FAILED,
};

/* Lines of a descriptor. The last line counts without a line break as well. */
struct input_lines {
    int fd;           /* borrowed */
    struct buf bytes; /* read, not yet given out: from `start` on */
    size_t start;
    size_t searched; /* no line break before this offset */
    size_t max;
    bool ended, skipping;
};

void input_lines_init(struct input_lines *in, int fd, size_t max);
void input_lines_done(struct input_lines *in);

/* True when the next line is here already, so that asking for it will not wait. */
bool input_lines_ready(const struct input_lines *in);

/* line is borrowed until the next call, and NUL-terminated where its line break was. */
enum input_event input_lines_next(struct input_lines *in, char **ret_line, size_t *ret_len, struct err *e);
