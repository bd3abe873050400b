#include "lab/rfb.h"

#include <string.h>

enum {
    SET_PIXEL_FORMAT = 0, SET_ENCODINGS = 2, UPDATE_REQUEST = 3, KEY_EVENT = 4, POINTER_EVENT = 5, CUT_TEXT = 6, /* section 7.5 */
    SET_DESKTOP_SIZE = 251,
    RAW = 0, DESKTOP_SIZE = -223, EXTENDED_SIZE = -308,
    SECURITY_NONE = 1,
    VERSION_LEN = 12,
};

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static void put16(uint8_t *p, unsigned n)
{
    p[0] = (uint8_t)(n >> 8);
    p[1] = (uint8_t)n;
}

static void put32(uint8_t *p, uint32_t n)
{
    put16(p, n >> 16);
    put16(p + 2, n & 0xffff);
}

bool lab_rfb_start(struct lab_rfb *r, struct buf *out, struct err *e)
{
    buf_init(&r->in, LAB_RFB_CUT_MAX + 1024);
    r->format = (struct lab_rfb_format){ .bits = 32, .true_colour = true, .max = { 255, 255, 255 }, .shift = { 16, 8, 0 } };
    return buf_puts(out, "RFB 003.008\n", e);
}

void lab_rfb_done(struct lab_rfb *r)
{
    buf_done(&r->in);
}

/* ---- what the server says ---- */

static bool server_init(struct lab_rfb *r, struct buf *out, struct err *e)
{
    uint8_t m[24] = { 0 };
    put16(m, r->screen->width);
    put16(m + 2, r->screen->height);
    m[4] = (uint8_t)r->format.bits;
    m[5] = 24;
    m[7] = 1;
    for (size_t i = 0; i < 3; i++) {
        put16(m + 8 + 2 * i, r->format.max[i]);
        m[14 + i] = (uint8_t)r->format.shift[i];
    }
    put32(m + 20, (uint32_t)strlen(r->name));
    return buf_append(out, m, sizeof(m), e) && buf_puts(out, r->name, e);
}

static bool rectangle(struct buf *out, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding, struct err *e)
{
    uint8_t m[12];
    put16(m, x);
    put16(m + 2, y);
    put16(m + 4, width);
    put16(m + 6, height);
    put32(m + 8, (uint32_t)encoding);
    return buf_append(out, m, sizeof(m), e);
}

static bool pixels(const struct lab_rfb *r, struct buf *out, struct err *e)
{
    const struct lab_screen *s = r->screen;
    const struct lab_rfb_format *f = &r->format;
    size_t count = (size_t)s->width * s->height, bytes = f->bits / 8;
    uint8_t *at;
    if (!buf_reserve(out, count * bytes, &at, e))
        return false;
    for (size_t i = 0; i < count; i++, at += bytes) {
        uint32_t p = s->pixels[i], v = 0;
        for (unsigned j = 0; j < 3; j++)
            v |= ((p >> (16 - 8 * j) & 255) * f->max[j] / 255) << f->shift[j];
        for (size_t j = 0; j < bytes; j++)
            at[j] = (uint8_t)(v >> 8 * (f->big ? bytes - 1 - j : j));
    }
    buf_commit(out, count * bytes);
    return true;
}

/* Told once, so that the client knows it may ask for another size; and whenever the size has changed. */
static bool size_rectangle(struct lab_rfb *r, struct buf *out, struct err *e)
{
    const struct lab_screen *s = r->screen;
    uint8_t layout[20] = { 1 };
    if (!r->extended_size)
        return rectangle(out, 0, 0, s->width, s->height, DESKTOP_SIZE, e);
    put16(layout + 12, s->width);
    put16(layout + 14, s->height);
    return rectangle(out, (unsigned)r->resize_reason, 0, s->width, s->height, EXTENDED_SIZE, e) &&
           buf_append(out, layout, sizeof(layout), e);
}

bool lab_rfb_flush(struct lab_rfb *r, struct buf *out, struct err *e)
{
    const struct lab_screen *s = r->screen;
    bool size = (r->new_size && (r->desktop_size || r->extended_size)) || (r->extended_size && !r->told_extended);
    if (r->state != LAB_RFB_RUNS || !r->asked || !(r->asked_all || r->dirty || size))
        return true;
    r->draw(r->self);
    uint8_t m[4] = { 0, 0, 0, size ? 2 : 1 };
    if (!buf_append(out, m, sizeof(m), e) || (size && !size_rectangle(r, out, e)) ||
        !rectangle(out, 0, 0, s->width, s->height, RAW, e) || !pixels(r, out, e))
        return false;
    r->told_extended = r->told_extended || r->extended_size;
    r->asked = r->asked_all = r->dirty = r->new_size = false;
    r->resize_reason = 0;
    return true;
}

/* ---- what the client says ---- */

static bool take_format(struct lab_rfb *r, const uint8_t *p, struct err *e)
{
    struct lab_rfb_format f = { .bits = p[0], .big = p[2], .true_colour = p[3] };
    for (size_t i = 0; i < 3; i++) {
        f.max[i] = u16(p + 4 + 2 * i);
        f.shift[i] = p[10 + i];
        if (f.shift[i] >= f.bits || !f.max[i])
            return err_set(e, ERR_PEER, "a pixel format whose colours do not fit");
    }
    if ((f.bits != 8 && f.bits != 16 && f.bits != 32) || !f.true_colour)
        return err_set(e, ERR_PEER, "a pixel format of %u bits%s", f.bits, f.true_colour ? "" : " with a colour map");
    r->format = f;
    r->dirty = true;
    return true;
}

