#include "http/blob.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "http/exchange.h"
#include "http/peer.h"
#include "net/desk.h"
#include "net/pool.h"
#include "wire/http1.h"

struct piece {
    void *bytes;  /* owned; NULL: it is in the file */
    char *path;   /* owned */
    uint64_t len;
};

/* The exchange and the job at the pool each hold it; the last one frees it. Both let go on the loop's thread. */
struct http_blob {
    struct pool_job job;      /* first */
    bool with_exchange, with_pool;
    struct piece *pieces;     /* owned */
    size_t pieces_len, cap;
    uint64_t len;             /* of all pieces */
    uint64_t left;            /* still to be written */
    size_t at;                /* the piece that is next .. */
    uint64_t passed;          /* .. and what of it is behind */
    bool (*may)(void *self, struct err *e);
    void (*done)(void *self);
    void *self;
    struct http_exchange *x;  /* NULL: it ended */
    struct http_server *server;
    uint64_t id;              /* at the server's desk */
    int fd;                   /* of the file that is read; the job's while that is under way */
    size_t fd_of;             /* the piece that it belongs to */
    uint8_t *room;            /* owned: HTTP_BLOB_PIECE bytes */
    size_t have, sent;
    struct err err;           /* of the job */
};

struct http_blob *http_blob_create(void)
{
    struct http_blob *b = xcalloc(1, sizeof(*b));
    b->fd = -1;
    return b;
}

struct http_blob *http_blob_destroy(struct http_blob *b)
{
    if (!b)
        return NULL;
    if (b->done)
        b->done(b->self);
    file_closep(&b->fd);
    for (size_t i = 0; i < b->pieces_len; i++) {
        free(b->pieces[i].bytes);
        free(b->pieces[i].path);
    }
    free(b->pieces);
    free(b->room);
    free(b);
    return NULL;
}

static struct piece *add(struct http_blob *b, uint64_t len)
{
    assert(b->pieces_len < HTTP_BLOB_PIECES);
    if (b->pieces_len == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 8;
        b->pieces = xreallocarray(b->pieces, b->cap, sizeof(*b->pieces));
    }
    struct piece *p = &b->pieces[b->pieces_len++];
    *p = (struct piece){ .len = len };
    b->len += len;
    b->left = b->len;
    return p;
}

void http_blob_bytes(struct http_blob *b, const void *p, size_t len)
{
    add(b, len)->bytes = xmemdup(p, len);
}

void http_blob_file(struct http_blob *b, const char *path, uint64_t len)
{
    add(b, len)->path = xstrdup(path);
}

uint64_t http_blob_len(const struct http_blob *b)
{
    return b->len;
}

void http_blob_narrow(struct http_blob *b, uint64_t first, uint64_t len)
{
    assert(first <= b->len && len <= b->len - first);
    b->at = 0;
    b->passed = first;
    b->left = len;
    while (b->at < b->pieces_len && b->passed >= b->pieces[b->at].len) {
        b->passed -= b->pieces[b->at].len;
        b->at++;
    }
}

void http_blob_kept(struct http_blob *b, bool (*may)(void *self, struct err *e), void (*done)(void *self), void *self)
{
    b->may = may;
    b->done = done;
    b->self = self;
}

/* ---- reading, on a pool thread ---- */

