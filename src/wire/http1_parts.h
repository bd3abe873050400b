/* wire/http1_parts.h - what the files of the HTTP/1.1 reader share among themselves; nobody else includes it.
 * A line is given without its CRLF. */
#pragma once
#include "wire/http1.h"

/* Which status fits a refused request; the err says it in words. */
bool http1_refuse(struct http1_reader *r, int status, struct err *e, const char *fmt, ...) PRINTF(4, 5);

/* http1_line.c: the grammar of single lines, stricter than llhttp's. */
bool http1_check_request_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e);
bool http1_check_status_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e);
bool http1_check_field_line(struct http1_reader *r, const uint8_t *line, size_t len, struct err *e);
/* chunk-size [ chunk-ext ]; *ret_ext is the number of extension bytes. */
bool http1_check_chunk_line(struct http1_reader *r, const uint8_t *line, size_t len, uint64_t *ret_size,
                            size_t *ret_ext, struct err *e);

/* http1_head.c: r->bytes holds a whole head whose lines were checked; fills r->head. */
bool http1_read_head(struct http1_reader *r, struct err *e);
