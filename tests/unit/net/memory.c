#include "net/memory.h"

#include "net/loop.h"
#include "unit/check.h"

/* What a read gave: "" at the end of the stream, "?" when it would wait. */
static const char *get(struct conn *c, size_t cap)
{
    static char text[64];
    struct err e;
    size_t len = 0;
    enum io io = conn_read(c, text, cap, &len, &e);
    if (io == IO_WANT_READ)
        return "?";
    CHECK_EQ(io, IO_DONE);
    text[len] = '\0';
    return text;
}

/* How many bytes a write took; 0 when it would wait. */
static size_t put(struct conn *c, const char *text)
{
    struct err e;
    size_t len = 0;
    enum io io = conn_write(c, text, strlen(text), &len, &e);
    CHECK(io == IO_DONE ? len > 0 : io == IO_WANT_WRITE);
    return len;
}

static void a_full_buffer_makes_the_writer_wait(void **state)
{
    (void)state;
    struct conn *a, *b;
    struct err e;
    memory_pair(5, &a, &b);
    CHECK_EQ(conn_handshake(a, &e), IO_DONE);
    CHECK_STR(get(b, 10), "?");
    CHECK(!conn_pending(b));
    CHECK_EQ(put(a, "12345678"), 5);
    CHECK_EQ(put(a, "6"), 0);
    CHECK(conn_pending(b));
    CHECK_STR(get(b, 3), "123");
    CHECK_EQ(put(a, "678"), 3);
    CHECK_STR(get(b, 10), "45678");
    CHECK_EQ(put(b, "x"), 1); /* the other way has a buffer of its own */
    CHECK_STR(get(a, 10), "x");
    CHECK_EQ(memory_sent(b), 8);
    CHECK_EQ(conn_fd(a), -1);
    a = conn_destroy(a);
    b = conn_destroy(b);
}

static void the_end_comes_after_the_bytes(void **state)
{
    (void)state;
    struct conn *a, *b;
    struct err e;
    size_t len;
    memory_pair(100, &a, &b);
    CHECK_EQ(put(a, "last"), 4);
    CHECK_EQ(conn_finish(a, &e), IO_DONE);
    CHECK_EQ(conn_write(a, "x", 1, &len, &e), IO_FAILED);
    CHECK_STR(get(b, 10), "last");
    CHECK_STR(get(b, 10), "");
    CHECK_STR(get(b, 10), "");
    CHECK_EQ(put(b, "half closed"), 11);
    b = conn_destroy(b);
    CHECK_STR(get(a, 20), "half closed");
    CHECK_STR(get(a, 20), "");
    a = conn_destroy(a);

    memory_pair(100, &a, &b);
    b = conn_destroy(b);
    CHECK_EQ(conn_write(a, "x", 1, &len, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_PEER);
    a = conn_destroy(a);
}

static void calls_are_split_as_told(void **state)
{
    (void)state;
    struct conn *a, *b;
    memory_pair(100, &a, &b);
    memory_chunk(a, 100, 3);
    memory_chunk(b, 2, 100);
    CHECK_EQ(put(a, "12345"), 3);
    CHECK_STR(get(b, 10), "12");
    CHECK_STR(get(b, 10), "3");
    memory_admit(b, 4);
    CHECK_EQ(put(a, "456"), 3);
    CHECK_STR(get(b, 10), "4");
    CHECK_STR(get(b, 10), "?");
    memory_admit(b, SIZE_MAX);
    CHECK_STR(get(b, 10), "56");
    memory_truncate(b, 8);
    CHECK_EQ(put(a, "789"), 3);
    CHECK_STR(get(b, 10), "78");
    CHECK_STR(get(b, 10), "");
    a = conn_destroy(a);
    b = conn_destroy(b);
}

struct ear {
    struct loop_watch watch;
    int calls;
};

static void on_ready(struct loop_watch *w, unsigned events)
{
    (void)events;
    CONTAINER_OF(w, struct ear, watch)->calls++;
}

static void a_loop_hears_what_the_other_end_does(void **state)
{
    (void)state;
    struct err e;
    struct conn *a, *b;
    memory_pair(4, &a, &b);
    AUTO(loop_destroyp) struct loop *l = loop_create_at(0, &e);
    CHECK_OK(l, &e);
    CHECK_OK(memory_watchable(b, &e), &e);
    struct ear ear = { .watch.ready = on_ready };
    CHECK_OK(loop_watch(l, &ear.watch, conn_fd(b), &e), &e);
    CHECK_OK(loop_turn(l, 0, &e), &e);
    ear.calls = 0;
    int want = 0;
    CHECK_OK(loop_turn(l, 0, &e), &e);
    CHECK_EQ(ear.calls, want);
    CHECK_EQ(put(a, "1234"), 4); /* readable */
    CHECK_OK(loop_turn(l, 0, &e), &e);
    CHECK_EQ(ear.calls, ++want);
    CHECK_EQ(put(b, "1234"), 4);
    CHECK_EQ(put(b, "5"), 0);
    CHECK_STR(get(a, 4), "1234"); /* writable again */
    CHECK_OK(loop_turn(l, 0, &e), &e);
    CHECK_EQ(ear.calls, ++want);
    a = conn_destroy(a); /* the end */
    CHECK_OK(loop_turn(l, 0, &e), &e);
    CHECK_EQ(ear.calls, ++want);
    loop_unwatch(l, &ear.watch);
    b = conn_destroy(b);
}

GROUP(net_memory, cmocka_unit_test(a_full_buffer_makes_the_writer_wait),
      cmocka_unit_test(the_end_comes_after_the_bytes), cmocka_unit_test(calls_are_split_as_told),
      cmocka_unit_test(a_loop_hears_what_the_other_end_does))
