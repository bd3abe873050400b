#include "net/proxy_conn.h"

#include "base/def.h"
#include "net/address.h"
#include "net/memory.h"
#include "net/proxy_header.h"
#include "unit/check.h"
#include "unit/net/proxy.h"

static const uint8_t v4[16] = { 198, 51, 100, 7, 10, 0, 0, 1, 0xd4, 0x31, 0x20, 0xfb, 0x04, 0x00, 0x01, 0x00 };

/* One connection of a balancer at 10.0.0.9. */
struct door {
    struct conn *balancer, *under, *conn; /* under is conn's */
    struct address client;
};

static void open_door(struct door *d)
{
    struct err e;
    memory_pair(PROXY_MADE_MAX + 100, &d->balancer, &d->under);
    CHECK_OK(address_parse("10.0.0.9", 5, &d->client, &e), &e);
    d->conn = proxy_conn(d->under, &d->client);
}

static void close_door(struct door *d)
{
    (void)conn_destroy(d->balancer);
    (void)conn_destroy(d->conn);
}

static void say(const struct door *d, const void *p, size_t len)
{
    struct err e;
    size_t sent = 0;
    CHECK_EQ(len ? conn_write(d->balancer, p, len, &sent, &e) : IO_DONE, IO_DONE);
    CHECK_EQ(sent, len);
}

static void check_client(const struct door *d, const char *want)
{
    char text[ADDRESS_PORT_TEXT];
    address_write_port(&d->client, text);
    CHECK_STR(text, want);
}

/* What follows the header is there, whole, and nothing else. */
static void check_follows(const struct door *d, const char *want)
{
    struct err e;
    char got[100];
    size_t len;
    CHECK_EQ(conn_read(d->conn, got, sizeof(got), &len, &e), IO_DONE);
    CHECK_EQ(len, strlen(want));
    CHECK(!memcmp(got, want, len));
}

static void a_header_is_taken_and_not_a_byte_more(void **state)
{
    (void)state;
    static struct proxy_made m;
    struct err e;
    proxy_make(&m, 0x21, 0x11, v4, sizeof(v4));
    for (size_t chunk = 1; chunk <= m.len + 5; chunk++) { /* split at each byte */
        struct door d;
        open_door(&d);
        memory_chunk(d.under, chunk, SIZE_MAX);
        say(&d, m.bytes, m.len);
        say(&d, "hello", 5);
        CHECK_EQ(conn_handshake(d.conn, &e), IO_DONE);
        check_client(&d, "198.51.100.7:54321");
        memory_chunk(d.under, SIZE_MAX, SIZE_MAX);
        check_follows(&d, "hello");
        CHECK_EQ(conn_handshake(d.conn, &e), IO_DONE); /* once more is nothing */
        close_door(&d);
    }
}

static void it_waits_for_the_rest(void **state)
{
    (void)state;
    static struct proxy_made m;
    struct err e;
    proxy_make(&m, 0x21, 0x11, v4, sizeof(v4));
    for (size_t n = 0; n < m.len; n++) {
        struct door d;
        size_t len;
        char got[8];
        open_door(&d);
        say(&d, m.bytes, n);
        CHECK_EQ(conn_handshake(d.conn, &e), IO_WANT_READ);
        CHECK_EQ(conn_fd(d.conn), conn_fd(d.under));
        CHECK_EQ(conn_read(d.conn, got, sizeof(got), &len, &e), IO_FAILED); /* nothing passes before it is there */
        CHECK_EQ(conn_write(d.conn, "x", 1, &len, &e), IO_FAILED);
        say(&d, m.bytes + n, m.len - n);
        say(&d, "hi", 2);
        CHECK_EQ(conn_handshake(d.conn, &e), IO_DONE);
        check_follows(&d, "hi");
        CHECK_EQ(conn_write(d.conn, "x", 1, &len, &e), IO_DONE);
        close_door(&d);
    }
}

static void an_end_inside_it_is_refused(void **state)
{
    (void)state;
    static struct proxy_made m;
    struct err e;
    proxy_make(&m, 0x21, 0x11, v4, sizeof(v4));
    for (size_t n = 0; n < m.len; n++) { /* cut at each byte */
        struct door d;
        open_door(&d);
        memory_truncate(d.under, n);
        say(&d, m.bytes, m.len);
        CHECK_EQ(conn_handshake(d.conn, &e), IO_FAILED);
        CHECK_EQ(e.kind, ERR_PEER);
        close_door(&d);
    }
}

static void a_balancer_may_speak_for_itself(void **state)
{
    (void)state;
    static const struct {
        uint8_t family;
        size_t len;
    } cases[] = { { 0, 0 }, { 0, 7 }, { 0x11, 16 }, { 0x11, 5 }, { 0x31, 16 } };
    static struct proxy_made m;
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct door d;
        open_door(&d);
        proxy_make(&m, 0x20, cases[i].family, v4, cases[i].len);
        say(&d, m.bytes, m.len);
        say(&d, "ok", 2);
        CHECK_EQ(conn_handshake(d.conn, &e), IO_DONE);
        check_client(&d, "10.0.0.9:5");
        check_follows(&d, "ok");
        close_door(&d);
    }
}

static void what_is_no_header_breaks_the_connection(void **state)
{
    (void)state;
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on";
    static struct proxy_made m;
    static const uint8_t zeros[PROXY_REST_MAX + 1];
    struct err e;
    struct door d;
    size_t len;
    open_door(&d);
    say(&d, hello, sizeof(hello));
    CHECK_EQ(conn_handshake(d.conn, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_INPUT);
    proxy_make(&m, 0x21, 0x11, v4, sizeof(v4));
    say(&d, m.bytes, m.len); /* too late */
    CHECK_EQ(conn_handshake(d.conn, &e), IO_FAILED);
    CHECK_EQ(conn_write(d.conn, "x", 1, &len, &e), IO_FAILED);
    check_client(&d, "10.0.0.9:5");
    close_door(&d);

    open_door(&d); /* the cap */
    proxy_make(&m, 0x21, 0x11, zeros, PROXY_REST_MAX + 1);
    say(&d, m.bytes, PROXY_FIXED);
    CHECK_EQ(conn_handshake(d.conn, &e), IO_FAILED);
    CHECK_EQ(e.kind, ERR_LIMIT);
    close_door(&d);

    open_door(&d); /* just below it, in pieces of 1 byte */
    proxy_make(&m, 0x21, 0x11, zeros, PROXY_REST_MAX);
    memory_chunk(d.under, 1, SIZE_MAX);
    say(&d, m.bytes, m.len);
    say(&d, "!", 1);
    CHECK_EQ(conn_handshake(d.conn, &e), IO_DONE);
    check_client(&d, "0.0.0.0:0");
    check_follows(&d, "!");
    close_door(&d);
}

GROUP(net_proxy_conn, cmocka_unit_test(a_header_is_taken_and_not_a_byte_more), cmocka_unit_test(it_waits_for_the_rest),
      cmocka_unit_test(an_end_inside_it_is_refused), cmocka_unit_test(a_balancer_may_speak_for_itself),
      cmocka_unit_test(what_is_no_header_breaks_the_connection))