static void take_encodings(struct lab_rfb *r, const uint8_t *p, size_t count)
{
    r->desktop_size = r->extended_size = false;
    for (size_t i = 0; i < count; i++) {
        int32_t encoding = (int32_t)u32(p + 4 * i);
        r->desktop_size = r->desktop_size || encoding == DESKTOP_SIZE;
        r->extended_size = r->extended_size || encoding == EXTENDED_SIZE;
    }
}

static void take_size(struct lab_rfb *r, const uint8_t *p)
{
    lab_screen_size(r->screen, u16(p + 2), u16(p + 4));
    r->dirty = r->new_size = true;
    r->resize_reason = 1;
}

/* How long the message is that begins there; 0: more is needed to tell. */
static size_t length_of(const uint8_t *p, size_t have, bool *ret_known)
{
    *ret_known = true;
    switch (p[0]) {
    case SET_PIXEL_FORMAT: return 20;
    case SET_ENCODINGS: return have < 4 ? 0 : 4 + (size_t)4 * u16(p + 2);
    case UPDATE_REQUEST: return 10;
    case KEY_EVENT: return 8;
    case POINTER_EVENT: return 6;
    case CUT_TEXT: return have < 8 ? 0 : 8 + (size_t)u32(p + 4);
    case SET_DESKTOP_SIZE: return have < 8 ? 0 : 8 + (size_t)16 * p[6];
    default: *ret_known = false; return 0;
    }
}

static bool take(struct lab_rfb *r, const uint8_t *p, size_t len, struct err *e)
{
    switch (p[0]) {
    case SET_PIXEL_FORMAT:
        return take_format(r, p + 4, e);
    case SET_ENCODINGS:
        if (u16(p + 2) > LAB_RFB_ENCODINGS_MAX)
            return err_set(e, ERR_LIMIT, "more than %d encodings", LAB_RFB_ENCODINGS_MAX);
        take_encodings(r, p + 4, u16(p + 2));
        break;
    case UPDATE_REQUEST:
        r->asked = true;
        r->asked_all = r->asked_all || !p[1];
        break;
    case KEY_EVENT:
        r->key(r->self, p[1], u32(p + 4));
        break;
    case POINTER_EVENT:
        r->pointer(r->self, p[1], u16(p + 2), u16(p + 4));
        break;
    case CUT_TEXT:
        r->cut(r->self, p + 8, len - 8);
        break;
    default:
        take_size(r, p);
        break;
    }
    return true;
}

/* One message, or one step of the handshake; *ret_used 0: more must come. */
static bool one(struct lab_rfb *r, struct buf *out, size_t *ret_used, struct err *e)
{
    static const uint8_t security[] = { 1, SECURITY_NONE }, accepted[4] = { 0 };
    const uint8_t *p = r->in.data;
    bool known;
    *ret_used = 0;
    switch (r->state) {
    case LAB_RFB_VERSION:
        if (r->in.len < VERSION_LEN)
            return true;
        *ret_used = VERSION_LEN;
        r->state = LAB_RFB_SECURITY;
        return memcmp(p, "RFB 003.008\n", VERSION_LEN) != 0 ? err_set(e, ERR_PEER, "not RFB 3.8")
                                                            : buf_append(out, security, sizeof(security), e);
    case LAB_RFB_SECURITY:
        *ret_used = 1;
        r->state = LAB_RFB_INIT;
        return p[0] != SECURITY_NONE ? err_set(e, ERR_PEER, "security type %d was not offered", p[0])
                                     : buf_append(out, accepted, sizeof(accepted), e);
    case LAB_RFB_INIT:
        *ret_used = 1;
        r->state = LAB_RFB_RUNS;
        return server_init(r, out, e);
    case LAB_RFB_RUNS:
        break;
    }
    size_t len = length_of(p, r->in.len, &known);
    if (!known)
        return err_set(e, ERR_PEER, "an RFB message of type %d", p[0]);
    if (len > LAB_RFB_CUT_MAX)
        return err_set(e, ERR_LIMIT, "an RFB message of %zu bytes", len);
    if (!len || r->in.len < len)
        return true;
    *ret_used = len;
    return take(r, p, len, e);
}

bool lab_rfb_feed(struct lab_rfb *r, const uint8_t *p, size_t len, struct buf *out, struct err *e)
{
    while (len) {
        /* Taken in pieces: one message always fits. */
        size_t room = r->in.max - r->in.len, piece = len < room ? len : room, used;
        if (!piece)
            return err_set(e, ERR_LIMIT, "an RFB message without end");
        if (!buf_append(&r->in, p, piece, e))
            return false;
        p += piece;
        len -= piece;
        do {
            if (!r->in.len)
                break;
            if (!one(r, out, &used, e))
                return false;
            buf_consume(&r->in, used);
        } while (used);
    }
    return lab_rfb_flush(r, out, e);
}
