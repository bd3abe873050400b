#include "gate/upload.h"

#include <stdlib.h>

#include "net/conn.h"
#include "net/loop.h"
#include "unit/gate/upload_rig.h"

enum { PIECE = 100 * 1024 }; /* three of them are the file */

#define OTHER_PRINT "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33"

static void check_complete(struct rig *r)
{
    rig_until(r, &r->ended, 1);
    CHECK_EQ(r->end.why, RELAY_DONE);
    CHECK_EQ(r->end.bytes, RIG_FILE);
    CHECK(gate_upload_over(r->upload));
    CHECK_EQ(rig_body(r), RIG_FILE);
    CHECK_EQ(r->tapped_len, RIG_FILE);
    CHECK(!memcmp(r->tapped, rig_file, RIG_FILE));
    CHECK_EQ(r->dials, 1);
    CHECK_EQ(r->proved, 1);
}

static void a_whole_file_is_passed_on(void **state)
{
    (void)state;
    static const size_t runs[] = { 1000, 16384, 65536 };
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        rig_bring(&r, &c, 0, 0, RIG_FILE);
        c.run = runs[i];
        rig_turn(&r, 0);
        CHECK(c.wanted && c.fed == 1 && c.ok && c.status == 200 && c.said == RIG_FILE);
        check_complete(&r);
        CHECK(memmem(r.got, r.got_len, "POST /nfc/secret-path/disk-0.vmdk HTTP/1.1\r\nHost: 127.0.0.9\r\n", 61));
        CHECK(memmem(r.got, r.got_len, "Cookie: vmware_cgi_ticket=secret-ticket\r\n", 41));
        rig_stop(&r);
    }
}

/* Its end is its only news. */
static void a_file_of_no_bytes_is_complete_with_its_body(void **state)
{
    (void)state;
    static const struct { const char *print; uint64_t length, claim; } cases[] = {
        { "", 0, 0 }, { "", RANGE_UNKNOWN, 0 }, { "", 0, RANGE_UNKNOWN }, { "none", 0, 0 }, { "none", RANGE_UNKNOWN, RANGE_UNKNOWN },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, cases[i].print);
        rig_upload(&r, cases[i].print, cases[i].length);
        rig_bring(&r, &c, 0, 0, cases[i].claim);
        c.end = c.ready = 0;
        rig_turn(&r, 0);
        rig_until(&r, &r.ended, 1);
        CHECK(c.fed == 1 && c.ok && c.said == 0);
        CHECK_EQ(r.end.why, RELAY_DONE);
        CHECK_EQ(r.end.bytes, 0);
        rig_stop(&r);
    }
}

/* Pieces over both loops in turns: the upload goes where the client is. */
static void pieces_come_over_other_loops(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, "");
    for (uint64_t i = 0; i < 3; i++) {
        struct client c = { 0 };
        rig_bring(&r, &c, (int)(i % RIG_LOOPS), i * PIECE, PIECE);
        rig_turn(&r, 0);
        CHECK(c.fed == 1 && c.ok && c.said == (i + 1) * PIECE);
        CHECK_EQ(gate_upload_bytes(r.upload), (i + 1) * PIECE);
    }
    check_complete(&r);
    rig_stop(&r);
}

/* An unknown length: the request goes out in chunks, and the body's end is the file's. */
static void a_length_that_nobody_knows_goes_in_chunks(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    rig_start(&r, NULL);
    rig_upload(&r, NULL, RANGE_UNKNOWN);
    rig_bring(&r, &c, 1, 0, RANGE_UNKNOWN);
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && c.ok);
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.end.why, RELAY_DONE);
    CHECK_EQ(r.end.bytes, RIG_FILE);
    CHECK(memmem(r.got, r.got_len, "Transfer-Encoding: chunked\r\n", 28));
    CHECK(!memcmp(r.got + r.got_len - 5, "0\r\n\r\n", 5));
    rig_stop(&r);
}

static void without_a_host_all_is_dropped(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    rig_start(&r, "none");
    rig_bring(&r, &c, 0, 0, PIECE);
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && c.ok && c.said == PIECE);
    rig_bring(&r, &c, 1, PIECE, 2 * PIECE);
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && c.ok);
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.end.why, RELAY_DONE);
    CHECK_EQ(r.tapped_len, RIG_FILE);
    CHECK(!memcmp(r.tapped, rig_file, RIG_FILE));
    CHECK_EQ(r.dials, 0);
    rig_stop(&r);
}

