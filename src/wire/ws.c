#include "wire/ws.h"

#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "wire/http1.h"

void ws_decoder_init(struct ws_decoder *d, enum ws_side side, uint64_t max_payload)
{
    *d = (struct ws_decoder){ .side = side, .max = max_payload };
}

/* Bytes of the head, as far as the ones that are there tell. */
static size_t head_len(const struct ws_decoder *d)
{
    if (d->have < 2)
        return 2;
    uint8_t len = d->head[1] & 0x7f;
    return 2u + (len == 126 ? 2u : len == 127 ? 8u : 0u) + (d->head[1] & 0x80 ? 4u : 0u);
}

static bool is_control(enum ws_opcode opcode)
{
    return opcode >= WS_CLOSE;
}

/* The first two bytes: FIN, RSV, opcode, MASK and the short length. */
static bool check_start(const struct ws_decoder *d, struct err *e)
{
    enum ws_opcode opcode = d->head[0] & 0x0f;
    bool fin = d->head[0] & 0x80;
    uint8_t len = d->head[1] & 0x7f;
    if (d->head[0] & 0x70)
        return err_set(e, ERR_PEER, "a WebSocket frame with reserved bits set (RFC 6455 section 5.2)");
    if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
        return err_set(e, ERR_PEER, "a WebSocket frame with reserved opcode %x (RFC 6455 section 5.2)", opcode);
    if (is_control(opcode) && (!fin || len > WS_CONTROL_MAX))
        return err_set(e, ERR_PEER, "a WebSocket control frame in pieces or too long (RFC 6455 section 5.5)");
    if (opcode == WS_CLOSE && len == 1)
        return err_set(e, ERR_PEER, "a WebSocket Close with half a code (RFC 6455 section 5.5.1)");
    if (!!(d->head[1] & 0x80) != (d->side == WS_FROM_CLIENT))
        return err_set(e, ERR_PEER, "a WebSocket frame masked the wrong way (RFC 6455 section 5.1)");
    if (!is_control(opcode)) {
        if (d->closed)
            return err_set(e, ERR_PEER, "WebSocket data after a Close (RFC 6455 section 5.5.1)");
        if ((opcode == WS_CONTINUATION) != d->in_message)
            return err_set(e, ERR_PEER, "a WebSocket message in the wrong order (RFC 6455 section 5.4)");
    }
    return true;
}

static bool read_head(struct ws_decoder *d, struct err *e)
{
    struct ws_frame f = { .opcode = d->head[0] & 0x0f, .fin = d->head[0] & 0x80, .len = d->head[1] & 0x7f };
    size_t at = 2, bytes = f.len == 126 ? 2 : f.len == 127 ? 8 : 0;
    if (bytes) {
        uint64_t least = bytes == 2 ? 126 : 65536;
        f.len = 0;
        for (size_t i = 0; i < bytes; i++)
            f.len = f.len << 8 | d->head[at++];
        if (f.len < least || f.len > INT64_MAX)
            return err_set(e, ERR_PEER, "a WebSocket length that is not the shortest form (RFC 6455 section 5.2)");
    }
    if (f.len > d->max)
        return err_set(e, ERR_LIMIT, "a WebSocket frame of more than %llu bytes", (unsigned long long)d->max);
    if (d->side == WS_FROM_CLIENT)
        memcpy(f.mask, d->head + at, sizeof(f.mask));
    if (!is_control(f.opcode))
        d->in_message = !f.fin;
    d->closed = d->closed || f.opcode == WS_CLOSE;
    d->frame = f;
    d->left = f.len;
    d->have = 0;
    return true;
}

enum ws_event ws_decode(struct ws_decoder *d, const uint8_t *data, size_t len, size_t *ret_used, struct err *e)
{
    *ret_used = 0;
    if (d->bad) {
        err_set(e, ERR_PEER, "a WebSocket stream that was refused before");
        return WS_BAD;
    }
    if (d->left) {
        *ret_used = len < d->left ? len : (size_t)d->left;
        d->left -= *ret_used;
        return len ? WS_PAYLOAD : WS_MORE;
    }
    while (*ret_used < len) {
        d->head[d->have++] = data[(*ret_used)++];
        bool ok = d->have != 2 || check_start(d, e);
        if (ok && d->have < head_len(d))
            continue;
        if (ok && read_head(d, e))
            return WS_FRAME;
        d->bad = true;
        return WS_BAD;
    }
    return WS_MORE;
}

