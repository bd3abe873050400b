#include "wire/ws.h"

#include "base/text.h"
#include "unit/check.h"
#include "unit/wire/cases.h"
#include "wire/http1.h"

enum { MAX_PAYLOAD = 70000 };

struct run {
    enum ws_side side;
    size_t used;
    struct err error;
};

static bool run_decoder(void *ctx, const uint8_t *const *pieces, const size_t *lens, size_t count, struct buf *out)
{
    struct run *run = ctx;
    struct ws_decoder d, follower;
    struct err e;
    uint64_t payload = 0;
    enum ws_event event = WS_MORE;
    bool followed = true;
    ws_decoder_init(&d, run->side, MAX_PAYLOAD);
    ws_decoder_init(&follower, run->side, MAX_PAYLOAD);
    for (size_t i = 0; i < count && event != WS_BAD; i++) {
        size_t at = 0;
        followed = ws_follow(&follower, pieces[i], lens[i], &e);
        do {
            size_t used;
            event = ws_decode(&d, pieces[i] + at, lens[i] - at, &used, &e);
            at += used;
            if (event == WS_FRAME)
                CHECK_OK(buf_printf(out, &e, "%x%s%llu ", d.frame.opcode, d.frame.fin ? "." : "+",
                                    (unsigned long long)d.frame.len), &e);
            if (event == WS_PAYLOAD)
                payload += used;
        } while (event != WS_MORE && event != WS_BAD);
        CHECK_EQ(followed, event != WS_BAD);
    }
    CHECK_EQ(ws_at_boundary(&d), ws_at_boundary(&follower));
    if (event == WS_BAD) {
        size_t used;
        run->error = e;
        CHECK(!ws_at_boundary(&d));
        CHECK_EQ(ws_decode(&d, (const uint8_t *)"\x81\x00", 2, &used, &e), WS_BAD);
        buf_clear(out);
        CHECK_OK(buf_puts(out, "bad", &e), &e);
        return false;
    }
    CHECK_OK(buf_printf(out, &e, "=%llu%s", (unsigned long long)payload, ws_at_boundary(&d) ? "" : " inside"), &e);
    return false;
}

#define FROM_CLIENT(text) WS_FROM_CLIENT, text, sizeof(text) - 1
#define FROM_SERVER(text) WS_FROM_SERVER, text, sizeof(text) - 1

