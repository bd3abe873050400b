#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { CHUNK = 64 * 1024, SHOWN_MAX = 120 };

/* One read(2) appended to b; *ret_len 0 at the end. */
static bool read_some(int fd, struct buf *b, size_t *ret_len, struct err *e)
{
    uint8_t *at;
    size_t room = b->max - b->len < CHUNK ? b->max - b->len : CHUNK;
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

bool input_file(const char *path, struct buf *b, struct err *e)
{
    char shown[SHOWN_MAX];
    text_escape(shown, sizeof(shown), path, strlen(path));
    bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_sys(e, ERR_INPUT, errno, "%s", shown);
    bool ok = read_all(fd, b, e) || err_in(e, "%s", shown);
    if (!standard)
        (void)close(fd);
    return ok;
}

void input_lines_init(struct input_lines *in, int fd, size_t max)
{
    *in = (struct input_lines){ .fd = fd, .max = max };
    buf_init(&in->bytes, max + CHUNK + 1);
}

void input_lines_done(struct input_lines *in)
{
    buf_done(&in->bytes);
    *in = (struct input_lines){ .fd = -1 };
}

static char *line_end(const struct input_lines *in)
{
    size_t from = in->searched > in->start ? in->searched : in->start;
    return in->bytes.len > from ? memchr(in->bytes.data + from, '\n', in->bytes.len - from) : NULL;
}

bool input_lines_ready(const struct input_lines *in)
{
    return in->ended || (!in->skipping && line_end(in));
}

/* Gives out the line that ends before `end` and goes on behind `next`. */
static enum input_event take(struct input_lines *in, size_t end, size_t next, char **ret_line, size_t *ret_len)
{
    size_t start = in->start;
    bool skipped = in->skipping;
    in->start = in->searched = next;
    in->skipping = false;
    if (skipped || end - start > in->max)
        return INPUT_TOO_LONG;
    in->bytes.data[end] = '\0';
    *ret_line = (char *)in->bytes.data + start;
    *ret_len = end - start;
    return INPUT_LINE;
}

/* Makes room: what was given out goes, and so does a line that is too long already. */
static void compact(struct input_lines *in)
{
    if (in->bytes.len - in->start > in->max || in->skipping) {
        in->skipping = true;
        in->start = in->bytes.len;
    }
    buf_consume(&in->bytes, in->start);
    in->start = 0;
    in->searched = in->bytes.len;
}

enum input_event input_lines_next(struct input_lines *in, char **ret_line, size_t *ret_len, struct err *e)
{
    for (;;) {
        const char *end = line_end(in);
        if (end) {
            size_t at = (size_t)(end - (const char *)in->bytes.data);
            return take(in, at, at + 1, ret_line, ret_len);
        }
        if (in->ended) {
            if (in->start == in->bytes.len && !in->skipping)
                return INPUT_END;
            return take(in, in->bytes.len, in->bytes.len, ret_line, ret_len);
        }
        compact(in);
        size_t n;
        if (!read_some(in->fd, &in->bytes, &n, e))
            return INPUT_FAILED;
        in->ended = n == 0;
    }
}
