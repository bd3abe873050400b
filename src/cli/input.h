/* cli/input.h - files and standard input as commands read them: whole up to a cap, or line by line up to a cap.
 * "-" is standard input. Never interprets what it reads. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/lines.h"

/* Opens a file for reading; standard input stays open at input_close. ERR_INPUT names the file. */
MUST_USE bool input_open(const char *path, int *ret_fd, struct err *e);
void input_close(int fd);

/* Appends the whole file to b. ERR_INPUT when it can't be read or is larger than b may grow; the message names the file. */
MUST_USE bool input_file(const char *path, struct buf *b, struct err *e);

enum input_event {
    INPUT_LINE,     /* a line, without its line break */
    INPUT_TOO_LONG, /* a line over the cap; it was passed over */
    INPUT_PAUSE,    /* no line is here any more: the next call waits for one. Time to flush what was answered */
    INPUT_END,
    INPUT_FAILED,
};

enum { INPUT_CHUNK = 64 * 1024 }; /* bytes read at once */

/* Lines of a descriptor (wire/lines.h). The last line counts without a line break as well. */
struct input_lines {
    int fd; /* borrowed */
    struct lines lines;
    struct buf chunk;  /* what was read last */
    size_t used;       /* of it */
    bool paused, ended;
};

void input_lines_init(struct input_lines *in, int fd, size_t max);
void input_lines_done(struct input_lines *in);

/* ret_line is borrowed until the next call. */
enum input_event input_lines_next(struct input_lines *in, struct url_span *ret_line, struct err *e);
