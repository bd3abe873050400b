/* tests/unit/http/handlers.h - an application for the tests: what each of its resources does is said in handlers.c. */
#pragma once
#include "unit/http/rig.h"

/* The answers of /hello. */
#define HELLO "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"
#define HELLO_CLOSE                                                                                             \
    "HTTP/1.1 200 OK\r\nDate: ...\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n" \
    "\r\nhello\n"
#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"
/* The server's own answers, as plain text. */
#define REFUSAL(status, len, rest, text)                                                              \
    "HTTP/1.1 " status "\r\nDate: ...\r\nContent-Type: text/plain; charset=utf-8\r\n" rest             \
    "Content-Length: " len "\r\n\r\n" text
#define REFUSAL_CLOSE(status, len, rest, text)                                                        \
    "HTTP/1.1 " status "\r\nDate: ...\r\nContent-Type: text/plain; charset=utf-8\r\n" rest             \
    "Content-Length: " len "\r\nConnection: close\r\n\r\n" text

extern const struct http_route handler_routes[];

/* All resources; limits may be NULL. */
struct rig_options handler_options(const struct http_limits *limits);
/* Byte i of the answers of /counted and /chunked. */
uint8_t handler_flood_byte(size_t i);

/* GET /wait waits on its pool thread. Until one of them has begun: */
void handler_wait_started(struct rig *r);
/* Lets them all go on. */
void handler_let_go(struct rig *r);
/* The same, once the pool has been told to close: pool_destroy waits for them. The pool's queue is full. */
void handler_let_go_when_closing(struct rig *r);
