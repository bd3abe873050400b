/* wire/http1.h - HTTP/1.1 messages as bytes: a reader that is fed and answers with events, and writers (RFC 9112).
 * Called by http (server, client, tunnel) and the lab. Sans-I/O: it never touches a descriptor, a clock or a log.
 *
 * A message travels so: bytes are fed; the head is gathered in one buffer of the reader and each of its lines is
 * checked by rules of our own, for llhttp lets pass what two readers may understand differently; then llhttp
 * splits the whole head at once, so that fields are strings inside that buffer; then the framing is decided, and
 * llhttp must have come to the same. Body bytes are handed out where they lie in the input, never copied; whoever
 * can't take them yet simply does not feed on. After HTTP1_END what was not used belongs to the next message or,
 * after an upgrade, to another protocol. Chunked framing is read here: llhttp can't pause inside a body. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/url.h"

struct arena;

enum {
    HTTP1_TARGET_MAX = URL_MAX,      /* bytes of a request target; past it 414 */
    HTTP1_HEAD_MAX = 32 * 1024,      /* bytes of start line and fields together; past it 431 */
    HTTP1_FIELDS_MAX = 100,          /* field lines of one head; past it 431 */
    HTTP1_METHOD_MAX = 32,           /* bytes of a method; past it 501 */
    HTTP1_LENGTH_DIGITS = 19,        /* digits of a Content-Length; its value is below 2^63 */
    HTTP1_CHUNK_LINE_MAX = 256,      /* bytes of one chunk-size line with its extensions */
    HTTP1_CHUNK_EXT_MAX = 4096,      /* bytes of all chunk extensions of one message */
    HTTP1_TRAILER_MAX = 8192,        /* bytes of all trailer lines of one message; they are checked and dropped */
    HTTP1_KEEP_MAX = 4096,           /* a larger head buffer is freed between two messages */
};

/* What one reader allows; 0 = the constant above. */
struct http1_limits {
    size_t target, head, fields;
};

enum http1_kind { HTTP1_REQUEST, HTTP1_RESPONSE };

enum http1_event {
    HTTP1_MORE, /* everything is used and the message goes on */
    HTTP1_HEAD, /* reader->head is filled; feed on for the body, or just for HTTP1_END */
    HTTP1_BODY, /* a piece of the body, inside the bytes given */
    HTTP1_END,  /* the message is complete; http1_next before the following one */
    HTTP1_BAD,  /* refused for good; see e and reader->refusal */
};

/* How the end of the body is found (RFC 9112 section 6.3). */
enum http1_framing { HTTP1_NO_BODY, HTTP1_LENGTH, HTTP1_CHUNKED, HTTP1_UNTIL_CLOSE };

/* RFC 9112 section 3.2. The target of an absolute form is given as origin form: host says the rest. */
enum http1_form { HTTP1_ORIGIN, HTTP1_ABSOLUTE, HTTP1_AUTHORITY, HTTP1_ASTERISK };

struct http1_field {
    const char *name;  /* as written; compare with text_caseeq */
    const char *value; /* without the white space around it */
};

/* Strings are borrowed from the reader and live until http1_next. */
struct http1_head {
    /* request */
    const char *method;      /* a token that llhttp knows */
    const char *target;      /* origin form, "*", or "host:port" of a CONNECT */
    enum http1_form form;
    struct url_target url;   /* path and query of the target; empty for "*" and CONNECT */
    struct url_host host;    /* from Host or the absolute form; name "" when an HTTP/1.0 request has none */
    bool expect_continue;    /* the client waits for a 100 before it sends the body */
    /* response */
    int status;              /* 100 to 599 */
    const char *reason;
    /* both */
    int minor;               /* HTTP/1.0 or HTTP/1.1 */
    struct http1_field *fields;
    size_t fields_len;
    enum http1_framing framing;
    uint64_t length;         /* HTTP1_LENGTH: bytes of the body */
    bool keep_alive;         /* the connection may carry another message after this one */
    bool upgrade;            /* Connection: upgrade and an Upgrade field; a 101; a CONNECT or its 2xx */
};

enum http1_state {
    HTTP1_AT_START,       /* no byte of this message yet */
    HTTP1_AT_HEAD,
    HTTP1_AT_COUNTED,     /* left bytes of the body to come */
    HTTP1_AT_CHUNK_LINE,
    HTTP1_AT_CHUNK_DATA,  /* left bytes of the chunk to come */
    HTTP1_AT_CHUNK_CRLF,
    HTTP1_AT_TRAILER,
    HTTP1_AT_UNTIL_CLOSE,
    HTTP1_AT_END,
    HTTP1_AT_REFUSAL,
};

