/* flow/connection.h - testConnection: can this endpoint be reached from the cell, and would its certificate be believed?
 * Called by api/test_connection.c. It decides as a real connection would: on behalf of the registered vCenter or NSX Manager
 * with that host and port, else of that host and port; for an organization with its own grants alone (vcd-api.md 3.5).
 * What a tenant may not reach looks as if it did not answer (flow/deny.h). Stores nothing, trusts nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/issuers.h"
#include "net/address.h"

struct arena;
struct caller;
struct site;

enum {
    CONNECTION_HOST_MAX = 256,
    CONNECTION_SECRET_MAX = 256,   /* of the proxy's user and password */
    CONNECTION_TIMEOUT_S = 10,
    CONNECTION_TIMEOUT_MAX_S = 120,
    CONNECTION_STAGES = 4,
};

struct connection_proxy {
    const char *host;
    uint16_t port;
    bool secure;                    /* TLS to the proxy */
    const char *user, *password;    /* NULL = none */
};

struct connection_request {
    const char *host;
    uint16_t port;
    bool secure;
    bool check_name;                /* HTTPS (RFC 2818, now RFC 9525) or LDAPS (RFC 2830): the same rule */
    int64_t timeout_ms;
    const char *issuers[ISSUERS_URLS_MAX];
    size_t issuers_len;
    const struct connection_proxy *proxy; /* NULL = direct */
};

/* VCD's words, in their order of reporting: what is untrusted and misnamed is untrusted first. */
enum connection_result { CONNECTION_SUCCESS, CONNECTION_CANNOT_RESOLVE, CONNECTION_CANNOT_CONNECT };
enum connection_ssl { CONNECTION_SSL_NONE, CONNECTION_SSL_SUCCESS, CONNECTION_SSL_ERROR, CONNECTION_SSL_UNTRUSTED,
                      CONNECTION_SSL_HOSTNAME };

/* How long a stage took that was reached. */
struct connection_time {
    const char *stage; /* "resolve", "connect", "proxy", "handshake" */
    int64_t us;
};

/* Texts live in the arena of the call. */
struct connection_probe {
    bool made;
    enum connection_result connection;
    enum connection_ssl ssl;
    const char *text;               /* a sentence */
    const char *ip;                 /* who answered; NULL before that and through a proxy */
    struct connection_time times[CONNECTION_STAGES];
    size_t times_len;
    const char *chain;              /* PEM blocks, leaf first; NULL when none was seen */
    const char *issuers;            /* URLs, one a line, when the chain ends before a CA that signed itself; "" */
};

struct connection_answer {
    struct connection_probe target, proxy;
};

/* ERR_INPUT: the request makes no sense; ERR_LIMIT: too many are under way. Whatever the endpoint does is an answer. */
MUST_USE bool connection_test(const struct site *site, const struct caller *c, const struct connection_request *rq,
                              struct arena *a, struct connection_answer *ret, struct err *e);

/* "SUCCESS", "ERROR_CANNOT_CONNECT"; of ssl NULL when no TLS was tried. */
const char *connection_result_name(enum connection_result r);
const char *connection_ssl_name(enum connection_ssl s);