static void frames_are_followed(void **state)
{
    (void)state;
    static const struct {
        enum ws_side side;
        const char *bytes;
        size_t len;
        const char *words;
    } cases[] = {
        /* the examples of RFC 6455 section 5.7 */
        { FROM_SERVER("\x81\x05Hello"), "1.5 =5" },
        { FROM_CLIENT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "1.5 =5" },
        { FROM_SERVER("\x01\x03Hel\x80\x02lo"), "1+3 0.2 =5" },
        { FROM_SERVER("\x89\x05Hello"), "9.5 =5" },
        { FROM_CLIENT("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "a.5 =5" },
        { FROM_SERVER("\x82\x00\x82\x00"), "2.0 2.0 =0" },
        { FROM_SERVER("\x02\x01" "a\x89\x00\x00\x01" "b\x8a\x00\x80\x00"), "2+1 9.0 0+1 a.0 0.0 =2" },
        { FROM_SERVER("\x82\x7e\x00\x7e" "abc"), "2.126 =3 inside" },
        { FROM_SERVER("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00z"), "2.65536 =1 inside" },
        { FROM_SERVER("\x88\x00"), "8.0 =0" },
        { FROM_SERVER("\x88\x02\x03\xe8\x89\x00"), "8.2 9.0 =2" },
        { FROM_SERVER("\x82"), "=0 inside" },
        { FROM_CLIENT("\x82\x80\x01\x02\x03"), "=0 inside" },
        { FROM_SERVER(""), "=0" },
        /* refused */
        { FROM_SERVER("\xc2\x00"), "bad" }, { FROM_SERVER("\xa2\x00"), "bad" }, { FROM_SERVER("\x92\x00"), "bad" },
        { FROM_SERVER("\x83\x00"), "bad" }, { FROM_SERVER("\x87\x00"), "bad" }, { FROM_SERVER("\x8b\x00"), "bad" },
        { FROM_SERVER("\x8f\x00"), "bad" },
        { FROM_SERVER("\x82\x80" "abcd"), "bad" },              /* a masked server */
        { FROM_CLIENT("\x82\x00"), "bad" },                     /* an unmasked client */
        { FROM_SERVER("\x09\x00"), "bad" },                     /* a ping in pieces */
        { FROM_SERVER("\x08\x00"), "bad" },
        { FROM_SERVER("\x89\x7e\x00\x7e"), "bad" },             /* a long ping */
        { FROM_SERVER("\x88\x01z"), "bad" },                    /* half a Close code */
        { FROM_SERVER("\x80\x00"), "bad" },                     /* continues nothing */
        { FROM_SERVER("\x01\x00\x81\x00"), "bad" },             /* a message inside a message */
        { FROM_SERVER("\x81\x00\x80\x00"), "bad" },
        { FROM_SERVER("\x82\x7e\x00\x7d"), "bad" },             /* 125 in two bytes */
        { FROM_SERVER("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "bad" },
        { FROM_SERVER("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), "bad" },
        { FROM_SERVER("\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71"), "bad" }, /* 70001 */
        { FROM_SERVER("\x88\x00\x82\x00"), "bad" },             /* data after a Close */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run run = { .side = cases[i].side };
        struct buf out;
        char name[32];
        buf_init(&out, 1000);
        (void)snprintf(name, sizeof(name), "case %zu", i);
        (void)cases_thrice(run_decoder, &run, name, (const uint8_t *)cases[i].bytes, cases[i].len, &run.used, &out);
        if (strcmp(buf_str(&out), cases[i].words) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\" (%s)", name, buf_str(&out), cases[i].words, run.error.msg);
        buf_done(&out);
    }
}

static void closes_are_written_and_read(void **state)
{
    (void)state;
    static const uint8_t mask[4] = { 1, 2, 3, 4 };
    struct buf b;
    struct err e;
    char reason[200];
    buf_init(&b, 200);
    CHECK_OK(ws_write_close(&b, 4403, "name-mismatch esx1.example 17", NULL, &e), &e);
    CHECK_EQ(b.len, 2 + 2 + 29);
    CHECK(!memcmp(b.data, "\x88\x1f\x11\x33name-mismatch", 17));
    buf_clear(&b);
    CHECK_OK(ws_write_close(&b, 1000, "", mask, &e), &e);
    CHECK(b.len == 8 && !memcmp(b.data, "\x88\x82\x01\x02\x03\x04\x02\xea", 8));
    buf_clear(&b);
    /* "é" 100 times: cut after 61 of them, not in the middle of one */
    for (size_t i = 0; i < 99; i++)
        memcpy(reason + 2 * i, "\xc3\xa9", 2);
    reason[198] = '\0';
    CHECK_OK(ws_write_close(&b, 4410, reason, NULL, &e), &e);
    CHECK(b.len == 2 + 2 + 122 && b.data[1] == 124);
    struct ws_decoder d;
    ws_decoder_init(&d, WS_FROM_SERVER, 1000);
    CHECK_OK(ws_follow(&d, b.data, b.len, &e), &e);
    CHECK(d.closed && ws_at_boundary(&d));
    static const uint16_t bad[] = { 0, 999, 1004, 1005, 1006, 1012, 1015, 1016, 2999, 5000, 65535 };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_FAILS(ws_write_close(&b, bad[i], "", NULL, &e), &e, ERR_INPUT);
    CHECK_FAILS(ws_write_close(&b, 1000, "\xff", NULL, &e), &e, ERR_INPUT);
    buf_done(&b);
}

static struct http1_head handshake(struct http1_field *fields, size_t len, int status)
{
    return (struct http1_head){ .method = "GET", .status = status, .minor = 1, .upgrade = true, .fields = fields,
                                .fields_len = len };
}

static void handshakes_are_checked(void **state)
{
    (void)state;
    static const uint8_t nonce[16] = "the sample nonce";
    char accept[WS_ACCEPT], key[WS_KEY];
    ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept); /* the example of RFC 6455 section 1.3 */
    CHECK_STR(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    ws_key(nonce, key);
    CHECK_STR(key, "dGhlIHNhbXBsZSBub25jZQ==");
    static const struct {
        const char *name, *value; /* put in place of the field with that name, or added; value NULL: left out */
        int status;               /* 0: good */
    } cases[] = {
        { "X", "y", 0 },
        { "Upgrade", "h2c, WebSocket", 0 },
        { "Upgrade", "h2c", 400 },
        { "Sec-WebSocket-Version", NULL, 426 },
        { "Sec-WebSocket-Version", "12", 426 },
        { "Sec-WebSocket-Version", "13, 8", 426 },
        { "Sec-WebSocket-Key", NULL, 400 },
        { "Sec-WebSocket-Key", "", 400 },
        { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=", 400 },
        { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZTE=", 400 },
        { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ===", 400 },
        { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j!Q==", 400 },
        { "sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==", 400 }, /* twice */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http1_field fields[5] = { { "Upgrade", "websocket" }, { "Connection", "Upgrade" },
                                         { "Sec-WebSocket-Version", "13" },
                                         { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" } };
        size_t at = 0;
        while (at < 4 && strcmp(fields[at].name, cases[i].name) != 0)
            at++;
        fields[at] = (struct http1_field){ cases[i].value ? cases[i].name : "X", cases[i].value ? cases[i].value : "" };
        struct http1_head h = handshake(fields, at == 4 ? 5 : 4, 0);
        struct err e;
        const char *found = NULL;
        int status;
        bool ok = ws_check_request(&h, &found, &status, &e);
        if (ok != !cases[i].status || (!ok && status != cases[i].status))
            fail_msg("case %zu", i);
        if (ok)
            CHECK_STR(found, "dGhlIHNhbXBsZSBub25jZQ==");
        h.method = "POST";
        CHECK_FAILS(ws_check_request(&h, &found, &status, &e), &e, ERR_INPUT);
        h.method = "GET";
        h.upgrade = false;
        CHECK_FAILS(ws_check_request(&h, &found, &status, &e), &e, ERR_INPUT);
    }
}

static void answers_are_checked(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *upgrade, *connection, *accept, *name, *value, *protocol;
        bool ok;
    } cases[] = {
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", NULL, true },
        { 101, "WebSocket", "upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol", "binary", "binary", true },
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", "binary", true },
        { 200, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", NULL, false },
        { 101, "h2c", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", NULL, false },
        { 101, "websocket", "close", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", NULL, false },
        { 101, "websocket", "Upgrade", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "X", "", NULL, false },
        { 101, "websocket", "Upgrade", "", "X", "", NULL, false },
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Accept", "x", NULL, false },
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Extensions", "x", NULL, false },
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol", "binary", NULL, false },
        { 101, "websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol", "vvc", "binary", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http1_field fields[] = { { "Upgrade", cases[i].upgrade }, { "Connection", cases[i].connection },
                                        { "Sec-WebSocket-Accept", cases[i].accept }, { cases[i].name, cases[i].value } };
        struct http1_head h = handshake(fields, ARRAY_LEN(fields), cases[i].status);
        struct err e = { 0 };
        if (ws_check_answer(&h, "dGhlIHNhbXBsZSBub25jZQ==", cases[i].protocol, &e) != cases[i].ok)
            fail_msg("case %zu: %s", i, e.msg);
        CHECK(cases[i].ok || e.kind == ERR_PEER);
    }
}

GROUP(wire_ws, cmocka_unit_test(frames_are_followed), cmocka_unit_test(closes_are_written_and_read),
      cmocka_unit_test(handshakes_are_checked), cmocka_unit_test(answers_are_checked))
