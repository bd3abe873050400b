#include "lab/control.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/ring.h"
#include "lab/estate.h"
#include "lab/keep.h"
#include "net/conn.h"
#include "net/drive.h"
#include "net/listen.h"
#include "net/local.h"
#include "net/loop.h"
#include "wire/lines.h"

enum { BLOCK = 4096 };

struct lab_control {
    struct loop *loop;
    struct lab_estate *estate;
    char path[LAB_PATH_MAX];
    struct listener *listener; /* owned */
    struct ring clients;
};

struct client {
    struct ring ring;
    struct lab_control *control;
    struct conn *conn; /* owned */
    struct lines lines;
    struct buf out;
    bool ended, down;
    struct drive drive;
    struct loop_task burial;
};

static enum io flush(struct client *c, struct err *e)
{
    while (c->out.len) {
        size_t len;
        enum io io = conn_write(c->conn, c->out.data, c->out.len, &len, e);
        if (io != IO_DONE)
            return io;
        buf_consume(&c->out, len);
    }
    return IO_DONE;
}

static void take(struct client *c, const uint8_t *data, size_t len)
{
    for (size_t at = 0, used; at < len && !c->down; at += used) {
        struct url_span line;
        switch (lines_feed(&c->lines, data + at, len - at, &used, &line)) {
        case LINES_MORE:
            break;
        case LINES_LINE:
            lab_control_answer(c->control->estate, line.at, line.len, &c->out, &c->down);
            break;
        case LINES_TOO_LONG:
            lab_control_answer(c->control->estate, "", 0, &c->out, &c->down);
            break;
        }
    }
}

static enum io client_step(void *self, struct err *e)
{
    struct client *c = self;
    for (;;) {
        uint8_t block[BLOCK];
        size_t len;
        enum io io = flush(c, e);
        if (io != IO_DONE || c->ended || c->down)
            return io;
        io = conn_read(c->conn, block, sizeof(block), &len, e);
        if (io != IO_DONE)
            return io;
        c->ended = !len;
        take(c, block, len);
        drive_extend(&c->drive, LAB_CONTROL_MS);
    }
}

static int client_fd(const void *self)
{
    const struct client *c = self;
    return conn_fd(c->conn);
}

static const struct io_op serving = { client_step, client_fd };

static void bury(struct loop_task *t)
{
    struct client *c = CONTAINER_OF(t, struct client, burial);
    (void)conn_destroy(c->conn);
    lines_done(&c->lines);
    buf_done(&c->out);
    free(c);
}

static void client_ended(struct drive *d, enum drive_end how UNUSED, const struct err *e UNUSED)
{
    struct client *c = CONTAINER_OF(d, struct client, drive);
    ring_take(&c->ring);
    listener_release(c->control->listener);
    if (c->down)
        loop_stop(c->control->loop);
    c->burial.run = bury;
    loop_bury(c->control->loop, &c->burial);
}

static void accepted(void *self, struct conn *take, const struct address *peer UNUSED)
{
    struct lab_control *k = self;
    struct client *c = xcalloc(1, sizeof(*c));
    c->control = k;
    c->conn = take;
    lines_init(&c->lines, LAB_CONTROL_LINE_MAX);
    buf_init(&c->out, LAB_FILE_MAX);
    ring_put(&k->clients, &c->ring);
    drive_start(&c->drive, k->loop, &serving, c, LAB_CONTROL_MS, client_ended);
}

struct lab_control *lab_control_create(struct loop *l, struct lab_estate *s, struct err *e)
{
    struct lab_control *k = xcalloc(1, sizeof(*k));
    const struct listen_config config = { .conns_max = LAB_CONTROL_CONNS_MAX, .accepted = accepted, .self = k };
    int fd;
    k->loop = l;
    k->estate = s;
    ring_init(&k->clients);
    if (!lab_keep_path(s->dir, "control", k->path, e) || !local_listen(k->path, 0600, &fd, e) ||
        !(k->listener = listener_adopt(l, &config, fd, e)))
        return lab_control_destroy(k);
    return k;
}

struct lab_control *lab_control_destroy(struct lab_control *k)
{
    if (!k)
        return NULL;
    while (!ring_empty(&k->clients))
        drive_cancel(&CONTAINER_OF(k->clients.next, struct client, ring)->drive);
    if (k->listener)
        (void)unlink(k->path);
    (void)listener_destroy(k->listener);
    free(k);
    return NULL;
}

/* ---- the asking side ---- */

struct question {
    struct conn *conn;
    const char *line;
    size_t left;
    struct buf *answer;
};

static enum io ask_step(void *self, struct err *e)
{
    struct question *q = self;
    while (q->left) {
        size_t len;
        enum io io = conn_write(q->conn, q->line, q->left, &len, e);
        if (io != IO_DONE)
            return io;
        q->line += len;
        q->left -= len;
    }
    for (;;) {
        uint8_t block[BLOCK];
        size_t len;
        enum io io = conn_read(q->conn, block, sizeof(block), &len, e);
        if (io != IO_DONE)
            return io;
        if (!len) {
            err_set(e, ERR_PEER, "the lab ended without an answer");
            return IO_FAILED;
        }
        if (!buf_append(q->answer, block, len, e))
            return IO_FAILED;
        if (q->answer->data[q->answer->len - 1] == '\n')
            return IO_DONE;
    }
}

static int ask_fd(const void *self)
{
    const struct question *q = self;
    return conn_fd(q->conn);
}

static const struct io_op asking = { ask_step, ask_fd };

bool lab_control_ask(const char *dir, const char *line, struct buf *answer, struct err *e)
{
    char path[LAB_PATH_MAX];
    if (!lab_keep_path(dir, "control", path, e))
        return false;
    AUTO(conn_destroyp) struct conn *conn = local_connect(path, e);
    if (!conn)
        return err_in(e, "no lab runs on %s", dir);
    struct question q = { conn, line, strlen(line), answer };
    return io_run(&asking, &q, clock_mono_ms() + LAB_CONTROL_MS, e);
}