/* Not a byte, no path and no cookie goes to a host that is not believed. */
static void nothing_is_sent_before_the_verdict(void **state)
{
    (void)state;
    static const struct { const char *scope; } cases[] = { { NULL }, { "vcenter:urn:vcloud:vimserver:2/hosts" },
                                                           { "vcenter:urn:vcloud:vimserver:1/endpoint" } };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        rig_trust(&r, cases[i].scope);
        rig_bring(&r, &c, 0, 0, RIG_FILE);
        rig_until(&r, &r.ended, 1);
        CHECK_EQ(r.got_len, 0);
        CHECK_EQ(c.wanted, 0);
        CHECK_EQ(c.at, 0);
        CHECK(c.fed == 1 && !c.ok && c.status == 502);
        CHECK_STR(c.event, "event-1");
        CHECK_EQ(r.end.why, RELAY_HOST);
        CHECK_EQ(r.end.what, GATE_REFUSED);
        CHECK(r.end.verdict && !r.end_verdict.ok);
        CHECK_STR(r.end_event, "event-1");
        CHECK_EQ(r.told, 1);
        CHECK_EQ(r.tapped_len, 0);
        rig_stop(&r);
    }
}

static void another_certificate_than_named_is_asked_about_once(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    /* the vCenter says the new one */
    rig_start(&r, OTHER_PRINT);
    r.again_print = "";
    rig_bring(&r, &c, 0, 0, RIG_FILE);
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.again, 1);
    CHECK_EQ(r.dials, 2);
    CHECK_EQ(r.end.why, RELAY_DONE);
    CHECK(c.ok);
    rig_stop(&r);
    /* it insists */
    c.bytes = NULL;
    rig_start(&r, OTHER_PRINT);
    r.again_print = OTHER_PRINT;
    rig_bring(&r, &c, 0, 0, RIG_FILE);
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.again, 1);
    CHECK_EQ(r.got_len, 0);
    CHECK_EQ(r.end.what, GATE_THUMBPRINT);
    CHECK_EQ(r.told_what, GATE_THUMBPRINT);
    CHECK_STR(r.told_rule, "thumbprint-mismatch");
    CHECK(c.fed == 1 && c.status == 502 && c.wanted == 0);
    rig_stop(&r);
    /* it does not answer */
    rig_start(&r, OTHER_PRINT);
    r.again_fails = true;
    rig_bring(&r, &c, 0, 0, RIG_FILE);
    rig_until(&r, &r.ended, 1);
    CHECK_STR(r.told_rule, "vcenter-failed");
    CHECK_EQ(r.got_len, 0);
    rig_stop(&r);
}

static void claims_that_can_not_go_on_change_nothing(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    struct err e;
    enum range_verdict v;
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    c.ready = 5000;
    rig_turn(&r, 0);
    const struct range_claim next = { PIECE, PIECE, RIG_FILE, true }, gap = { PIECE + 1, PIECE, RIG_FILE, true },
                             wrong = { PIECE, PIECE, RIG_FILE + 1, true };
    CHECK_FAILS(gate_upload_claim(r.upload, &next, &v, &e), &e, ERR_CONFLICT); /* two at once */
    rig_ready(&r, &c, PIECE);
    CHECK(c.fed == 1 && c.ok);
    CHECK_FAILS(gate_upload_claim(r.upload, &gap, &v, &e), &e, ERR_INPUT);
    CHECK_EQ(v, RANGE_ELSEWHERE);
    CHECK(strstr(e.msg, "102400"));
    CHECK_FAILS(gate_upload_claim(r.upload, &wrong, &v, &e), &e, ERR_INPUT);
    CHECK_EQ(v, RANGE_DISAGREES);
    CHECK_OK(gate_upload_claim(r.upload, &next, &v, &e), &e);
    CHECK_FAILS(gate_upload_claim(r.upload, &next, &v, &e), &e, ERR_CONFLICT);
    gate_upload_unclaim(r.upload); /* his client had gone */
    rig_bring(&r, &c, 1, PIECE, 2 * PIECE);
    rig_turn(&r, 0);
    CHECK(c.ok);
    check_complete(&r);
    const struct range_claim whole = { 0, RIG_FILE, RIG_FILE, false }, last = { 2 * PIECE, PIECE, RIG_FILE, true };
    CHECK_OK(gate_upload_claim(r.upload, &whole, &v, &e), &e);
    CHECK_EQ(v, RANGE_COMPLETE);
    CHECK_OK(gate_upload_claim(r.upload, &last, &v, &e), &e);
    CHECK_EQ(v, RANGE_COMPLETE);
    CHECK_FAILS(gate_upload_claim(r.upload, &wrong, &v, &e), &e, ERR_INPUT);
    rig_stop(&r);
}