struct http1_reader {
    enum http1_kind kind;
    struct http1_limits limits;
    /* Of the request that this response answers: set before the head arrives. */
    bool to_head, to_connect;
    struct http1_head head;
    int refusal;             /* after HTTP1_BAD of a request: the status that fits (400, 414, 417, 431, 501, 505) */
    /* from here on the reader's own */
    enum http1_state state;
    bool blank;              /* the one empty line before a request has been passed over */
    struct buf bytes;        /* the head */
    size_t line_at;          /* where the line being gathered starts in it */
    size_t lines;            /* complete lines in it */
    struct buf line;         /* a line of the chunked framing */
    size_t ext_bytes, trailer_bytes;
    uint64_t left;           /* bytes of the body or the chunk still to come */
    size_t fields_cap;
};

/* limits may be NULL. */
void http1_reader_init(struct http1_reader *r, enum http1_kind kind, const struct http1_limits *limits);
void http1_reader_done(struct http1_reader *r);

/* Reads one event from data. *ret_used bytes were taken (a piece of the body counts as taken); *ret_body is set
 * with HTTP1_BODY. With len 0 it answers what needs no byte: HTTP1_END after the last one. A refusal is ERR_INPUT
 * for a request, ERR_PEER for a response, ERR_LIMIT past a cap, and stays. */
enum http1_event http1_feed(struct http1_reader *r, const uint8_t *data, size_t len, size_t *ret_used,
                            struct url_span *ret_body, struct err *e);
/* The peer will send no more: HTTP1_END where that ends a body (or a message is complete), HTTP1_MORE where nothing
 * had started, else HTTP1_BAD: cut off. */
enum http1_event http1_eof(struct http1_reader *r, struct err *e);
/* Ready for the next message: only after HTTP1_END. Drops head. */
void http1_next(struct http1_reader *r);
/* Gives memory back while nothing of a message has come: thousands of connections may wait. Harmless at other times. */
void http1_trim(struct http1_reader *r);
/* True while nothing of a message has come yet. */
bool http1_idle(const struct http1_reader *r);

/* A copy of the head that lives in an arena, and outlives the reader. Between HTTP1_HEAD and http1_next. */
struct http1_head *http1_head_copy(const struct http1_reader *r, struct arena *a);

/* The first field of that name (any case), or NULL. */
const char *http1_find(const struct http1_head *h, const char *name);
/* The same for a field that may stand once only: *ret is NULL when absent; twice is ERR_INPUT. */
MUST_USE bool http1_find_single(const struct http1_head *h, const char *name, const char **ret, struct err *e);
/* True when a comma separated list, over all fields of that name, has this element (any case). */
bool http1_list_has(const struct http1_head *h, const char *name, const char *element);
bool http1_is_token(const char *s, size_t len); /* RFC 9110 section 5.6.2 */
/* What may stand in a field value or a reason: no control byte but the tab. */
bool http1_is_value(const char *s, size_t len);

/* Writers append to a buffer, or leave it as it was: ERR_INPUT on a CR, LF, NUL or other control byte, on a name or
 * method that is no token, on a target with a byte outside 0x21 to 0x7e; ERR_LIMIT when the buffer is full. */
MUST_USE bool http1_write_request(struct buf *b, const char *method, const char *target, struct err *e);
/* reason NULL = the usual words. */
MUST_USE bool http1_write_status(struct buf *b, int status, const char *reason, struct err *e);
MUST_USE bool http1_write_field(struct buf *b, const char *name, const char *value, struct err *e);
MUST_USE bool http1_write_field_number(struct buf *b, const char *name, uint64_t value, struct err *e);
MUST_USE bool http1_write_end(struct buf *b, struct err *e); /* the empty line after the fields */
/* A chunk is head, len bytes, CRLF; len > 0. The last chunk closes the body. */
MUST_USE bool http1_write_chunk(struct buf *b, const void *p, size_t len, struct err *e);
enum { HTTP1_CHUNK_HEAD_MAX = 18 }; /* 16 hex digits and CRLF */
MUST_USE bool http1_write_chunk_head(struct buf *b, uint64_t len, struct err *e);
MUST_USE bool http1_write_last_chunk(struct buf *b, struct err *e);

/* "Not Found"; "" for a status that has no usual words. */
const char *http1_reason(int status);
/* "Mon, 23 Nov 2026 10:00:00 GMT" (RFC 9110 section 5.6.7). */
enum { HTTP1_DATE = 30 };
void http1_date(int64_t unix_seconds, char out[HTTP1_DATE]);
