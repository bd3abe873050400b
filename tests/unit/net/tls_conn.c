#include "net/tls_conn.h"

#include "unit/net/duo.h"

static void set_chunks(struct duo *d, size_t chunk)
{
    memory_chunk(d->near_wire, chunk, chunk);
    memory_chunk(d->far_wire, chunk, chunk);
}

static void handshakes_split_at_every_byte(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    static const size_t chunks[] = { 1, 2, 3, 5, 7, 64 };
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        duo_connect(&d, &ask);
        set_chunks(&d, chunks[i]);
        duo_shake(&d);
        CHECK_EQ(d.near_io, IO_DONE);
        CHECK_EQ(d.far_io, IO_DONE);
        duo_transfer(d.near, d.far, 1000);
        duo_transfer(d.far, d.near, 1000);
    }
    duo_done(&d);
}

/* The stream ends within the server's answer, then within the client's: never a success, never a wait. At every
 * single byte: tests/e2e/net/tls_bytes.c, which takes its time. */
static void handshakes_cut_off(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    size_t to_near = memory_sent(d.near_wire), to_far = memory_sent(d.far_wire);
    for (size_t at = 0; at < to_near; at += at < 16 ? 1 : 29) {
        duo_connect(&d, &ask);
        memory_truncate(d.near_wire, at);
        duo_shake(&d);
        CHECK_EQ(d.near_io, IO_FAILED);
        CHECK_EQ(d.near_err.kind, ERR_PEER);
        CHECK(d.near_err.msg[0]);
    }
    for (size_t at = 0; at < to_far; at += at < 16 ? 1 : 29) {
        duo_connect(&d, &ask);
        memory_truncate(d.far_wire, at);
        duo_shake(&d);
        CHECK_EQ(d.far_io, IO_FAILED);
        CHECK_EQ(d.far_err.kind, ERR_PEER);
    }
    duo_done(&d);
}

static void a_narrow_pipe_is_back_pressure(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    static char block[16384];
    size_t len, sent = 0;
    enum io io;
    while ((io = conn_write(d.near, block, sizeof(block), &len, &e)) == IO_DONE)
        sent += len;
    CHECK_EQ(io, IO_WANT_WRITE);
    CHECK(sent >= DUO_CAP / 2 && memory_sent(d.far_wire) <= DUO_CAP + 2000);
    /* The same bytes are offered again, from another place and with more behind them. */
    char *moved = test_malloc(2 * sizeof(block));
    memset(moved, 0, 2 * sizeof(block));
    size_t got = 0;
    while (got < sent && conn_read(d.far, block, sizeof(block), &len, &e) == IO_DONE)
        got += len;
    size_t more;
    CHECK_EQ(conn_write(d.near, moved, 2 * sizeof(block), &more, &e), IO_DONE);
    test_free(moved);
    while (conn_read(d.far, block, sizeof(block), &len, &e) == IO_DONE)
        got += len;
    CHECK_EQ(got, sent + more); /* what libssl had taken before came once */
    duo_done(&d);
}

static void the_end_is_said_or_it_is_an_error(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    char text[16];
    size_t len;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    CHECK_EQ(conn_write(d.far, "last", 4, &len, &e), IO_DONE);
    CHECK_EQ(conn_finish(d.far, &e), IO_DONE);
    CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_DONE);
    CHECK_EQ(len, 4);
    CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_DONE);
    CHECK_EQ(len, 0);
    CHECK_EQ(conn_write(d.near, "still", 5, &len, &e), IO_DONE); /* the other half is open */
    CHECK_EQ(conn_read(d.far, text, sizeof(text), &len, &e), IO_DONE);
    CHECK_EQ(len, 5);

    CHECK(duo_meet(&d, &ask));
    CHECK_EQ(conn_write(d.far, "cut", 3, &len, &e), IO_DONE);
    d.far = conn_destroy(d.far); /* without close_notify: anybody on the way could have done it */
    CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_DONE);
    CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_PEER);
    CHECK(strstr(e.msg, "broke off"));
    CHECK_EQ(conn_read(d.near, text, sizeof(text), &len, &e), IO_FAILED);
    CHECK_EQ(conn_write(d.near, "x", 1, &len, &e), IO_FAILED);
    duo_done(&d);
}

static void decrypted_bytes_are_pending(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    char text[16];
    size_t len;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    duo_connect(&d, &ask);
    CHECK(!conn_pending(d.near));
    CHECK_EQ(conn_read(d.near, text, 1, &len, &e), IO_FAILED); /* not before the handshake */
    CHECK_EQ(e.kind, ERR_INTERNAL);
    duo_shake(&d);
    CHECK_EQ(conn_fd(d.near), -1);
    CHECK_EQ(conn_write(d.far, "0123456789", 10, &len, &e), IO_DONE);
    CHECK_EQ(conn_read(d.near, text, 4, &len, &e), IO_DONE);
    CHECK(conn_pending(d.near));
    CHECK_EQ(conn_read(d.near, text, 16, &len, &e), IO_DONE);
    CHECK_EQ(len, 6);
    CHECK(!conn_pending(d.near));
    CHECK_EQ(conn_read(d.near, text, 16, &len, &e), IO_WANT_READ);
    duo_done(&d);
}

static void what_is_not_tls_is_said(void **state)
{
    (void)state;
    struct duo d;
    struct err e;
    size_t len;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    duo_connect_bare(&d, &ask);
    CHECK_EQ(conn_handshake(d.near, &e), IO_WANT_READ);
    CHECK_EQ(conn_write(d.far, "SSH-2.0-OpenSSH_9.2\r\n", 21, &len, &e), IO_DONE);
    CHECK_EQ(conn_handshake(d.near, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_PEER);
    CHECK(strstr(e.msg, "does not speak TLS"));
    CHECK_EQ(conn_handshake(d.near, &e), IO_FAILED);
    duo_done(&d);
}

GROUP(net_tls_conn, cmocka_unit_test(handshakes_split_at_every_byte), cmocka_unit_test(handshakes_cut_off),
      cmocka_unit_test(a_narrow_pipe_is_back_pressure), cmocka_unit_test(the_end_is_said_or_it_is_an_error),
      cmocka_unit_test(decrypted_bytes_are_pending), cmocka_unit_test(what_is_not_tls_is_said))
