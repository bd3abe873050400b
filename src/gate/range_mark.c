#include "gate/range_mark.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/secret.h"
#include "wire/http1.h"

/* ---- what a client says ---- */

/* Digits and nothing else; below 2^63. */
static bool read_number(const char **at, uint64_t *ret)
{
    const char *p = *at;
    uint64_t n = 0;
    if (*p < '0' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (n > (INT64_MAX - 9) / 10)
            return false;
        n = n * 10 + (uint64_t)(*p - '0');
    }
    *at = p;
    *ret = n;
    return true;
}

static bool read_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

static bool read_range(const char *text, struct range_claim *ret)
{
    static const char unit[] = "bytes ";
    uint64_t last;
    const char *at = text + sizeof(unit) - 1;
    if (strncmp(text, unit, sizeof(unit) - 1) != 0 || !read_number(&at, &ret->from) || !read_char(&at, '-') ||
        !read_number(&at, &last) || !read_char(&at, '/') || !read_number(&at, &ret->total) || *at)
        return false;
    if (last < ret->from || last >= ret->total)
        return false;
    ret->len = last - ret->from + 1;
    ret->part = true;
    return true;
}

bool range_claim_read(const struct http1_head *h, struct range_claim *ret, struct err *e)
{
    const char *text;
    bool counted = h->framing != HTTP1_CHUNKED;
    uint64_t length = h->framing == HTTP1_LENGTH ? h->length : 0;
    if (!http1_find_single(h, "content-range", &text, e))
        return false;
    if (!text) {
        *ret = (struct range_claim){ .len = counted ? length : RANGE_UNKNOWN, .total = counted ? length : RANGE_UNKNOWN };
        return true;
    }
    struct range_claim c = { 0 };
    if (!read_range(text, &c))
        return err_set(e, ERR_INPUT, "Content-Range is not \"bytes FIRST-LAST/TOTAL\" (RFC 9110 section 14.4)");
    if (counted && length != c.len)
        return err_set(e, ERR_INPUT, "Content-Range says %llu bytes, and the body has %llu", (unsigned long long)c.len,
                       (unsigned long long)length);
    *ret = c;
    return true;
}

/* ---- the mark ---- */

void range_mark_init(struct range_mark *m, uint64_t total)
{
    *m = (struct range_mark){ .total = total };
    tally_start(&m->piece);
}

static void drop_window(struct range_mark *m)
{
    if (m->window)
        secret_wipe(m->window, RANGE_REPLAY); /* part of a client's disk */
    free(m->window);
    m->window = NULL;
    m->window_len = 0;
}

void range_mark_done(struct range_mark *m)
{
    drop_window(m);
    *m = (struct range_mark){ 0 };
}

bool range_mark_complete(const struct range_mark *m)
{
    return m->total != RANGE_UNKNOWN && m->at == m->total;
}

uint64_t range_mark_repeats(const struct range_mark *m)
{
    uint64_t until = m->claim.len < m->at - m->claim.from ? m->claim.from + m->claim.len : m->at;
    return m->seen < until ? until - m->seen : 0;
}

uint64_t range_mark_left(const struct range_mark *m)
{
    uint64_t end = m->claim.len == RANGE_UNKNOWN ? m->total : m->claim.from + m->claim.len;
    return end == RANGE_UNKNOWN ? RANGE_UNKNOWN : end > m->seen ? end - m->seen : 0;
}

/* Both lengths are known and differ, or one goes past the other. */
static bool disagrees(const struct range_mark *m, const struct range_claim *c)
{
    if (m->total == RANGE_UNKNOWN)
        return c->total != RANGE_UNKNOWN && c->total < m->at;
    return c->total != RANGE_UNKNOWN && c->total != m->total;
}

/* What is repeated can be compared: from the piece's start with its tally, which needs all of it, or with the window. */
static bool can_repeat(const struct range_mark *m, const struct range_claim *c, bool *ret_whole)
{
    bool through = c->len == RANGE_UNKNOWN || c->len >= m->at - c->from;
    *ret_whole = c->from == m->piece_from && through;
    return *ret_whole || (c->from >= m->piece_from && m->at - c->from <= m->window_len);
}

enum range_verdict range_mark_begin(struct range_mark *m, const struct range_claim *c)
{
    bool whole = false;
    if (disagrees(m, c))
        return RANGE_DISAGREES;
    if (range_mark_complete(m) && m->at)
        return RANGE_COMPLETE;
    if (c->from > m->at || (c->from < m->at && !can_repeat(m, c, &whole)))
        return RANGE_ELSEWHERE;
    if (m->total == RANGE_UNKNOWN)
        m->total = c->total;
    m->claim = *c;
    m->seen = c->from;
    m->whole = whole;
    if (whole)
        tally_start_like(&m->repeated, &m->piece);
    if (c->from == m->at) {
        m->piece_from = m->at;
        tally_start(&m->piece);
        m->window_len = 0;
    }
    return RANGE_GO;
}

static bool same_as_window(const struct range_mark *m, const uint8_t *p, size_t len)
{
    size_t at = (size_t)(m->seen % RANGE_REPLAY), first = RANGE_REPLAY - at < len ? RANGE_REPLAY - at : len;
    return secret_bytes_equal(m->window + at, p, first) && secret_bytes_equal(m->window, p + first, len - first);
}

bool range_mark_compare(struct range_mark *m, const uint8_t *p, size_t len)
{
    assert(len <= range_mark_repeats(m));
    bool same;
    if (m->whole) {
        tally_add(&m->repeated, p, len);
        same = m->seen + len < m->at || tally_equal(&m->repeated, &m->piece);
    } else {
        same = same_as_window(m, p, len);
    }
    m->seen += len;
    return same;
}

/* The window is a ring: the byte at offset n of the file lies at n % RANGE_REPLAY. */
static void keep(struct range_mark *m, const uint8_t *p, size_t len)
{
    if (!m->window)
        m->window = xmalloc(RANGE_REPLAY);
    uint64_t from = m->at;
    if (len > RANGE_REPLAY) {
        p += len - RANGE_REPLAY;
        from += len - RANGE_REPLAY;
        len = RANGE_REPLAY;
    }
    size_t at = (size_t)(from % RANGE_REPLAY), first = RANGE_REPLAY - at < len ? RANGE_REPLAY - at : len;
    memcpy(m->window + at, p, first);
    memcpy(m->window, p + first, len - first);
    m->window_len = m->window_len + len < RANGE_REPLAY ? m->window_len + len : RANGE_REPLAY;
}

void range_mark_take(struct range_mark *m, const uint8_t *p, size_t len)
{
    assert(!range_mark_repeats(m) && len <= range_mark_left(m));
    tally_add(&m->piece, p, len);
    keep(m, p, len);
    m->at += len;
    m->seen = m->at;
}

void range_mark_rest(struct range_mark *m, bool finished)
{
    m->claim = (struct range_claim){ .from = m->at };
    m->seen = m->at;
    if (finished)
        drop_window(m);
}
