/* wire/ws.h - WebSocket frames (RFC 6455 section 5) and the handshake around them.
 * Called by gate: a relay pumps bytes as they are and lets a decoder look on, so that it knows where a frame ends
 * and can put a Close there. Sans-I/O, and it never touches a payload. No extension is ever agreed to here. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct http1_head;

enum {
    WS_HEAD_MAX = 14,       /* bytes of a frame's head */
    WS_CONTROL_MAX = 125,   /* payload of a control frame */
    WS_REASON_MAX = 123,    /* bytes of a Close's reason; the code takes two */
    WS_KEY = 25,            /* Sec-WebSocket-Key and its NUL */
    WS_ACCEPT = 29,         /* Sec-WebSocket-Accept and its NUL */
};

enum ws_side { WS_FROM_CLIENT, WS_FROM_SERVER }; /* a client masks, a server does not (section 5.1) */

enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xa,
};

struct ws_frame {
    enum ws_opcode opcode;
    bool fin;
    uint64_t len;    /* of the payload */
    uint8_t mask[4]; /* zero from a server */
};

enum ws_event {
    WS_MORE,    /* everything is used */
    WS_FRAME,   /* decoder->frame is filled; its payload follows */
    WS_PAYLOAD, /* the bytes used are payload of that frame */
    WS_BAD,     /* against RFC 6455, for good: 1002 fits (1009 when it was too long) */
};

struct ws_decoder {
    enum ws_side side;
    uint64_t max;         /* payload of one frame */
    struct ws_frame frame;
    bool in_message;      /* after a frame without FIN: continuations must follow */
    bool closed;          /* a Close frame was seen */
    bool bad;
    uint64_t left;        /* payload of the frame still to come */
    uint8_t head[WS_HEAD_MAX];
    size_t have;          /* bytes of the next head */
};

void ws_decoder_init(struct ws_decoder *d, enum ws_side side, uint64_t max_payload);
/* Reads one event from data (len may be 0). ERR_PEER; ERR_LIMIT for a frame longer than max_payload. */
enum ws_event ws_decode(struct ws_decoder *d, const uint8_t *data, size_t len, size_t *ret_used, struct err *e);
/* Looks on while all of data goes by. */
MUST_USE bool ws_follow(struct ws_decoder *d, const uint8_t *data, size_t len, struct err *e);
/* Between two frames: a control frame may be put in here (also inside a fragmented message, section 5.4). */
bool ws_at_boundary(const struct ws_decoder *d);

/* What would have to follow what was followed so far, so that a frame ends there: the rest of a head, then so many zeros. False:
 * nothing legal can follow. *ret_closed: the stream holds a Close then (section 5.5.1: no other frame may follow). */
MUST_USE bool ws_rest(const struct ws_decoder *d, uint8_t head[WS_HEAD_MAX], size_t *ret_head, uint64_t *ret_zeros,
                      bool *ret_closed);

/* Appends a Close frame. The reason is cut at WS_REASON_MAX bytes, between characters. mask: 4 unguessable bytes
 * when a client speaks, NULL for a server. ERR_INPUT for a code that may not be sent (section 7.4). */
MUST_USE bool ws_write_close(struct buf *b, uint16_t code, const char *reason, const uint8_t mask[4], struct err *e);

/* The answer to a key (section 4.2.2). */
void ws_accept(const char *key, char out[WS_ACCEPT]);
void ws_key(const uint8_t random[16], char out[WS_KEY]);

/* Server: is this request a good opening handshake (section 4.2.1)? *ret_key is borrowed from the head. ERR_INPUT;
 * *ret_status is the answer that fits then: 400, or 426 with "Sec-WebSocket-Version: 13". */
MUST_USE bool ws_check_request(const struct http1_head *h, const char **ret_key, int *ret_status, struct err *e);
/* Client: is this response the one to the key and the subprotocol that were sent (section 4.1)? protocol NULL: none
 * was offered. ERR_PEER. */
MUST_USE bool ws_check_answer(const struct http1_head *h, const char *key, const char *protocol, struct err *e);
