/* Whatever surrounds a known value, it is gone afterwards; and what was scrubbed once stays as it is in that. */
#include "flow/scrub.h"

#include <string.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(scrub_destroyp) struct scrub *s = scrub_create();
    AUTO(buf_done) struct buf out;
    struct err e = { 0 };
    buf_init(&out, 1 << 24);
    scrub_value(s, "hunter2", 7);
    scrub_value(s, "\x01\xff\x80\x7f", 4);
    bool ok = scrub_text(s, data, size, &out, &e);
    MUST(ok || e.kind == ERR_LIMIT);
    MUST(!ok || memchr(data, '\0', size) || !scrub_finds(s, out.data, out.len)); /* a NUL becomes a space: the caller looks once more */
    return 0;
}
