/* lab/rfb.h - the RFB 3.8 server of a console (RFC 6143): handshake, pixel formats as asked, raw rectangles, DesktopSize.
 * Called by the console with what came out of WebSocket frames; what it wants to say is appended to a buffer. Sans-I/O:
 * tests feed it bytes. What the peer types and points at is told to its owner. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lab/screen.h"

enum {
    LAB_RFB_CUT_MAX = 64 * 1024, /* bytes of a clipboard text; and of any message */
    LAB_RFB_ENCODINGS_MAX = 256,
};

struct lab_rfb_format {
    unsigned bits;               /* 8, 16, 32 */
    bool big, true_colour;
    unsigned max[3], shift[3];   /* red, green, blue */
};

struct lab_rfb {
    enum { LAB_RFB_VERSION, LAB_RFB_SECURITY, LAB_RFB_INIT, LAB_RFB_RUNS } state;
    struct buf in;
    struct lab_screen *screen;   /* borrowed */
    struct lab_rfb_format format;
    bool desktop_size, extended_size; /* the client understands them */
    bool asked, asked_all;       /* it waits for an update; for a whole one */
    bool dirty, new_size;        /* the picture has changed; so has its size */
    bool told_extended;          /* that SetDesktopSize may be used */
    int resize_reason;           /* of ExtendedDesktopSize: 0 the server, 1 this client */
    const char *name;            /* borrowed: the desktop's */
    void (*key)(void *self, bool down, uint32_t keysym);
    void (*pointer)(void *self, unsigned buttons, unsigned x, unsigned y);
    void (*cut)(void *self, const uint8_t *text, size_t len);
    void (*draw)(void *self);     /* the picture is about to go: it shall show what is so now */
    void *self;
};

/* Says the version. */
MUST_USE bool lab_rfb_start(struct lab_rfb *r, struct buf *out, struct err *e);
void lab_rfb_done(struct lab_rfb *r);
/* ERR_PEER: against the protocol, the connection ends. ERR_LIMIT: too long. */
MUST_USE bool lab_rfb_feed(struct lab_rfb *r, const uint8_t *p, size_t len, struct buf *out, struct err *e);
/* The picture is another: an update goes when the client waits for one. */
MUST_USE bool lab_rfb_flush(struct lab_rfb *r, struct buf *out, struct err *e);
