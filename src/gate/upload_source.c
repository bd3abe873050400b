/* The bytes of an upload, from where its feed shows them to where the host takes them. They are looked at in place: what the
 * host does not take stays with the client, and nothing more is read of him. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "gate/upload_parts.h"
#include "http/limits.h"

static void free_held(struct gate_upload *u)
{
    secret_wipe(u->held, u->held_len);
    free(u->held);
    u->held = NULL;
    u->held_at = u->held_len = 0;
}

/* They go to the host: they count, and whoever digests them sees them. */
static void take(struct gate_upload *u, const uint8_t *p, size_t len)
{
    if (u->sender->tap)
        u->sender->tap(u->self, p, len);
    range_mark_take(&u->mark, p, len);
    __atomic_store_n(&u->bytes, u->mark.at, __ATOMIC_RELAXED);
    u->all_in = range_mark_complete(&u->mark);
}

static enum io end_piece(struct gate_upload *u, enum err_kind kind, const char *why)
{
    u->piece_over = true;
    u->piece_err = (struct err){ 0 };
    if (kind != ERR_NONE)
        (void)err_set(&u->piece_err, kind, "%s", why);
    return IO_WANT_READ;
}

/* The feed has no more. IO_DONE: and that was the file. */
static enum io feed_ended(struct gate_upload *u)
{
    uint64_t left = range_mark_left(&u->mark);
    if (left == RANGE_UNKNOWN && !range_mark_repeats(&u->mark)) {
        u->mark.total = u->mark.at;
        u->all_in = true;
        return IO_DONE;
    }
    if (left || range_mark_repeats(&u->mark))
        return end_piece(u, ERR_INPUT, "the body ended before the bytes that it was to bring");
    return end_piece(u, ERR_NONE, NULL);
}

/* What is repeated goes nowhere: it has to be the same as before. */
static bool pass_over(struct gate_upload *u, const uint8_t *p, size_t len, uint64_t repeats)
{
    size_t n = len < repeats ? len : (size_t)repeats;
    bool same = range_mark_compare(&u->mark, p, n);
    u->feed.consume(u->feed.self, n);
    return same;
}

static enum io show_feed(struct gate_upload *u, const uint8_t **ret_p, size_t *ret_len)
{
    for (;;) {
        const uint8_t *p;
        size_t len;
        bool end;
        u->feed.peek(u->feed.self, &p, &len, &end);
        if (!len)
            return end ? feed_ended(u) : IO_WANT_READ;
        uint64_t repeats = range_mark_repeats(&u->mark), left = range_mark_left(&u->mark);
        if (repeats) {
            if (!pass_over(u, p, len, repeats))
                return end_piece(u, ERR_CONFLICT, "these bytes differ from those that were sent before");
            continue;
        }
        if (!left)
            return end_piece(u, ERR_INPUT, "the body has more bytes than it was to bring");
        *ret_p = p;
        *ret_len = len < left ? len : (size_t)left;
        return IO_DONE;
    }
}

static enum io show(void *self, const uint8_t **ret_p, size_t *ret_len, struct err *e)
{
    struct gate_upload *u = self;
    (void)e;
    *ret_len = 0;
    if (u->held) {
        *ret_p = u->held + u->held_at;
        *ret_len = u->held_len - u->held_at;
    } else if (u->all_in) {
        return IO_DONE;
    } else if (!u->feeding || u->piece_over) {
        return IO_WANT_READ;
    } else {
        enum io io = show_feed(u, ret_p, ret_len);
        if (io != IO_DONE || !*ret_len)
            return io;
    }
    u->shown = *ret_p;
    if (!u->offered)
        upload_due(u, GATE_STALL_MS);
    u->offered = true;
    return IO_DONE;
}

static void taken(void *self, size_t len)
{
    struct gate_upload *u = self;
    u->offered = false;
    if (u->held) {
        u->held_at += len;
        if (u->held_at < u->held_len)
            return;
        free_held(u);
        if (!u->feeding && !u->all_in)
            upload_due(u, u->gate->config.between_ms);
        return;
    }
    take(u, u->shown, len);
    u->feed.consume(u->feed.self, len);
}

void upload_source_init(struct gate_upload *u)
{
    u->source = (struct http_source){ show, taken, u };
    u->all_in = range_mark_complete(&u->mark); /* a file of no bytes: nobody is asked for one */
}

/* A feed that goes leaves what it has shown: the connection to the host may have begun to send just that. */
void upload_hold(struct gate_upload *u)
{
    const uint8_t *p;
    size_t len;
    bool end;
    if (u->held || u->piece_over || u->all_in || range_mark_repeats(&u->mark))
        return;
    u->feed.peek(u->feed.self, &p, &len, &end);
    uint64_t left = range_mark_left(&u->mark);
    if (len > left)
        len = (size_t)left;
    if (!len)
        return;
    if (u->client) {
        u->held = xmalloc(len);
        memcpy(u->held, p, len);
        u->held_len = len;
    }
    take(u, p, len);
}

/* ---- after a step ---- */

static int status_of(const struct err *e)
{
    return e->kind == ERR_NONE ? 200 : e->kind == ERR_CONFLICT ? 409 : 400;
}

void upload_settle(struct gate_upload *u)
{
    if (u->all_in && !u->held && !u->answering) {
        u->answering = true;
        upload_due(u, GATE_ANSWER_MS);
    } else if (u->feeding && !u->offered && !u->all_in) {
        upload_due(u, 0); /* the client's limits are his server's */
    }
    if (!u->piece_over)
        return;
    const struct err e = u->piece_err;
    u->piece_over = false;
    range_mark_rest(&u->mark, e.kind == ERR_NONE);
    upload_reply(u, status_of(&e), &e); /* the last thing: from now on it may be claimed */
}

void upload_drop_all(struct loop_task *t)
{
    struct gate_upload *u = CONTAINER_OF(t, struct gate_upload, turn);
    const uint8_t *p;
    size_t len;
    enum io io = IO_WANT_READ;
    for (int i = 0; i < HTTP_TURNS; i++) {
        io = show(u, &p, &len, NULL);
        if (io != IO_DONE || !len)
            break;
        taken(u, len);
    }
    if (u->all_in) {
        upload_complete(u);
        return;
    }
    if (io == IO_DONE && !ring_member(&u->turn.ring))
        loop_defer(u->s.lane->loop, &u->turn);
    upload_settle(u);
}
