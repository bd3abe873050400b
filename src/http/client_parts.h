/* http/client_parts.h - the inside of a client, shared by its two halves: client.c starts and receives, client_send.c
 * sends. Inside http only.
 * Nouns: client. */
#pragma once
#include "base/buf.h"
#include "http/client.h"
#include "wire/http1.h"

enum sending {
    SEND_NOTHING,   /* no request, or it is out */
    SEND_HEAD,
    SEND_WAIT,      /* for a 100 */
    SEND_BODY,
    SEND_FLUSH,     /* the last bytes */
    SEND_STOPPED,   /* given up: the rest does not matter any more */
};

enum receiving {
    RECEIVE_NOTHING, /* between two requests */
    RECEIVE_HEAD,
    RECEIVE_BODY,
    RECEIVE_END,     /* the answer is complete */
    RECEIVE_OVER,    /* the connection carries HTTP no more */
};

struct http_client {
    struct conn *conn; /* owned */
    bool shaken;       /* the handshake is done */
    bool touched;      /* a byte of the present request was written */
    enum sending sending;
    enum receiving receiving;
    struct buf out;    /* head, chunk framing */
    size_t out_at;
    const uint8_t *body; /* rest of a body in memory */
    size_t body_len;
    const struct http_source *source;
    uint64_t source_left;
    bool chunked, wants_upgrade, keep;
    unsigned interim;
    struct err send_error; /* the server may have answered before it broke off */
    bool send_failed;
    struct http1_reader reader;
    uint8_t *in;       /* owned */
    size_t in_at, in_len;
    struct url_span piece;
};

void client_forget(void *p, size_t len); /* wipes; harmless for NULL and 0 */
bool client_has_body(const struct http_send *s);
/* The request's head into c->out. */
bool client_write_head(struct http_client *c, const struct http_send *s, struct err *e);
/* Sends what can be sent now. IO_DONE: all is out, or the rest does not matter any more. */
enum io client_send(struct http_client *c, struct err *e);
