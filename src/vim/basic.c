#include "vim/basic.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "vim/body.h"

bool vim_basic_check(const char *user, const struct secret *password, const char *whose, struct err *e)
{
    size_t len = strlen(user);
    if (!len || len > SECRET_PASSWORD_MAX || strchr(user, ':') || !text_utf8(user, len))
        return err_set(e, ERR_INPUT, "the user name for %s is empty, too long, not UTF-8 or has a colon", whose);
    if (!password->len || password->len > SECRET_PASSWORD_MAX || !text_utf8((const char *)password->bytes, password->len))
        return err_set(e, ERR_INPUT, "the password for %s is empty, too long or not UTF-8", whose);
    return true;
}

bool vim_basic_write(const char *user, const struct secret *password, struct buf *out, struct err *e)
{
    AUTO(vim_body_wipe) struct buf plain;
    uint8_t *room;
    buf_init(&plain, 2 * SECRET_PASSWORD_MAX + 2);
    /* Room at once: a buffer that grows leaves copies behind. */
    return buf_reserve(&plain, strlen(user) + password->len + 2, &room, e) && buf_puts(&plain, user, e) &&
           buf_puts(&plain, ":", e) && buf_append(&plain, password->bytes, password->len, e) &&
           buf_reserve(out, sizeof("Basic ") + (plain.len + 2) / 3 * 4, &room, e) && buf_puts(out, "Basic ", e) &&
           text_base64(out, plain.data, plain.len, e);
}
