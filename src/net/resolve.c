#include "net/resolve.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/hosts.h"
#include "net/pool.h"
#include "net/sockaddr.h"

struct resolver {
    const struct hosts *hosts; /* borrowed; may be NULL */
    struct pool *pool;         /* borrowed; may be NULL */
    enum resolve_order order;
};

struct resolver *resolver_create(const struct hosts *hosts, enum resolve_order order, struct pool *pool)
{
    struct resolver *r = xcalloc(1, sizeof(*r));
    r->hosts = hosts;
    r->order = order;
    r->pool = pool;
    return r;
}

struct resolver *resolver_destroy(struct resolver *r)
{
    free(r);
    return NULL;
}

static bool wanted(const struct resolver *r, const struct address *a)
{
    switch (r->order) {
    case RESOLVE_AUTO: return a->family != ADDRESS_NONE;
    case RESOLVE_V4: return a->family == ADDRESS_V4;
    case RESOLVE_V6: return a->family == ADDRESS_V6;
    }
    abort();
}

/* Picks what is wanted from all, each address once, the family of the first in turns with the other. */
static bool choose(const struct resolver *r, const char *host, uint16_t port, const struct address *all, size_t len,
                   struct resolve_answer *ret, struct err *e)
{
    struct resolve_answer a = { 0 };
    size_t next[2] = { 0, 0 };
    const enum address_family first = len ? all[0].family : ADDRESS_NONE;
    for (int turn = 0, missed = 0; a.len < RESOLVE_MAX && missed < 2; turn = !turn) {
        size_t i = next[turn];
        while (i < len && ((all[i].family == first) == (turn == 1) || !wanted(r, &all[i])))
            i++;
        next[turn] = i + 1;
        missed = i < len ? 0 : missed + 1;
        bool twice = i >= len;
        for (size_t k = 0; k < a.len && !twice; k++)
            twice = address_same_ip(&a.addresses[k], &all[i]);
        if (twice)
            continue;
        a.addresses[a.len] = all[i];
        a.addresses[a.len++].port = port;
    }
    if (!a.len)
        return err_set(e, ERR_NOT_FOUND, "%s has no %s address", host, r->order == RESOLVE_V6 ? "IPv6" : "IPv4");
    *ret = a;
    return true;
}

/* An address, with or without brackets around IPv6. */
static bool literal(const char *host, struct address *ret)
{
    size_t len = strlen(host);
    char bare[ADDRESS_TEXT];
    struct address a;
    if (host[0] != '[')
        return address_parse(host, 0, ret, NULL);
    if (len < 4 || host[len - 1] != ']' || len - 2 >= sizeof(bare))
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    if (!address_parse(bare, 0, &a, NULL) || a.family != ADDRESS_V6)
        return false;
    *ret = a;
    return true;
}

/* What this process knows by itself. */
enum known {
    KNOWN,   /* *ret is filled */
    REFUSED, /* nobody else needs to be asked: e says why */
    UNKNOWN,
};

static enum known known_here(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret,
                             struct err *e)
{
    struct address found[RESOLVE_MAX * 2];
    size_t len = literal(host, &found[0]) ? 1 : 0;
    if (!len && !hosts_name_valid(host)) {
        char shown[80];
        text_escape(shown, sizeof(shown), host, strlen(host));
        err_set(e, ERR_INPUT, "\"%s\" is neither an address nor a host name", shown);
        return REFUSED;
    }
    if (!len)
        len = hosts_find(r->hosts, host, found, ARRAY_LEN(found));
    if (!len) {
        err_set(e, ERR_NOT_FOUND, "%s is not in the hosts file", host);
        return UNKNOWN;
    }
    return choose(r, host, port, found, len, ret, e) ? KNOWN : REFUSED;
}

bool resolve_quick(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret,
                   struct err *e)
{
    return known_here(r, host, port, ret, e) == KNOWN;
}

static bool resolver_failed(const char *host, int code, int sys, struct err *e)
{
    if (code == EAI_SYSTEM)
        return err_sys(e, ERR_PEER, sys, "looking up %s", host);
    bool none = code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY;
    return err_set(e, none ? ERR_NOT_FOUND : ERR_PEER, "looking up %s: %s", host, gai_strerror(code));
}

/* Asks the system. host is a valid name. */
static bool look_up(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret,
                    struct err *e)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC }, *list = NULL;
    if (r->order != RESOLVE_AUTO)
        hints.ai_family = r->order == RESOLVE_V4 ? AF_INET : AF_INET6;
    int code = getaddrinfo(host, NULL, &hints, &list);
    if (code)
        return resolver_failed(host, code, errno, e);
    struct address found[RESOLVE_MAX * 4];
    size_t len = 0;
    for (struct addrinfo *a = list; a && len < ARRAY_LEN(found); a = a->ai_next)
        sockaddr_read(a->ai_addr, &found[len++]);
    freeaddrinfo(list);
    return choose(r, host, port, found, len, ret, e);
}

bool resolve_now(const struct resolver *r, const char *host, uint16_t port, struct resolve_answer *ret, struct err *e)
{
    enum known known = known_here(r, host, port, ret, e);
    return known == KNOWN || (known == UNKNOWN && look_up(r, host, port, ret, e));
}

struct resolve_job {
    struct pool_job job;
    const struct resolver *resolver;
    resolve_answered *answered;
    uint16_t port;
    bool ok;
    struct resolve_answer answer;
    struct err err;
    char host[];
};

static void job_work(struct pool_job *j)
{
    struct resolve_job *q = CONTAINER_OF(j, struct resolve_job, job);
    q->ok = resolve_now(q->resolver, q->host, q->port, &q->answer, &q->err);
}

static void job_answer(struct pool_job *j, void *asker)
{
    struct resolve_job *q = CONTAINER_OF(j, struct resolve_job, job);
    if (j->dropped)
        err_set(&q->err, ERR_CANCELLED, "looking up %s: the program is about to end", q->host);
    q->answered(asker, q->ok ? &q->answer : NULL, &q->err);
}

static void job_destroy(struct pool_job *j)
{
    free(CONTAINER_OF(j, struct resolve_job, job));
}

bool resolve_ask(const struct resolver *r, struct desk *d, uint64_t asker, const char *host, uint16_t port,
                 resolve_answered *answered, struct err *e)
{
    assert(r->pool);
    struct resolve_answer unused;
    if (known_here(r, host, port, &unused, e) == REFUSED)
        return false;
    size_t size = strlen(host) + 1;
    struct resolve_job *q = xcalloc(1, sizeof(*q) + size);
    q->job = (struct pool_job){ .work = job_work, .answer = job_answer, .destroy = job_destroy };
    q->resolver = r;
    q->answered = answered;
    q->port = port;
    memcpy(q->host, host, size);
    if (pool_ask(r->pool, d, asker, &q->job, e))
        return true;
    free(q);
    return false;
}