bool ws_follow(struct ws_decoder *d, const uint8_t *data, size_t len, struct err *e)
{
    for (size_t at = 0, used; at < len; at += used)
        if (ws_decode(d, data + at, len - at, &used, e) == WS_BAD)
            return false;
    return true;
}

bool ws_at_boundary(const struct ws_decoder *d)
{
    return !d->left && !d->have && !d->bad;
}

/* The missing bytes of an extended length: the smallest number that starts with those that are there and is in its shortest form. */
static bool rest_of_length(const uint8_t *have, size_t have_len, size_t of, uint8_t *rest, uint64_t *ret)
{
    uint64_t least = of == 2 ? 126 : 65536, n = 0;
    size_t missing = of - have_len;
    for (size_t i = 0; i < have_len; i++)
        n = n << 8 | have[i];
    n = missing < 8 ? n << 8 * missing : 0;
    uint64_t room = missing < 8 ? (UINT64_C(1) << 8 * missing) - 1 : UINT64_MAX;
    if (n < least) {
        if (least - n > room)
            return false;
        n = least;
    }
    for (size_t i = 0; i < missing; i++)
        rest[i] = (uint8_t)(n >> 8 * (missing - 1 - i));
    *ret = n;
    return n <= INT64_MAX;
}

bool ws_rest(const struct ws_decoder *d, uint8_t head[WS_HEAD_MAX], size_t *ret_head, uint64_t *ret_zeros, bool *ret_closed)
{
    size_t len = 0;
    uint64_t zeros = d->left;
    *ret_closed = d->closed || (d->have && (d->head[0] & 0x0f) == WS_CLOSE);
    if (d->bad)
        return false;
    if (d->have == 1) { /* an empty payload; what says so is legal in every frame whose first byte is */
        struct ws_decoder next = *d;
        next.head[1] = head[len++] = d->side == WS_FROM_CLIENT ? 0x80 : 0;
        next.have = 2;
        if (!check_start(&next, NULL))
            return false;
    }
    if (d->have >= 2) {
        size_t of = (d->head[1] & 0x7f) == 126 ? 2 : (d->head[1] & 0x7f) == 127 ? 8 : 0, got = d->have - 2;
        zeros = d->head[1] & 0x7f;
        got = got < of ? got : of;
        if (of && !rest_of_length(d->head + 2, got, of, head, &zeros))
            return false;
        len = of - got;
    }
    if (d->have && d->side == WS_FROM_CLIENT) { /* a mask of zeros for what is missing of it */
        size_t missing = head_len(d) - d->have - (d->have >= 2 ? len : 0);
        missing = d->have == 1 ? 4 : missing;
        memset(head + len, 0, missing);
        len += missing;
    }
    *ret_head = len;
    *ret_zeros = zeros;
    return zeros <= d->max;
}

/* RFC 6455 section 7.4.1 and 7.4.2: codes that an endpoint may put in a frame. */
static bool may_be_sent(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011) || (code >= 3000 && code <= 4999);
}

bool ws_write_close(struct buf *b, uint16_t code, const char *reason, const uint8_t mask[4], struct err *e)
{
    uint8_t frame[2 + 4 + WS_CONTROL_MAX];
    size_t len = strlen(reason), at = 0;
    if (!may_be_sent(code))
        return err_set(e, ERR_INPUT, "WebSocket Close code %u may not be sent", code);
    if (!text_utf8(reason, len))
        return err_set(e, ERR_INPUT, "a WebSocket Close reason that is not UTF-8");
    len = text_clip(reason, WS_REASON_MAX);
    frame[at++] = 0x80 | WS_CLOSE;
    frame[at++] = (uint8_t)((mask ? 0x80u : 0u) | (len + 2));
    if (mask) {
        memcpy(frame + at, mask, 4);
        at += 4;
    }
    size_t payload = at;
    frame[at++] = (uint8_t)(code >> 8);
    frame[at++] = (uint8_t)code;
    memcpy(frame + at, reason, len);
    at += len;
    for (size_t i = payload; mask && i < at; i++)
        frame[i] ^= mask[(i - payload) % 4];
    return buf_append(b, frame, at, e);
}