/* A client breaks off wherever it likes, with the host fast or slow, and goes on where the cell is, or at the piece's start. */
static void a_client_that_broke_off_goes_on(void **state)
{
    (void)state;
    static const struct { uint64_t sent; size_t takes; bool from_start; int loop; } cases[] = {
        { 0, SIZE_MAX, false, 0 },     { 1, SIZE_MAX, false, 1 },        { 50000, SIZE_MAX, true, 0 }, { 50000, SIZE_MAX, false, 1 },
        { PIECE - 1, SIZE_MAX, true, 1 }, { PIECE, 30000, false, 1 },      { PIECE, 30000, true, 0 },   { PIECE, 1000, true, 1 },
        { 70000, 60000, false, 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        r.takes = cases[i].takes;
        rig_bring(&r, &c, 0, 0, 2 * PIECE);
        c.ready = cases[i].sent;
        rig_turn(&r, 0);
        CHECK_EQ(c.fed, 0);
        rig_leave(&r, &c);
        uint64_t mark = gate_upload_bytes(r.upload);
        CHECK(mark <= cases[i].sent && (cases[i].takes != SIZE_MAX || mark == cases[i].sent));
        uint64_t from = cases[i].from_start ? 0 : mark;
        rig_bring(&r, &c, cases[i].loop, from, RIG_FILE - from);
        r.takes = SIZE_MAX;
        rig_turn(&r, 0);
        if (!c.ok)
            fail_msg("case %zu: %d %s", i, c.status, c.err.msg);
        check_complete(&r);
        rig_stop(&r);
    }
}

static void repeated_bytes_must_be_the_same(void **state)
{
    (void)state;
    static uint8_t other[RIG_FILE];
    struct rig r;
    struct client c = { 0 };
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    c.ready = 60000;
    rig_turn(&r, 0);
    rig_leave(&r, &c);
    memcpy(other, rig_file, RIG_FILE);
    other[59999] ^= 1;
    c.bytes = other;
    rig_bring(&r, &c, 1, 0, PIECE);
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && !c.ok && c.status == 409);
    CHECK_EQ(gate_upload_bytes(r.upload), 60000);
    CHECK_EQ(r.ended, 0);
    c.bytes = rig_file;
    rig_bring(&r, &c, 0, 50000, RIG_FILE - 50000);
    rig_turn(&r, 0);
    CHECK(c.ok);
    check_complete(&r);
    rig_stop(&r);
}

/* A body that is not as long as it was to be: told, and the upload goes on where it is. */
static void bodies_that_are_too_short_or_too_long(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    c.end = c.ready = PIECE - 7;
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && c.status == 400 && c.said == PIECE - 7);
    rig_bring(&r, &c, 0, PIECE - 7, 7);
    c.end = c.ready = PIECE + 20;
    rig_turn(&r, 0);
    CHECK(c.fed == 1 && c.status == 400 && c.said == PIECE);
    rig_bring(&r, &c, 1, PIECE, 2 * PIECE);
    rig_turn(&r, 0);
    CHECK(c.ok);
    check_complete(&r);
    rig_stop(&r);
}