static bool read_piece(struct http_blob *b, struct err *e)
{
    const struct piece *p = &b->pieces[b->at];
    uint64_t most = p->len - b->passed < b->left ? p->len - b->passed : b->left;
    size_t want = most < HTTP_BLOB_PIECE ? (size_t)most : HTTP_BLOB_PIECE;
    if (b->fd >= 0 && b->fd_of != b->at)
        file_closep(&b->fd);
    if (b->fd < 0 && (b->fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
        return err_sys(e, ERR_STORE, errno, "opening what is served");
    b->fd_of = b->at;
    for (b->have = 0; b->have < want;) {
        ssize_t n = pread(b->fd, b->room + b->have, want - b->have, (off_t)(b->passed + b->have));
        if (n == 0)
            return err_set(e, ERR_STORE, "a file that is served became shorter");
        if (n < 0 && errno != EINTR)
            return err_sys(e, ERR_STORE, errno, "reading what is served");
        b->have += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void work(struct pool_job *j)
{
    struct http_blob *b = CONTAINER_OF(j, struct http_blob, job);
    b->err = (struct err){ 0 };
    (void)!((!b->may || b->may(b->self, &b->err)) && read_piece(b, &b->err));
}

/* ---- writing, on the loop ---- */

/* False: there is no room. */
static bool write_some(struct http_blob *b, const uint8_t *p, size_t len, size_t *ret)
{
    *ret = http_answer_write(b->x, p, len);
    b->passed += *ret;
    b->left -= *ret;
    return *ret == len;
}

static void back(struct pool_job *j);

static void ask(struct http_blob *b)
{
    struct err e;
    b->job = (struct pool_job){ .work = work, .destroy = back };
    b->with_pool = true;
    b->have = b->sent = 0;
    if (!b->room)
        b->room = xmalloc(HTTP_BLOB_PIECE);
    server_hold(b->server);
    if (pool_ask(server_config(b->server)->pool, server_desk(b->server), b->id, &b->job, &e))
        return;
    b->with_pool = false;
    server_let_go(b->server);
    http_abort(b->x, &e);
}

/* As far as it goes: until the client takes no more, or a file has to be read. */
static void go(struct http_blob *b)
{
    while (b->left) {
        size_t n;
        if (b->sent < b->have) {
            bool all = write_some(b, b->room + b->sent, b->have - b->sent, &n);
            b->sent += n;
            if (!all)
                return;
            continue;
        }
        while (b->passed >= b->pieces[b->at].len) {
            b->passed -= b->pieces[b->at].len;
            b->at++;
        }
        const struct piece *p = &b->pieces[b->at];
        if (!p->bytes) {
            ask(b);
            return;
        }
        uint64_t most = p->len - b->passed < b->left ? p->len - b->passed : b->left;
        if (!write_some(b, (const uint8_t *)p->bytes + b->passed, (size_t)most, &n))
            return;
    }
    http_answer_end(b->x);
}

static void let_go(struct http_blob *b)
{
    if (!b->with_exchange && !b->with_pool)
        (void)http_blob_destroy(b);
}

/* The job is back on the loop, and may be asked again. */
static void back(struct pool_job *j)
{
    struct http_blob *b = CONTAINER_OF(j, struct http_blob, job);
    struct http_server *s = b->server;
    b->with_pool = false;
    if (j->dropped)
        (void)err_set(&b->err, ERR_CANCELLED, "the server ends");
    if (b->x && b->err.kind != ERR_NONE)
        http_abort(b->x, &b->err);
    else if (b->x)
        go(b);
    let_go(b);
    server_let_go(s);
}

static void begin(struct http_exchange *x)
{
    struct http_blob *b = http_state(x);
    struct peer *p = CONTAINER_OF(x, struct peer, x);
    b->x = x;
    b->with_exchange = true;
    b->server = p->server;
    b->id = desk_enter(server_desk(p->server), b);
    if (strcmp(http_head(x)->method, "HEAD") == 0)
        b->left = 0;
    go(b);
}

static void writable(struct http_exchange *x)
{
    struct http_blob *b = http_state(x);
    if (!b->with_pool)
        go(b);
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct http_blob *b = http_state(x);
    (void)how;
    (void)e;
    desk_leave(server_desk(b->server), b->id);
    b->x = NULL;
    b->with_exchange = false;
    let_go(b);
}

/* The client went before the head was out. */
static void drop(void *state)
{
    (void)http_blob_destroy(state);
}

struct http_onward http_blob_onward(struct http_blob *take)
{
    static const struct http_stream stream = { .begin = begin, .writable = writable, .ended = ended };
    return (struct http_onward){ .stream = &stream, .state = take, .drop = drop, .sized = true, .length = take->left };
}
