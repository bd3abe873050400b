#include "net/drive.h"

#include "net/conn.h"
#include "net/memory.h"
#include "unit/check.h"

/* Reads `wanted` bytes of a connection. */
struct reader {
    struct drive drive;
    struct conn *conn;
    size_t got, wanted;
    int steps, ended;
    bool fails, cancels, no_fd;
    enum drive_end how;
    struct err err;
};

static enum io reader_step(void *self, struct err *e)
{
    struct reader *r = self;
    r->steps++;
    if (r->cancels)
        drive_cancel(&r->drive);
    if (r->fails) {
        err_set(e, ERR_PEER, "told to fail");
        return IO_FAILED;
    }
    while (r->got < r->wanted) {
        char bytes[16];
        size_t len = 0;
        enum io io = conn_read(r->conn, bytes, sizeof(bytes), &len, e);
        if (io != IO_DONE)
            return io;
        r->got += len;
    }
    return IO_DONE;
}

static int reader_fd(const void *self)
{
    const struct reader *r = self;
    return r->no_fd ? -1 : conn_fd(r->conn);
}

static const struct io_op reader_op = { reader_step, reader_fd };

static void on_ended(struct drive *d, enum drive_end how, const struct err *e)
{
    struct reader *r = CONTAINER_OF(d, struct reader, drive);
    r->ended++;
    r->how = how;
    if (how == DRIVE_FAILED)
        r->err = *e;
    else
        CHECK(!e);
}

struct bench {
    struct loop *loop;
    struct conn *near, *far;
    struct reader r;
};

static void bench_init(struct bench *b, int64_t deadline_ms)
{
    struct err e;
    *b = (struct bench){ 0 };
    b->loop = loop_create_at(1000, &e);
    CHECK_OK(b->loop, &e);
    memory_pair(64, &b->near, &b->far);
    CHECK_OK(memory_watchable(b->near, &e), &e);
    b->r.conn = b->near;
    b->r.wanted = 4;
    drive_start(&b->r.drive, b->loop, &reader_op, &b->r, deadline_ms, on_ended);
    CHECK_EQ(b->r.steps, 0); /* never from within */
}

static void bench_done(struct bench *b)
{
    CHECK_EQ(b->r.ended, 1);
    CHECK(!b->r.drive.loop && !b->r.drive.watch.on && !b->r.drive.deadline.loop);
    (void)loop_destroy(b->loop);
    (void)conn_destroy(b->near);
    (void)conn_destroy(b->far);
}

static void turn(struct bench *b, int64_t now)
{
    struct err e;
    CHECK_OK(loop_turn(b->loop, now, &e), &e);
}

static void put(struct bench *b, const char *text)
{
    struct err e;
    size_t len;
    CHECK_EQ(conn_write(b->far, text, strlen(text), &len, &e), IO_DONE);
}

static void an_operation_ends_once_when_it_is_done(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 500);
    turn(&b, 1000);
    turn(&b, 1000);
    put(&b, "12");
    turn(&b, 1000);
    CHECK_EQ(b.r.ended, 0);
    put(&b, "34");
    turn(&b, 1000);
    CHECK_EQ(b.r.ended, 1);
    CHECK_EQ(b.r.how, DRIVE_DONE);
    int steps = b.r.steps;
    put(&b, "5");
    drive_wake(&b.r.drive);
    drive_cancel(&b.r.drive);
    drive_extend(&b.r.drive, 1);
    turn(&b, 9000);
    CHECK_EQ(b.r.steps, steps);
    bench_done(&b);
}

static void the_deadline_ends_it(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 500);
    turn(&b, 1000);
    put(&b, "123");
    turn(&b, 1499);
    CHECK_EQ(b.r.ended, 0);
    turn(&b, 1504);
    CHECK_EQ(b.r.how, DRIVE_FAILED);
    CHECK_EQ(b.r.err.kind, ERR_TIMEOUT);
    bench_done(&b);

    bench_init(&b, 500);
    turn(&b, 1400);
    drive_extend(&b.r.drive, 500);
    turn(&b, 1800);
    CHECK_EQ(b.r.ended, 0);
    drive_extend(&b.r.drive, 0);
    turn(&b, 100000);
    CHECK_EQ(b.r.ended, 0);
    drive_extend(&b.r.drive, 8);
    turn(&b, 100016);
    CHECK_EQ(b.r.err.kind, ERR_TIMEOUT);
    bench_done(&b);
}

static void a_failing_step_ends_it(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 0);
    b.r.fails = true;
    turn(&b, 1000);
    CHECK_EQ(b.r.how, DRIVE_FAILED);
    CHECK_STR(b.r.err.msg, "told to fail");
    bench_done(&b);
}

static void cancelling_ends_it_at_once(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 500);
    drive_cancel(&b.r.drive); /* before the first step */
    CHECK_EQ(b.r.ended, 1);
    CHECK_EQ(b.r.how, DRIVE_CANCELLED);
    turn(&b, 9000);
    CHECK_EQ(b.r.steps, 0);
    bench_done(&b);

    bench_init(&b, 500);
    b.r.cancels = b.r.fails = true; /* from within the step, whose own answer counts no more */
    turn(&b, 1000);
    CHECK_EQ(b.r.how, DRIVE_CANCELLED);
    turn(&b, 9000);
    CHECK_EQ(b.r.steps, 1);
    bench_done(&b);
}

static void an_operation_without_a_descriptor_is_woken(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 500);
    b.r.no_fd = true;
    turn(&b, 1000);
    CHECK_EQ(b.r.steps, 1);
    put(&b, "1234");
    turn(&b, 1000);
    CHECK_EQ(b.r.steps, 1);
    drive_wake(&b.r.drive);
    drive_wake(&b.r.drive);
    turn(&b, 1000);
    CHECK_EQ(b.r.steps, 2);
    CHECK_EQ(b.r.how, DRIVE_DONE);
    bench_done(&b);
}

static void a_descriptor_that_changes_is_followed(void **state)
{
    (void)state;
    struct err e;
    struct bench b;
    bench_init(&b, 500);
    turn(&b, 1000);
    turn(&b, 1000);
    struct conn *near, *far;
    memory_pair(64, &near, &far);
    CHECK_OK(memory_watchable(near, &e), &e);
    put(&b, "1"); /* an event on the old one, after which the operation has another */
    b.r.conn = near;
    turn(&b, 1000);
    (void)conn_destroy(b.near);
    (void)conn_destroy(b.far);
    b.near = near;
    b.far = far;
    put(&b, "1234");
    turn(&b, 1000);
    CHECK_EQ(b.r.how, DRIVE_DONE);
    bench_done(&b);
}

static void a_drive_can_start_again(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 500);
    put(&b, "12345678");
    turn(&b, 1000);
    CHECK_EQ(b.r.ended, 1);
    b.r.ended = 0;
    b.r.wanted = 8;
    drive_start(&b.r.drive, b.loop, &reader_op, &b.r, 500, on_ended);
    turn(&b, 1000);
    CHECK_EQ(b.r.how, DRIVE_DONE);
    bench_done(&b);
}

GROUP(net_drive, cmocka_unit_test(an_operation_ends_once_when_it_is_done), cmocka_unit_test(the_deadline_ends_it),
      cmocka_unit_test(a_failing_step_ends_it), cmocka_unit_test(cancelling_ends_it_at_once),
      cmocka_unit_test(an_operation_without_a_descriptor_is_woken),
      cmocka_unit_test(a_descriptor_that_changes_is_followed), cmocka_unit_test(a_drive_can_start_again))