static void only_the_hosts_own_yes_completes(void **state)
{
    (void)state;
    static const struct { const char *answers; bool at_once, hangs_up, ok; } cases[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, true },
        { "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false, true, true },
        { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", false, false, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", false, false, false },
        { "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", false, false, false },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true, false, false }, /* early */
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true, true, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true, false, false }, /* it can't have all of it */
        { "HTTP/1.1 200 OK\r\nContent-Le", false, true, false },
        { "", false, true, false },
        { "nonsense\r\n\r\n", false, false, false },
        { "HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n", false, false, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        r.answers = cases[i].answers;
        r.at_once = cases[i].at_once;
        rig_bring(&r, &c, 0, 0, PIECE);
        rig_turn(&r, 0);
        if (!cases[i].at_once) {
            CHECK(c.fed == 1 && c.ok);
            rig_bring(&r, &c, 1, PIECE, 2 * PIECE);
            rig_turn(&r, 0);
        }
        r.hangs_up = cases[i].hangs_up;
        rig_until(&r, &r.ended, 1);
        if (c.ok != cases[i].ok || c.fed != 1)
            fail_msg("%s: %d %s", cases[i].answers, c.status, c.err.msg);
        CHECK_EQ(r.end.why, cases[i].ok ? RELAY_DONE : RELAY_HOST);
        if (!cases[i].ok) {
            CHECK_EQ(c.status, 502);
            CHECK_EQ(r.end.what, GATE_FAILED);
            CHECK_STR(r.told_rule, "host-failed");
            CHECK(!r.end.verdict);
        }
        rig_stop(&r);
    }
}

/* The host breaks off at each stage: before TLS, in the request, between two pieces, after the last byte. */
static void a_host_that_breaks_off_is_told(void **state)
{
    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        r.answers = NULL;
        r.refuses = stage == 0;
        rig_bring(&r, &c, 0, 0, stage == 3 ? RIG_FILE : PIECE);
        if (stage == 1)
            c.ready = 1000;
        rig_turn(&r, 0);
        if (stage)
            CHECK_EQ(c.fed, stage == 2);
        r.host = stage ? conn_destroy(r.host) : r.host;
        rig_until(&r, &r.ended, 1);
        CHECK_EQ(r.end.why, RELAY_HOST);
        CHECK_EQ(r.end.what, GATE_FAILED);
        CHECK_EQ(c.fed, 1);
        CHECK_EQ(c.ok, stage == 2);
        struct err e;
        enum range_verdict v;
        const struct range_claim next = { gate_upload_bytes(r.upload), 1, RIG_FILE, true };
        CHECK_FAILS(gate_upload_claim(r.upload, &next, &v, &e), &e, ERR_PEER);
        rig_stop(&r);
    }
}

static void the_host_is_decided_again(void **state)
{
    (void)state;
    for (int stage = 0; stage < 3; stage++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        rig_bring(&r, &c, 0, 0, PIECE);
        if (stage == 0)
            c.ready = 1000;
        rig_turn(&r, 0);
        size_t before = r.got_len;
        rig_trust(&r, NULL);
        if (stage < 2) { /* in a piece; between two, while it rests */
            r.takes = 0;
            gate_review(r.gate); /* nobody runs the loops meanwhile: it gives up waiting, and the order stays */
        } else { /* between two, and the next comes over another loop before any review */
            rig_bring(&r, &c, 1, PIECE, PIECE);
        }
        rig_until(&r, &r.ended, 1);
        CHECK_EQ(r.end.why, RELAY_WITHDRAWN);
        CHECK_EQ(r.told_what, GATE_WITHDRAWN);
        CHECK(r.end.verdict && r.end_verdict.rule == TRUST_UNKNOWN_ISSUER);
        CHECK_EQ(r.got_len, before);
        CHECK_EQ(c.fed, 1);
        CHECK_EQ(c.ok, stage == 1);
        rig_stop(&r);
    }
}

static void others_grants_do_not_matter(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    rig_turn(&r, 0);
    rig_trust(&r, "vcenter:urn:vcloud:vimserver:1/hosts"); /* narrower, and enough */
    rig_bring(&r, &c, 1, PIECE, 2 * PIECE);
    rig_turn(&r, 0);
    CHECK(c.ok);
    check_complete(&r);
    rig_stop(&r);
}

