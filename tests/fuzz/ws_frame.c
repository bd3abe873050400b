/* The same frames come out however the bytes are cut, and exactly their payload is counted as payload. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "wire/ws.h"

enum { PAYLOAD_MAX = 1 << 16 };

struct seen {
    bool bad, boundary;
    uint64_t frames, payload, announced;
};

/* Wherever the stream was cut: with what ws_rest says behind it a frame ends there, and a Close fits. */
static void end_legally(struct ws_decoder d, bool boundary)
{
    static const uint8_t zeros[PAYLOAD_MAX];
    uint8_t head[WS_HEAD_MAX];
    size_t head_len;
    uint64_t left;
    bool closed, bad = d.bad;
    if (!ws_rest(&d, head, &head_len, &left, &closed))
        return;
    MUST(!bad && head_len <= sizeof(head) && left <= sizeof(zeros) && (!boundary || (!head_len && !left)));
    MUST(ws_follow(&d, head, head_len, NULL) && ws_follow(&d, zeros, left, NULL) && ws_at_boundary(&d) && d.closed == closed);
}

static struct seen run(enum ws_side side, const uint8_t *data, size_t len, size_t step)
{
    struct ws_decoder d;
    struct seen s = { 0 };
    ws_decoder_init(&d, side, PAYLOAD_MAX);
    for (size_t at = 0, end = 0, used; end < len && !s.bad;) {
        end = len - end < step ? len : end + step;
        enum ws_event event;
        do {
            event = ws_decode(&d, data + at, end - at, &used, NULL);
            at += used;
            MUST(at <= end);
            if (event == WS_FRAME) {
                MUST(d.frame.len <= PAYLOAD_MAX);
                s.frames++;
                s.announced += d.frame.len;
            }
            s.payload += event == WS_PAYLOAD ? used : 0;
            s.bad = event == WS_BAD;
        } while (event != WS_MORE && !s.bad);
        MUST(s.bad || at == end);
    }
    MUST(s.payload <= s.announced);
    s.boundary = ws_at_boundary(&d);
    end_legally(d, s.boundary);
    MUST(!s.boundary || s.payload == s.announced);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const enum ws_side sides[] = { WS_FROM_CLIENT, WS_FROM_SERVER };
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        struct seen whole = run(sides[i], data, len, len ? len : 1), cut = run(sides[i], data, len, 1);
        MUST(whole.bad == cut.bad && whole.frames == cut.frames && whole.boundary == cut.boundary &&
             whole.announced == cut.announced && whole.payload == cut.payload);
    }
    return 0;
}
