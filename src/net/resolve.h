/* net/resolve.h - from a host name to the addresses to try, in order. An address stands for itself; then the hosts
 * file is asked, and what it names is never looked up elsewhere; then the system's resolver, which blocks.
 * Pool threads and the CLI call resolve_now; a loop calls resolve_ask and is answered on its own thread.
 * Nothing is remembered between calls: the system's resolver has its cache, and an answer may change. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"

struct desk;
struct hosts;
struct pool;
struct resolver;

enum { RESOLVE_MAX = 16 }; /* addresses of one answer; more are left away */

enum resolve_order {
    RESOLVE_AUTO, /* as the system orders them (RFC 6724), the families taking turns (RFC 8305 section 4) */
    RESOLVE_V4,   /* IPv4 addresses only */
    RESOLVE_V6,   /* IPv6 addresses only */
};

struct resolve_answer {
    size_t len; /* at least 1 */
    struct address addresses[RESOLVE_MAX]; /* with the port that was asked for */
};

/* hosts and pool are borrowed and may be NULL: no hosts file; resolve_now only. Shared between threads: never changes
 * once created. */
struct resolver *resolver_create(const struct hosts *hosts, enum resolve_order order, struct pool *pool);
struct resolver *resolver_destroy(struct resolver *r);
DEFINE_AUTO(resolver_destroyp, struct resolver *, resolver_destroy)

/* What can be said without waiting: an address (brackets allowed around IPv6) or a name in the hosts file. False with
 * ERR_NOT_FOUND when the system has to be asked, ERR_INPUT when host is neither an address nor a name. */
MUST_USE bool resolve_quick(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret,
                            struct err *e);

/* Blocks. ERR_NOT_FOUND: no such name, or no address of the family; ERR_PEER: the resolver could not say. */
MUST_USE bool resolve_now(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret,
                          struct err *e);

/* On the desk's loop. answered is called once, later, unless the asker has left by then; answer is NULL on failure,
 * and both it and e are borrowed for the call. Fails at once as pool_ask does, and where resolve_now would without
 * asking the system. */
typedef void resolve_answered(void *asker, const struct resolve_answer *answer, const struct err *e);
MUST_USE bool resolve_ask(const struct resolver *r, struct desk *d, uint64_t asker, const char *host, uint16_t port,
                          resolve_answered *answered, struct err *e);
