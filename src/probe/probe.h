/* probe/probe.h - look at one TLS endpoint: resolve, connect, perhaps through a proxy, shake hands without belief, and
 * keep the chain and the verdict. Called by the CLI, by the flows that register endpoints, and by the watch over hosts.
 *
 * It is the only place that completes a handshake which trust_decide refused, because its job is to show an untrusted
 * chain to a person. It sends no byte of an application: such a connection can't (TLS_SHOW_ONLY, net/tls.h).
 *
 * The journey is one step function, so that a loop drives thousands (probe/scan.h) and io_run one. Each stage is
 * timed. The verdict is the engine's, over everything that the peer sent; what of it may be shown as the chain is
 * probe/chain.h. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/io.h"
#include "wire/url.h"
#include "trust/verdict.h"

struct chain;
struct conn;
struct desk;
struct probe;
struct resolver;
struct tls_client;

enum {
    PROBE_TIMEOUT_MS = 10000,         /* everything about one endpoint, unless the caller says otherwise */
    PROBE_TIMEOUT_MIN_MS = 100,
    PROBE_TIMEOUT_MAX_MS = 10 * 60 * 1000,
    PROBE_TEXT_MAX = 64,              /* names of protocol version and cipher */
};

/* What all probes of one owner share; borrowed by each. */
struct probe_net {
    struct tls_client *tls; /* the one context of this owner */
    const struct resolver *resolver;
    /* The loop's: names are looked up by the resolver's pool. NULL: a step looks the name up itself and blocks. */
    struct desk *desk;
    /* Connects to the first address that answers; NULL = TCP. For tests. */
    struct conn *(*dial)(void *self, const struct address *addresses, size_t len);
    void *self;
};

/* What to look at. Everything that it points to is borrowed until the probe is destroyed. */
struct probe_request {
    struct url_host endpoint;
    const char *server_name;            /* sent as SNI; NULL = none */
    const struct url_host *proxy;       /* asked to CONNECT; NULL = direct */
    const char *proxy_authorization;    /* value of Proxy-Authorization; NULL = none */
    struct trust_question question;     /* as for struct tls_ask: without chain */
    int64_t timeout_ms;                 /* the driver's deadline; shared out among several addresses */
    /* With a desk: the answer about a name is there, step again. */
    void (*wake)(void *waker);
    void *waker;
    void *tag; /* the caller's; carried to the report */
};

enum probe_stage { PROBE_RESOLVE, PROBE_CONNECT, PROBE_PROXY, PROBE_HANDSHAKE, PROBE_STAGES };

/* What was seen. */
struct probe_report {
    bool seen;               /* the handshake completed: chain, verdict, version and cipher are there */
    enum probe_stage stage;  /* the last one that began */
    struct err err;          /* why nothing was seen: ERR_PEER, ERR_TIMEOUT, ERR_INPUT, .. */
    int64_t us[PROBE_STAGES];/* how long each stage took; -1 = it was not reached or not needed */
    struct address address;  /* of the endpoint, or of the proxy; family ADDRESS_NONE before it answered */
    char version[PROBE_TEXT_MAX];
    char cipher[PROBE_TEXT_MAX];
    struct chain *chain;     /* owned by the report; NULL unless seen */
    struct trust_verdict verdict;
};

/* request is copied, what it points to is borrowed. */
struct probe *probe_create(const struct probe_net *net, const struct probe_request *request);
struct probe *probe_destroy(struct probe *p);
DEFINE_AUTO(probe_destroyp, struct probe *, probe_destroy)

/* IO_DONE: seen. IO_FAILED: not seen; e and the report say why. */
enum io probe_step(struct probe *p, struct err *e);
int probe_fd(const struct probe *p); /* -1 while a name is looked up elsewhere */
extern const struct io_op probe_op;

/* After the last step. e is why a driver ended it (its deadline), NULL when the probe ended by itself. Borrowed. */
const struct probe_report *probe_report(struct probe *p, const struct err *e);

/* "resolve", "connect", "proxy", "handshake": stable, for JSON and messages. */
const char *probe_stage_name(enum probe_stage s);
