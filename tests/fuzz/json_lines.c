/* The same lines come out however the bytes are cut; what is JSON among them, written, is the same JSON again. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "wire/json.h"
#include "wire/lines.h"

enum { LINE_MAX = 500 };

static void read_json(struct url_span line)
{
    json_t *value, *again;
    struct buf b;
    if (!wire_json_read(line.at, line.len, NULL, &value, NULL))
        return;
    buf_init(&b, 8 * LINE_MAX);
    MUST(wire_json_write(&b, value, NULL));
    MUST(wire_json_read(buf_str(&b), b.len, NULL, &again, NULL) && json_equal(value, again));
    json_decref(value);
    json_decref(again);
    buf_done(&b);
}

static void run(const uint8_t *data, size_t len, size_t step, struct buf *out)
{
    struct lines l;
    struct url_span line;
    lines_init(&l, LINE_MAX);
    for (size_t at = 0, end = 0, used; end < len || at < len;) {
        end = len - end < step ? len : end + step;
        enum lines_event event;
        do {
            event = lines_feed(&l, data + at, end - at, &used, &line);
            at += used;
            MUST(at <= end && l.part.cap <= LINE_MAX + 2);
            if (event == LINES_LINE)
                MUST(line.len <= LINE_MAX && buf_append(out, line.at, line.len, NULL) && buf_puts(out, "\n", NULL));
            else if (event == LINES_TOO_LONG)
                MUST(buf_puts(out, "too long\n", NULL));
            if (event == LINES_LINE && step > 1)
                read_json(line);
        } while (event != LINES_MORE);
        MUST(at == end);
    }
    if (lines_eof(&l, &line) == LINES_LINE)
        MUST(line.len <= LINE_MAX && buf_append(out, line.at, line.len, NULL));
    lines_done(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buf whole, cut;
    buf_init(&whole, 1 << 24);
    buf_init(&cut, 1 << 24);
    run(data, len, len ? len : 1, &whole);
    run(data, len, 1, &cut);
    MUST(whole.len == cut.len && !memcmp(buf_str(&whole), buf_str(&cut), whole.len));
    buf_done(&whole);
    buf_done(&cut);
    return 0;
}