static void it_may_be_stopped_at_any_time(void **state)
{
    (void)state;
    for (int stage = 0; stage < 5; stage++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        r.takes = stage == 3 ? 0 : SIZE_MAX;
        if (stage) {
            rig_bring(&r, &c, 0, 0, PIECE);
            if (stage == 2)
                c.ready = 1000;
            if (stage != 1)
                rig_turn(&r, 0);
        }
        if (stage == 4) /* it rests, and is on its way to the other loop */
            rig_bring(&r, &c, 1, PIECE, PIECE);
        gate_upload_stop(r.upload);
        gate_upload_stop(r.upload);
        rig_until(&r, &r.ended, 1);
        CHECK_EQ(r.end.why, RELAY_STOPPED);
        CHECK(r.end.err);
        CHECK_EQ(r.told, 0);
        if (stage)
            CHECK(c.fed == 1 && c.status == 409);
        rig_stop(&r);
    }
}

static void find_id(void *self, const struct gate_session *s)
{
    CHECK_EQ(s->kind, GATE_UPLOAD);
    CHECK_STR(s->name, "disk-0.vmdk");
    CHECK(s->chain && s->bytes[RELAY_UP] == PIECE && !s->bytes[RELAY_DOWN]);
    CHECK(!s->single_proof && !s->target->path); /* the path was used, and is wiped */
    memcpy(self, s->id, RANDOM_UUID);
}

static void it_is_listed_counted_and_ended_by_its_id(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    struct gate_counts n;
    char id[RANDOM_UUID] = "";
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    rig_turn(&r, 0);
    gate_list(r.gate, find_id, id);
    gate_count(r.gate, &n);
    CHECK_EQ(n.of[GATE_UPLOAD].sessions, 1);
    CHECK_EQ(n.of[GATE_UPLOAD].bytes[RELAY_UP], PIECE);
    CHECK_EQ(n.of[GATE_CONSOLE].sessions, 0);
    CHECK_EQ(n.handshakes[0], 1);
    CHECK(!gate_end(r.gate, "no-such-id"));
    CHECK(gate_end(r.gate, id));
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.end.why, RELAY_STOPPED);
    CHECK(!gate_end(r.gate, id));
    gate_count(r.gate, &n);
    CHECK_EQ(n.of[GATE_UPLOAD].sessions, 0);
    CHECK_EQ(n.of[GATE_UPLOAD].ends[RELAY_STOPPED], 1);
    CHECK_EQ(n.of[GATE_UPLOAD].bytes[RELAY_UP], PIECE);
    rig_stop(&r);
}

static void each_wait_has_its_limit(void **state)
{
    (void)state;
    struct rig r;
    struct client c = { 0 };
    /* a host that takes nothing */
    rig_start(&r, "");
    r.takes = 0;
    rig_bring(&r, &c, 0, 0, RIG_FILE);
    rig_turn(&r, 0);
    CHECK_EQ(c.fed, 0);
    rig_turn(&r, GATE_STALL_MS - 100);
    CHECK_EQ(c.fed, 0);
    rig_turn(&r, 200);
    rig_until(&r, &r.ended, 1);
    CHECK(c.fed == 1 && c.status == 502 && strstr(c.err.msg, "took nothing"));
    rig_stop(&r);
    /* one that has all, and says nothing */
    c.bytes = NULL;
    rig_start(&r, "");
    r.answers = NULL;
    rig_bring(&r, &c, 0, 0, RIG_FILE);
    rig_turn(&r, 0);
    rig_turn(&r, GATE_ANSWER_MS - 100);
    CHECK_EQ(c.fed, 0);
    rig_turn(&r, 200);
    rig_until(&r, &r.ended, 1);
    CHECK(c.status == 502 && strstr(c.err.msg, "did not answer"));
    rig_stop(&r);
    /* nothing comes: between two pieces, and in one nobody but the client's server counts */
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    c.ready = 1000;
    rig_turn(&r, 0);
    rig_turn(&r, 700000);
    CHECK_EQ(r.ended, 0);
    rig_ready(&r, &c, PIECE);
    CHECK(c.ok);
    rig_turn(&r, 599900);
    CHECK_EQ(r.ended, 0);
    rig_turn(&r, 200);
    rig_until(&r, &r.ended, 1);
    CHECK_EQ(r.end.why, RELAY_IDLE);
    CHECK_STR(r.told_rule, "idle-limit");
    rig_stop(&r);
    /* a client that left before it came to its loop: nobody is dialled */
    rig_start(&r, "");
    rig_bring(&r, &c, 0, 0, PIECE);
    gate_upload_leave(r.upload);
    rig_turn(&r, 0);
    CHECK_EQ(r.dials, 0);
    CHECK_EQ(r.ended, 0);
    rig_bring(&r, &c, 1, 0, PIECE);
    rig_turn(&r, 0);
    CHECK(c.ok);
    rig_stop(&r);
}

