#include "cli/password.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/prompt.h"

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

bool password_read(struct out *o, const char *path, const char *what, struct secret *ret, struct err *e)
{
    AUTO(secret_done) struct secret again = { 0 };
    if (!path && o->no_input && isatty(STDIN_FILENO) == 1)
        return err_set(e, ERR_INPUT, "nobody is to be asked for the password: name a file with --password-file (-: standard input)");
    if (path || !prompt_possible(o))
        return from_file(path ? path : "-", ret, e);
    return prompt_secret(o, what, ret, e) && prompt_secret(o, "The same again", &again, e) &&
           (secret_equal(ret, &again) || err_set(e, ERR_INPUT, "the two passwords differ"));
}

bool password_known(struct out *o, const char *option, const char *path, const char *what, struct secret *ret, struct err *e)
{
    if (path)
        return from_file(path, ret, e);
    if (!prompt_possible(o))
        return err_set(e, ERR_INPUT, "there is no terminal to ask for the password: name a file with %s (-: standard input)",
                       option);
    return prompt_secret(o, what, ret, e);
}
