#include "http/limits.h"

struct http_limits http_limits_fill(const struct http_limits *l)
{
    struct http_limits f = l ? *l : (struct http_limits){ 0 };
    if (!f.conns)
        f.conns = HTTP_CONNS_MAX;
    if (!f.requests)
        f.requests = HTTP_REQUESTS_MAX;
    if (!f.handshake_ms)
        f.handshake_ms = HTTP_HANDSHAKE_MS;
    if (!f.head_ms)
        f.head_ms = HTTP_HEAD_MS;
    if (!f.idle_ms)
        f.idle_ms = HTTP_IDLE_MS;
    if (!f.progress_ms)
        f.progress_ms = HTTP_PROGRESS_MS;
    if (!f.progress_min)
        f.progress_min = HTTP_PROGRESS_MIN;
    if (!f.linger_ms)
        f.linger_ms = HTTP_LINGER_MS;
    if (!f.linger_max)
        f.linger_max = HTTP_LINGER_MAX;
    if (!f.body)
        f.body = HTTP_BODY_MAX;
    if (!f.bodies)
        f.bodies = HTTP_BODIES_MAX;
    return f;
}