static void base64(const uint8_t *p, size_t len, char *out, size_t size)
{
    struct buf b;
    buf_init(&b, size);
    bool ok = text_base64(&b, p, len, NULL) && text_copy(out, size, buf_str(&b));
    assert(ok);
    (void)ok;
    buf_done(&b);
}

void ws_accept(const char *key, char out[WS_ACCEPT])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 section 1.3 */
    char text[WS_KEY - 1 + sizeof(guid)];
    uint8_t digest[DIGEST_SHA1];
    size_t len = strnlen(key, WS_KEY - 1);
    memcpy(text, key, len);
    memcpy(text + len, guid, sizeof(guid) - 1);
    digest_sha1(text, len + sizeof(guid) - 1, digest);
    base64(digest, sizeof(digest), out, WS_ACCEPT);
}

void ws_key(const uint8_t random[16], char out[WS_KEY])
{
    base64(random, 16, out, WS_KEY);
}

static bool is_key(const char *key)
{
    struct buf plain;
    buf_init(&plain, 32);
    bool ok = strlen(key) == WS_KEY - 1 && text_unbase64(key, WS_KEY - 1, false, &plain, NULL) && plain.len == 16;
    buf_done(&plain);
    return ok;
}

bool ws_check_request(const struct http1_head *h, const char **ret_key, int *ret_status, struct err *e)
{
    const char *version, *key;
    *ret_status = 400;
    if (!h->upgrade || !http1_list_has(h, "upgrade", "websocket") || strcmp(h->method, "GET") != 0)
        return err_set(e, ERR_INPUT, "not a WebSocket handshake (RFC 6455 section 4.2.1)");
    if (h->framing != HTTP1_NO_BODY && h->length)
        return err_set(e, ERR_INPUT, "a WebSocket handshake with a body");
    if (!http1_find_single(h, "sec-websocket-version", &version, e) ||
        !http1_find_single(h, "sec-websocket-key", &key, e))
        return false;
    if (!version || strcmp(version, "13") != 0) {
        *ret_status = 426;
        return err_set(e, ERR_INPUT, "a WebSocket version other than 13");
    }
    if (!key || !is_key(key))
        return err_set(e, ERR_INPUT, "a WebSocket key that is not 16 bytes in base64");
    *ret_key = key;
    return true;
}

bool ws_check_answer(const struct http1_head *h, const char *key, const char *protocol, struct err *e)
{
    char want[WS_ACCEPT];
    const char *accept, *chosen;
    if (h->status != 101)
        return err_set(e, ERR_PEER, "WebSocket handshake answered with %d", h->status);
    if (!http1_list_has(h, "upgrade", "websocket") || !http1_list_has(h, "connection", "upgrade"))
        return err_set(e, ERR_PEER, "a 101 that does not switch to WebSocket (RFC 6455 section 4.1)");
    if (!http1_find_single(h, "sec-websocket-accept", &accept, e) ||
        !http1_find_single(h, "sec-websocket-protocol", &chosen, e)) {
        if (e)
            e->kind = ERR_PEER;
        return false;
    }
    ws_accept(key, want);
    if (!accept || strcmp(accept, want) != 0)
        return err_set(e, ERR_PEER, "a WebSocket answer to another key (RFC 6455 section 4.1)");
    if (http1_find(h, "sec-websocket-extensions"))
        return err_set(e, ERR_PEER, "a WebSocket extension that was not asked for (RFC 6455 section 4.1)");
    if (chosen && (!protocol || strcmp(chosen, protocol) != 0))
        return err_set(e, ERR_PEER, "a WebSocket subprotocol that was not asked for (RFC 6455 section 4.1)");
    return true;
}
