#include "lab/rfb.h"

#include <string.h>

#include "unit/check.h"

struct heard {
    unsigned keys, pointers, cuts;
    uint32_t last_key;
    unsigned x, y, buttons;
};

static void on_key(void *self, bool down, uint32_t keysym)
{
    struct heard *h = self;
    h->keys += down;
    h->last_key = keysym;
}

static void on_pointer(void *self, unsigned buttons, unsigned x, unsigned y)
{
    struct heard *h = self;
    h->pointers++;
    h->buttons = buttons;
    h->x = x;
    h->y = y;
}

static void on_cut(void *self, const uint8_t *text, size_t len)
{
    struct heard *h = self;
    h->cuts += len == 2 && !memcmp(text, "hi", 2);
}

struct world {
    struct lab_screen screen;
    struct lab_rfb rfb;
    struct heard heard;
    struct buf out;
};

static void draw(void *self)
{
    struct world *w = CONTAINER_OF(self, struct world, heard);
    lab_screen_draw(&w->screen);
}

static void open_world(struct world *w)
{
    *w = (struct world){ .screen = { .pointer_x = -1, .lines = { "X" }, .lines_len = 1 } };
    w->rfb = (struct lab_rfb){ .screen = &w->screen, .name = "web", .key = on_key, .pointer = on_pointer, .cut = on_cut,
                               .draw = draw, .self = &w->heard };
    buf_init(&w->out, 64 * 1024 * 1024);
    lab_screen_size(&w->screen, 160, 160);
    CHECK(lab_rfb_start(&w->rfb, &w->out, NULL));
}

static void close_world(struct world *w)
{
    lab_rfb_done(&w->rfb);
    lab_screen_done(&w->screen);
    buf_done(&w->out);
}

#define SHAKE "RFB 003.008\n\1\1"
#define FEED(w, bytes) lab_rfb_feed(&(w)->rfb, (const uint8_t *)(bytes), sizeof(bytes) - 1, &(w)->out, NULL)

static void it_shakes_hands_and_paints(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    CHECK_STR(buf_str(&w.out), "RFB 003.008\n");
    buf_clear(&w.out);
    CHECK(FEED(&w, SHAKE));
    CHECK(w.out.len == 2 + 4 + 24 + 3 && w.out.data[2 + 4 + 1] == 160);
    CHECK(!w.screen.pixels); /* nobody has asked for a picture yet */
    buf_clear(&w.out);
    CHECK(FEED(&w, "\3\0\0\0\0\0\0\xa0\0\xa0"));
    CHECK(w.out.len == 4 + 12 + 160 * 160 * 4 && w.out.data[3] == 1);
    /* The paper's colour, little-endian: 00364d. */
    CHECK(!memcmp(w.out.data + 16, "\x4d\x36\x00\x00", 4));
    buf_clear(&w.out);
    CHECK(FEED(&w, "\3\1\0\0\0\0\0\xa0\0\xa0") && !w.out.len); /* nothing has changed */
    CHECK(FEED(&w, "\4\1\0\0\0\0\0a"));
    w.rfb.dirty = true;
    CHECK(lab_rfb_flush(&w.rfb, &w.out, NULL) && w.out.len);
    close_world(&w);
}

static void pixels_come_as_asked(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    CHECK(FEED(&w, SHAKE));
    /* 16 bits, big-endian, 5-6-5. */
    CHECK(FEED(&w, "\0\0\0\0\x10\x10\1\1\0\x1f\0\x3f\0\x1f\x0b\5\0\0\0\0"));
    buf_clear(&w.out);
    CHECK(FEED(&w, "\3\0\0\0\0\0\0\xa0\0\xa0") && w.out.len == 16 + 160 * 160 * 2);
    unsigned want = 0 << 11 | (0x36 * 63 / 255) << 5 | (0x4d * 31 / 255);
    CHECK(w.out.data[16] == want >> 8 && w.out.data[17] == (want & 255));
    close_world(&w);
}

