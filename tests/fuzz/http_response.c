/* A response reads the same however it is cut, whatever request it answers. */
#include "fuzz/http1_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    trace_compare(HTTP1_RESPONSE, 0, data, len);
    trace_compare(HTTP1_RESPONSE, 1, data, len);
    trace_compare(HTTP1_RESPONSE, 2, data, len);
    return 0;
}
