#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { SHOWN_MAX = 120 };

/* One read(2) appended to b; *ret_len 0 at the end. */
static bool read_some(int fd, struct buf *b, size_t *ret_len, struct err *e)
{
    uint8_t *at;
    size_t room = b->max - b->len < INPUT_CHUNK ? b->max - b->len : INPUT_CHUNK;
    if (!buf_reserve(b, room, &at, e))
        return false;
    ssize_t n;
    do
        n = read(fd, at, room);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(e, ERR_INPUT, errno, "reading");
    buf_commit(b, (size_t)n);
    *ret_len = (size_t)n;
    return true;
}

static bool read_all(int fd, struct buf *b, struct err *e)
{
    size_t n = 1;
    while (n) {
        if (b->len == b->max)
            return err_set(e, ERR_INPUT, "larger than %zu bytes", b->max);
        if (!read_some(fd, b, &n, e))
            return false;
    }
    return true;
}

bool input_open(const char *path, int *ret_fd, struct err *e)
{
    char shown[SHOWN_MAX];
    text_escape(shown, sizeof(shown), path, strlen(path));
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    if (fd < 0)
        return err_sys(e, ERR_INPUT, errno, "%s", shown);
    *ret_fd = fd;
    return true;
}

void input_close(int fd)
{
    if (fd != STDIN_FILENO)
        (void)close(fd);
}

bool input_file(const char *path, struct buf *b, struct err *e)
{
    int fd = -1;
    if (!input_open(path, &fd, e))
        return false;
    char shown[SHOWN_MAX];
    text_escape(shown, sizeof(shown), path, strlen(path));
    bool ok = read_all(fd, b, e) || err_in(e, "%s", shown);
    input_close(fd);
    return ok;
}

void input_lines_init(struct input_lines *in, int fd, size_t max)
{
    *in = (struct input_lines){ .fd = fd };
    lines_init(&in->lines, max);
    buf_init(&in->chunk, INPUT_CHUNK);
}

void input_lines_done(struct input_lines *in)
{
    lines_done(&in->lines);
    buf_done(&in->chunk);
    *in = (struct input_lines){ .fd = -1 };
}

/* The next event of what was read already; INPUT_PAUSE when that is used up. */
static enum input_event from_chunk(struct input_lines *in, struct url_span *ret_line)
{
    size_t used = 0;
    const uint8_t *at = in->chunk.len ? in->chunk.data + in->used : NULL;
    enum lines_event event =
        in->ended ? lines_eof(&in->lines, ret_line)
                  : lines_feed(&in->lines, at, in->chunk.len - in->used, &used, ret_line);
    in->used += used;
    switch (event) {
    case LINES_LINE:
        return INPUT_LINE;
    case LINES_TOO_LONG:
        return INPUT_TOO_LONG;
    case LINES_MORE:
        break;
    }
    return in->ended ? INPUT_END : INPUT_PAUSE;
}

enum input_event input_lines_next(struct input_lines *in, struct url_span *ret_line, struct err *e)
{
    if (in->paused) {
        size_t n;
        buf_clear(&in->chunk);
        in->used = 0;
        in->paused = false;
        if (!read_some(in->fd, &in->chunk, &n, e))
            return INPUT_FAILED;
        in->ended = n == 0;
    }
    enum input_event event = from_chunk(in, ret_line);
    in->paused = event == INPUT_PAUSE;
    return event;
}
