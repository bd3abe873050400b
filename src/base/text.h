/* base/text.h - bytes as text and back: hex, base64, numbers, and the strict comparisons of ASCII.
 * Pure; no locale. Every reader refuses what it does not understand completely. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Lower-case hex without separators; out holds 2 * len + 1 bytes. */
void text_hex(const uint8_t *p, size_t len, char *out);
/* "AA:BB:..": upper-case with colons; out holds 3 * len bytes (at least 1). */
void text_fingerprint(const uint8_t *p, size_t len, char *out);
/* Reads len bytes from hex with or without colons between pairs, any case. */
MUST_USE bool text_unhex(const char *s, uint8_t *out, size_t len);

/* Appends base64 (RFC 4648 section 4, padded, no line breaks). */
MUST_USE bool text_base64(struct buf *b, const void *p, size_t len, struct err *e);
/* Decodes strict base64; white space (space, tab, CR, LF) is skipped when `lines`. Appends to b. */
MUST_USE bool text_unbase64(const char *s, size_t len, bool lines, struct buf *b, struct err *e);

/* The whole string as an unsigned decimal number within [min, max]; no sign, no space, no leading '+'. */
MUST_USE bool text_number(const char *s, uint64_t min, uint64_t max, uint64_t *ret);

/* A time with its unit: "500ms", "10s", "2m", "1h"; a bare number is seconds. In milliseconds. */
MUST_USE bool text_duration(const char *s, int64_t *ret_ms);
/* A number of bytes with its unit: "512", "64K", "16M", "2G" (powers of 1024). */
MUST_USE bool text_size(const char *s, uint64_t *ret);
/* Which of "a|b|c" the text is, from 0; -1 when none. */
int text_choice(const char *choices, const char *s);

/* ASCII only, without regard to case or locale. */
bool text_caseeq(const char *a, const char *b);
bool text_caseeq_n(const char *a, size_t a_len, const char *b, size_t b_len);
char text_lower(char c);

/* Copies src into dst (size bytes), always terminated; returns false when it was cut. */
bool text_copy(char *dst, size_t size, const char *src);

/* Printable copy of outside text: control bytes, quotes' escapes, invalid UTF-8, and characters that can't be seen
 * or turn the direction of writing (a subject could show itself backwards) become \xNN. Always terminated, cut at
 * size. */
void text_escape(char *dst, size_t size, const char *src, size_t len);
/* How many bytes at the start of s are printable ASCII (0x20 to 0x7e); eight at a time, for what mostly is. */
size_t text_printable(const char *s, size_t len);
/* True if the bytes are well-formed UTF-8 (RFC 3629) without NUL. */
bool text_utf8(const char *s, size_t len);
/* How many bytes of s, which is UTF-8, fit into `most` without cutting a character. */
size_t text_clip(const char *s, size_t most);

/* "2026-11-23T10:00:00Z" for seconds since 1970, years 0000 to 9999; out holds TEXT_TIME bytes. */
enum { TEXT_TIME = 24 };
void text_time(int64_t unix_seconds, char out[TEXT_TIME]);
/* Reads an RFC 3339 date-time (section 5.6: "2026-11-23T10:00:00.5+01:00"; a fraction is dropped, second 60 is the
 * next minute's first), the whole string. */
MUST_USE bool text_time_parse(const char *s, int64_t *ret_unix_seconds);
