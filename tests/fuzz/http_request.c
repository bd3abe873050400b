/* A request reads the same however it is cut; and its head, written anew, reads as the same head. */
#include "fuzz/http1_trace.h"

/* An HTTP/1.1 request in origin form only: the writers say 1.1, and an absolute target was cut to its path. */
static void rewrite(const uint8_t *data, size_t len)
{
    struct trace first, second;
    trace_run(&first, HTTP1_REQUEST, 0, data, len, len ? len : 1);
    if (first.head.len && first.minor == 1 && first.form != HTTP1_ABSOLUTE) {
        trace_run(&second, HTTP1_REQUEST, 0, (const uint8_t *)buf_str(&first.head), first.head.len, first.head.len);
        MUST(second.last != HTTP1_BAD && trace_same(&first.head, &second.head));
        trace_done(&second);
    }
    trace_done(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    trace_compare(HTTP1_REQUEST, 0, data, len);
    rewrite(data, len);
    return 0;
}
