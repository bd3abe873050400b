/* http/job.h - runs a straight-line handler: gathers the body on the loop, then asks the pool, then answers.
 * It is a stream handler like any other; used by http/exchange.c only. If the client goes while the handler runs, the answer
 * finds nobody and is dropped (net/desk.h). */
#pragma once

struct http_route;
struct http_stream;

const struct http_stream *job_stream(const struct http_route *route);
