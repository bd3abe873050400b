#include "unit/net/duo.h"

/* The server's answer in two pieces, the first ending at each of its bytes. */
static void handshakes_split_at_every_byte(void **state)
{
    (void)state;
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    size_t total = memory_sent(d.near_wire);
    for (size_t at = 0; at < total; at++) {
        duo_connect(&d, &ask);
        memory_admit(d.near_wire, at);
        duo_shake(&d);
        if (d.near_io == IO_DONE)
            break; /* the signatures' lengths differ a little from one handshake to the next */
        CHECK_EQ(d.near_io, IO_WANT_READ);
        memory_admit(d.near_wire, SIZE_MAX);
        duo_shake(&d);
        CHECK_EQ(d.near_io, IO_DONE);
        CHECK_EQ(d.far_io, IO_DONE);
        CHECK(tls_verdict(d.near)->ok);
    }
    duo_done(&d);
}

/* The stream ends after each byte of the server's answer, then of the client's: never a success, never a wait. */
static void handshakes_cut_at_every_byte(void **state)
{
    (void)state;
    static const size_t near_spare = 16; /* an ECDSA signature may be so much shorter the next time */
    struct duo d;
    duo_init(&d);
    struct tls_ask ask = duo_ask();
    CHECK(duo_meet(&d, &ask));
    size_t to_near = memory_sent(d.near_wire), to_far = memory_sent(d.far_wire);
    for (size_t at = 0; at + near_spare < to_near; at++) {
        duo_connect(&d, &ask);
        memory_truncate(d.near_wire, at);
        duo_shake(&d);
        CHECK_EQ(d.near_io, IO_FAILED);
        CHECK_EQ(d.near_err.kind, ERR_PEER);
    }
    for (size_t at = 0; at < to_far; at++) {
        duo_connect(&d, &ask);
        memory_truncate(d.far_wire, at);
        duo_shake(&d);
        CHECK_EQ(d.far_io, IO_FAILED);
        CHECK_EQ(d.far_err.kind, ERR_PEER);
    }
    duo_done(&d);
}

GROUP(e2e_tls_bytes, cmocka_unit_test(handshakes_split_at_every_byte), cmocka_unit_test(handshakes_cut_at_every_byte))