static void there_is_room_for_so_many(void **state)
{
    (void)state;
    struct rig r;
    struct gate_upload *first[2];
    struct client c[2] = { { 0 } };
    struct err e;
    enum range_verdict v;
    const struct range_claim piece = { 0, PIECE, RIG_FILE, true };
    rig_start(&r, "none");
    for (int i = 0; i < 2; i++) {
        first[i] = gate_upload_ref(r.upload);
        rig_bring(&r, &c[i], i, 0, PIECE);
        c[i].ready = 0;
        rig_turn(&r, 0);
        rig_upload(&r, "none", RIG_FILE);
    }
    CHECK_FAILS(gate_upload_claim(r.upload, &piece, &v, &e), &e, ERR_LIMIT);
    CHECK(strstr(e.msg, "too many transfers"));
    struct gate_counts n;
    gate_count(r.gate, &n);
    CHECK_EQ(n.of[GATE_UPLOAD].turned_away, 1);
    gate_upload_stop(first[0]);
    rig_until(&r, &r.ended, 1);
    CHECK_OK(gate_upload_claim(r.upload, &piece, &v, &e), &e);
    gate_upload_unclaim(r.upload);
    CHECK_OK(gate_upload_claim(r.upload, &piece, &v, &e), &e); /* the place was given back */
    gate_upload_unclaim(r.upload);
    gate_upload_stop(first[1]);
    rig_until(&r, &r.ended, 2);
    for (int i = 0; i < 2; i++)
        (void)gate_upload_unref(first[i]);
    rig_stop(&r);
}

/* The process ends with uploads at every stage: each sender hears of it, once. */
static void the_end_of_the_gate_is_theirs(void **state)
{
    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        struct rig r;
        struct client c = { 0 };
        rig_start(&r, "");
        rig_bring(&r, &c, 0, 0, PIECE);
        if (stage == 1)
            c.ready = 1000;
        if (stage)
            rig_turn(&r, 0);
        if (stage == 3)
            rig_bring(&r, &c, 1, PIECE, PIECE); /* its message is still in the mailbox */
        rig_stop(&r);
        CHECK_EQ(r.ended, 1);
        CHECK_EQ(r.end.why, RELAY_SHUTDOWN);
    }
}

GROUP(gate_upload, cmocka_unit_test(a_whole_file_is_passed_on), cmocka_unit_test(a_file_of_no_bytes_is_complete_with_its_body),
      cmocka_unit_test(pieces_come_over_other_loops),
      cmocka_unit_test(a_length_that_nobody_knows_goes_in_chunks), cmocka_unit_test(without_a_host_all_is_dropped),
      cmocka_unit_test(nothing_is_sent_before_the_verdict), cmocka_unit_test(another_certificate_than_named_is_asked_about_once),
      cmocka_unit_test(claims_that_can_not_go_on_change_nothing), cmocka_unit_test(a_client_that_broke_off_goes_on),
      cmocka_unit_test(repeated_bytes_must_be_the_same), cmocka_unit_test(bodies_that_are_too_short_or_too_long),
      cmocka_unit_test(only_the_hosts_own_yes_completes), cmocka_unit_test(a_host_that_breaks_off_is_told),
      cmocka_unit_test(the_host_is_decided_again), cmocka_unit_test(others_grants_do_not_matter),
      cmocka_unit_test(it_may_be_stopped_at_any_time), cmocka_unit_test(it_is_listed_counted_and_ended_by_its_id),
      cmocka_unit_test(each_wait_has_its_limit), cmocka_unit_test(there_is_room_for_so_many),
      cmocka_unit_test(the_end_of_the_gate_is_theirs))
