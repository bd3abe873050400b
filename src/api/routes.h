/* api/routes.h - every operation of every face, as routes for the HTTP server. Called once by cell/. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct api_app;
struct api_op;
struct http_failure;
struct http_response;
struct http_route;
struct http_router;
struct http_server_config;
struct site;

/* site is borrowed. more: routes of others on the same port (the console's pages, the relays); borrowed. */
struct api_app *api_app_create(const struct site *site, const struct http_route *more, size_t more_len, struct err *e);
struct api_app *api_app_destroy(struct api_app *a);
DEFINE_AUTO(api_app_destroyp, struct api_app *, api_app_destroy)

/* Router, app, and the shape of the server's own errors. */
void api_app_serve(struct api_app *a, struct http_server_config *c);
/* Until it is called only /api/versions answers; everything else is 503 (a cell without an administrator). */
void api_app_open(struct api_app *a);
/* How often each operation was answered, by class of status ("2xx"): for metrics. */
void api_app_requests(const struct api_app *a, void (*sink)(void *self, const struct api_op *op, const char *code, uint64_t n),
                      void *self);
