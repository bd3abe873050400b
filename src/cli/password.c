#include "cli/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/input.h"

enum { LINE_MAX_BYTES = SECRET_PASSWORD_MAX + 2 }; /* with its line break */

static bool take_line(const struct buf *b, struct secret *ret, struct err *e)
{
    size_t len = b->len;
    if (len > 0 && b->data[len - 1] == '\n')
        len--;
    if (len > 0 && b->data[len - 1] == '\r')
        len--;
    if (len == 0)
        return err_set(e, ERR_INPUT, "the password is empty");
    if (memchr(b->data, '\n', len) || memchr(b->data, '\0', len))
        return err_set(e, ERR_INPUT, "the password is more than one line");
    return len <= SECRET_PASSWORD_MAX ? secret_set(ret, b->data, len, e)
                                      : err_set(e, ERR_INPUT, "the password is longer than %d bytes", SECRET_PASSWORD_MAX);
}

static bool from_file(const char *path, struct secret *ret, struct err *e)
{
    uint8_t *room;
    AUTO(buf_done) struct buf b;
    buf_init(&b, LINE_MAX_BYTES + 1);
    /* all of it at once: nothing of it is left behind in memory that was outgrown */
    bool ok = buf_reserve(&b, LINE_MAX_BYTES + 1, &room, e) && input_file(path, &b, e) && take_line(&b, ret, e);
    secret_wipe(b.data, b.len);
    return ok;
}

/* One line of the terminal, a byte at a time: nothing is read ahead that belongs to somebody else. */
static bool ask(const char *what, struct secret *ret, struct err *e)
{
    uint8_t *room;
    AUTO(buf_done) struct buf b;
    buf_init(&b, LINE_MAX_BYTES);
    bool ok = buf_reserve(&b, LINE_MAX_BYTES, &room, e);
    (void)fprintf(stderr, "%s: ", what);
    (void)fflush(stderr);
    for (char c = 0; ok && c != '\n';) {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n <= 0)
            ok = (n < 0 && errno == EINTR) || err_set(e, ERR_INPUT, "no password was typed");
        else
            ok = buf_append(&b, &c, 1, e);
    }
    (void)fputc('\n', stderr);
    ok = ok && take_line(&b, ret, e);
    secret_wipe(b.data, b.len);
    return ok;
}

static bool from_terminal(const char *what, struct secret *ret, struct err *e)
{
    AUTO(secret_done) struct secret again = { 0 };
    struct termios shown, hidden;
    if (tcgetattr(STDIN_FILENO, &shown))
        return err_sys(e, ERR_INPUT, errno, "the terminal");
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden))
        return err_sys(e, ERR_INPUT, errno, "the terminal");
    bool ok = ask(what, ret, e) && ask("The same again", &again, e) &&
              (secret_equal(ret, &again) || err_set(e, ERR_INPUT, "the two passwords differ"));
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    return ok;
}

bool password_read(const char *path, const char *what, struct secret *ret, struct err *e)
{
    if (!path && isatty(STDIN_FILENO))
        return from_terminal(what, ret, e);
    return from_file(path ? path : "-", ret, e);
}
