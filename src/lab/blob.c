#include "lab/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "wire/http1.h"

void lab_blob_say(struct http_exchange *x, int status, const char *text)
{
    static const struct http1_field plain[] = { { "Content-Type", "text/plain" } };
    http_answer(x, status, plain, ARRAY_LEN(plain), arena_strdup(http_arena(x), text), strlen(text));
}

bool lab_upload_start(struct lab_upload *u, const char *path, uint64_t max, struct err *e)
{
    char id[RANDOM_UUID];
    const EVP_MD *kinds[] = { EVP_sha1(), EVP_sha256() };
    random_uuid(id);
    u->max = max;
    u->fd = -1;
    (void)text_copy(u->path, sizeof(u->path), path);
    (void)snprintf(u->fresh, sizeof(u->fresh), "%s~%.6s", path, id);
    for (size_t i = 0; i < 2; i++)
        if (!(u->sums[i] = EVP_MD_CTX_new()) || !EVP_DigestInit_ex(u->sums[i], kinds[i], NULL))
            return err_set(e, ERR_INTERNAL, "no digest");
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "that is a folder");
    u->fd = open(u->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return u->fd >= 0 || err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORE, errno, "making %s", path);
}

static bool finish(struct lab_upload *u, struct err *e)
{
    if (u->is_vmdk && !lab_vmdk_finish(&u->vmdk, e))
        return false;
    if (!EVP_DigestFinal_ex(u->sums[0], u->sha1, NULL) || !EVP_DigestFinal_ex(u->sums[1], u->sha256, NULL))
        return err_set(e, ERR_INTERNAL, "no digest");
    (void)close(u->fd);
    u->fd = -1;
    if (rename(u->fresh, u->path) != 0)
        return err_sys(e, ERR_STORE, errno, "renaming %s", u->fresh);
    u->fresh[0] = '\0';
    return true;
}

bool lab_upload_take(struct lab_upload *u, struct http_exchange *x, bool *ret_end, struct err *e)
{
    const uint8_t *p;
    size_t len;
    for (;;) {
        http_body_peek(x, &p, &len, ret_end);
        if (!len)
            break;
        if (len > u->max - u->len)
            return err_set(e, ERR_LIMIT, "more than %llu bytes", (unsigned long long)u->max);
        if (u->is_vmdk && !lab_vmdk_feed(&u->vmdk, p, len, e))
            return false;
        if (!file_write_all(u->fd, p, len, e) || !EVP_DigestUpdate(u->sums[0], p, len) || !EVP_DigestUpdate(u->sums[1], p, len))
            return false;
        u->len += len;
        http_body_consume(x, len);
    }
    return !*ret_end || finish(u, e);
}

void lab_upload_done(struct lab_upload *u)
{
    if (u->fd >= 0)
        (void)close(u->fd);
    u->fd = -1;
    if (u->fresh[0])
        (void)unlink(u->fresh);
    u->fresh[0] = '\0';
    for (size_t i = 0; i < 2; i++) {
        EVP_MD_CTX_free(u->sums[i]);
        u->sums[i] = NULL;
    }
}

/* ---- the other way ---- */

/* "bytes=5-", "bytes=5-9", "bytes=-5". False: not one range, so all of it is sent. *ret_none: it lies outside. */
static bool one_range(const char *value, uint64_t size, uint64_t *ret_from, uint64_t *ret_len, bool *ret_none)
{
    char first[24], last[24];
    uint64_t from = 0, to = size ? size - 1 : 0;
    size_t dash = value && !strncmp(value, "bytes=", 6) ? strcspn(value + 6, "-") : 0;
    *ret_none = false;
    if (!value || strncmp(value, "bytes=", 6) != 0 || value[6 + dash] != '-' || strchr(value, ',') || dash >= sizeof(first) ||
        !text_copy(last, sizeof(last), value + 7 + dash))
        return false;
    (void)snprintf(first, sizeof(first), "%.*s", (int)dash, value + 6);
    if ((*first && !text_number(first, 0, INT64_MAX, &from)) || (*last && !text_number(last, 0, INT64_MAX, &to)) || (!*first && !*last))
        return false;
    if (!*first) {
        *ret_none = !to;
        from = to < size ? size - to : 0;
        to = size ? size - 1 : 0;
    }
    if (*first && *last && to < from)
        return false;
    *ret_none = *ret_none || from >= size;
    *ret_from = from;
    *ret_len = (to < size ? to : size - 1) - from + 1;
    return true;
}

bool lab_download_start(struct lab_download *d, struct http_exchange *x, const char *path, const char *type, bool chunked, struct err *e)
{
    struct stat st;
    d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (d->fd < 0 || fstat(d->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_NOT_FOUND, "no such file");
    uint64_t size = (uint64_t)st.st_size, from = 0, len = size;
    bool none, part = !chunked && one_range(http1_find(http_head(x), "Range"), size, &from, &len, &none);
    struct http1_field fields[3] = { { "Content-Type", type }, { "Accept-Ranges", "bytes" } };
    fields[2].name = "Content-Range";
    if (part && none) {
        fields[2].value = arena_printf(http_arena(x), "bytes */%llu", (unsigned long long)size);
        http_answer(x, 416, fields + 2, 1, NULL, 0);
        return true;
    }
    if (part)
        fields[2].value = arena_printf(http_arena(x), "bytes %llu-%llu/%llu", (unsigned long long)from,
                                       (unsigned long long)(from + len - 1), (unsigned long long)size);
    d->at = from;
    d->left = len;
    http_answer_start(x, part ? 206 : 200, fields, chunked ? 1 : part ? 3 : 2, chunked ? HTTP_LENGTH_UNKNOWN : len);
    if (!strcmp(http_head(x)->method, "HEAD"))
        d->left = 0;
    lab_download_go(d, x);
    return true;
}

void lab_download_go(struct lab_download *d, struct http_exchange *x)
{
    while (d->left || d->sent < d->have) {
        if (d->sent == d->have) {
            size_t want = d->left < sizeof(d->piece) ? (size_t)d->left : sizeof(d->piece);
            ssize_t got = pread(d->fd, d->piece, want, (off_t)d->at);
            if (got <= 0)
                break; /* it became shorter: the client sees that some is missing */
            d->have = (size_t)got;
            d->sent = 0;
            d->at += d->have;
            d->left -= d->have;
        }
        size_t took = http_answer_write(x, d->piece + d->sent, d->have - d->sent);
        d->sent += took;
        if (d->sent < d->have)
            return;
    }
    http_answer_end(x);
}

void lab_download_done(struct lab_download *d)
{
    if (d->fd >= 0)
        (void)close(d->fd);
    d->fd = -1;
}

void *lab_carrier_make(struct http_exchange *x, size_t size)
{
    struct lab_carrier *c = xcalloc(1, size);
    c->up.fd = c->down.fd = -1;
    http_state_set(x, c);
    return c;
}

void lab_carrier_writable(struct http_exchange *x)
{
    struct lab_carrier *c = http_state(x);
    lab_download_go(&c->down, x);
}

void lab_carrier_ended(struct http_exchange *x, enum http_end how UNUSED, const struct err *e UNUSED)
{
    struct lab_carrier *c = http_state(x);
    if (!c)
        return;
    lab_upload_done(&c->up);
    lab_download_done(&c->down);
    free(c);
}