static void what_is_typed_is_heard_however_it_is_cut(void **state)
{
    (void)state;
    static const char said[] = SHAKE "\2\0\0\2\0\0\0\0\xff\xff\xfe\xcc\4\1\0\0\0\0\0a\4\0\0\0\0\0\0a\5\1\0\x14\0\x64\6\0\0\0\0\0\0\2hi";
    for (size_t cut = 0; cut < sizeof(said); cut++) {
        struct world w;
        open_world(&w);
        for (size_t i = 0; i + 1 < sizeof(said); i++) /* byte by byte from the cut on */
            CHECK(i < cut ? i || lab_rfb_feed(&w.rfb, (const uint8_t *)said, cut < sizeof(said) - 1 ? cut : sizeof(said) - 1, &w.out, NULL)
                          : lab_rfb_feed(&w.rfb, (const uint8_t *)said + i, 1, &w.out, NULL));
        CHECK(w.heard.keys == 1 && w.heard.last_key == 'a' && w.heard.pointers == 1 && w.heard.x == 20 && w.heard.y == 100);
        CHECK(w.heard.buttons == 1 && w.heard.cuts == 1 && w.rfb.extended_size && !w.rfb.desktop_size);
        close_world(&w);
    }
}

static void another_size_is_told(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    CHECK(FEED(&w, SHAKE "\2\0\0\1\xff\xff\xfe\xcc" "\3\0\0\0\0\0\0\xa0\0\xa0"));
    buf_clear(&w.out);
    CHECK(FEED(&w, "\xfb\0\0\xc8\0\xb4\1\0\0\0\0\0\0\0\0\0\0\xc8\0\xb4\0\0\0\0" "\3\1\0\0\0\0\0\xa0\0\xa0"));
    CHECK(w.screen.width == 200 && w.screen.height == 180);
    CHECK(w.out.data[3] == 2 && w.out.data[5] == 1 /* this client asked */ && w.out.len == 4 + 12 + 20 + 12 + 200 * 180 * 4);
    /* Never smaller or larger than it can be. */
    CHECK(FEED(&w, "\xfb\0\xff\xff\0\1\0\0") && w.screen.width == LAB_SCREEN_MOST && w.screen.height == LAB_SCREEN_LEAST);
    close_world(&w);
}

static void what_is_no_rfb_ends_it(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        { "RFB 003.003\n", 12 }, { "GET / HTTP/1.1\r\n", 16 }, { "RFB 003.008\n\2", 13 },
        { SHAKE "\1", 15 },                                                     /* no such message */
        { SHAKE "\6\0\0\0\xff\xff\xff\xff", 22 },                               /* a clipboard of 4 GiB */
        { SHAKE "\2\0\xff\xff", 18 },                                           /* 65535 encodings */
        { SHAKE "\0\0\0\0\x18\x18\0\1\0\xff\0\xff\0\xff\x10\x8\0\0\0\0", 34 },  /* 24 bits */
        { SHAKE "\0\0\0\0\x20\x18\0\0\0\xff\0\xff\0\xff\x10\x8\0\0\0\0", 34 },  /* a colour map */
        { SHAKE "\0\0\0\0\x8\x8\0\1\0\7\0\7\0\3\x20\3\6\0\0\0", 34 },           /* a shift past the pixel */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct world w;
        open_world(&w);
        CHECK(!lab_rfb_feed(&w.rfb, (const uint8_t *)bad[i].bytes, bad[i].len, &w.out, NULL));
        close_world(&w);
    }
}

GROUP(lab_rfb, cmocka_unit_test(it_shakes_hands_and_paints), cmocka_unit_test(pixels_come_as_asked),
      cmocka_unit_test(what_is_typed_is_heard_however_it_is_cut), cmocka_unit_test(another_size_is_told),
      cmocka_unit_test(what_is_no_rfb_ends_it))
