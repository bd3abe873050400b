#include "e2e/store/work.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/audit.h"
#include "store/crl.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/grant.h"
#include "store/sealed.h"
#include "store/setting.h"

#define VC "urn:vcloud:vimserver:1"

/* By each change: grant, CRL, setting; grant, setting; large rows. */
enum { RAISED = 3, AUDITED = 2, BATCH = 3 };
enum { REOPEN = 2 }; /* after so many changes */

void work_fail(const char *when, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fprintf(stderr, "%s: ", when);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    _exit(1);
}

void work_make_dir(char ret[64], bool memory)
{
    bool there = memory && access("/dev/shm", W_OK) == 0;
    (void)snprintf(ret, 64, "%s/store-crash-XXXXXX", there ? "/dev/shm" : "/tmp");
    if (!mkdtemp(ret))
        work_fail(ret, "no directory");
}

void work_remove_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(path);
}

void work_url(const char *dir, char ret[128])
{
    (void)snprintf(ret, 128, "sqlite:%s/store.db", dir);
}

struct seal_keys *work_keys(void)
{
    struct secret key = { 0 };
    struct seal_keys *keys = seal_keys_create();
    if (!secret_set(&key, "0123456789abcdef0123456789abcdef", SEAL_KEY, NULL) || !seal_keys_add(keys, &key, NULL))
        work_fail("keys", "no master key");
    secret_done(&key);
    return keys;
}

static struct store_by by_now(uint64_t n)
{
    return (struct store_by){ "administrator@System", "local", "test.crash", 1000 + (int64_t)n };
}

static bool put_grant(struct store *s, uint64_t n, struct err *e)
{
    uint8_t der[900] = { 0x30, 0x82 };
    char alias[32], id[STORE_ID_MAX + 1];
    const struct store_by by = by_now(n);
    const struct trust_scope any = { .kind = TRUST_SCOPE_ANY };
    const struct store_grant_data data = { alias, &any, der, sizeof(der) };
    memcpy(der + 4, &n, sizeof(n));
    (void)snprintf(alias, sizeof(alias), "change %llu", (unsigned long long)n);
    return store_grant_add(s, STORE_SYSTEM, &data, &by, id, e);
}

static bool put_crl(struct store *s, uint64_t n, struct err *e)
{
    uint8_t number[3] = { 1, (uint8_t)(n >> 8), (uint8_t)n };
    const struct store_crl crl = { .vcenter = VC, .issuer_key = "AB", .part = "", .number = number, .number_len = 3,
                                   .this_ms = 1000, .kept_ms = 1000, .der = (const uint8_t *)&n, .der_len = sizeof(n) };
    return store_crl_put(s, &crl, e);
}

static bool put_sealed(struct store *s, uint64_t n, struct err *e)
{
    AUTO(secret_done) struct secret plain = { 0 };
    return secret_set(&plain, &n, sizeof(n), e) && store_sealed_put(s, "password", VC, &plain, 1000, e);
}

static bool put_endpoint(struct store *s, uint64_t n, struct err *e)
{
    size_t dropped;
    const struct store_evidence evidence = { .endpoint = VC, .purpose = "api", .first_ms = 1, .last_ms = 1, .count = 1 };
    const struct store_chain_cert leaf = { (const uint8_t *)&n, sizeof(n) };
    const struct store_endpoint ep = { .key = VC, .kind = TRUST_FOR_VCENTER, .urn = VC, .host = "vc", .port = 443,
                                       .rule = "ok", .seen_ms = 1000, .chain = &leaf, .chain_len = 1 };
    return store_endpoint_put(s, &ep, e) && store_evidence_add(s, &evidence, 1, &dropped, e);
}

static bool put_event(struct store *s, uint64_t n, struct err *e)
{
    char id[RANDOM_UUID], text[2000];
    memset(text, 'x', sizeof(text) - 1); /* so that a change takes several pages */
    text[sizeof(text) - 1] = '\0';
    const struct store_event ev = { .at_ms = (int64_t)n, .kind = "test.change", .entity = VC, .text = text, .data = "" };
    for (int i = 0; i < BATCH; i++)
        if (!store_event_add(s, &ev, id, e))
            return false;
    return true;
}

static bool put_setting(struct store *s, uint64_t n, struct err *e)
{
    char value[32];
    const struct store_by by = by_now(n);
    (void)snprintf(value, sizeof(value), "%llu", (unsigned long long)n);
    return store_setting_put(s, "changes", value, &by, e);
}

static bool change(struct store *s, uint64_t n, struct err *e)
{
    if (!store_begin(s, STORE_WRITE, e))
        return false;
    AUTO(store_abortp) struct store *open = s;
    return put_grant(s, n, e) && put_crl(s, n, e) && put_sealed(s, n, e) && put_endpoint(s, n, e) &&
           put_event(s, n, e) && put_setting(s, n, e) && store_commit(STEAL(open), e);
}

static void acknowledge(struct store *s, uint64_t n, int fd)
{
    struct err e;
    struct work_ack ack = { .change = n };
    if (!store_generation(s, &ack.generation, &e))
        work_fail("acknowledging", "%s", e.msg);
    if (write(fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
        _exit(3); /* the parent is gone */
}

struct opened {
    struct store_source *src;
    struct store *s;
};

static bool open_store(const char *dir, const struct seal_keys *keys, struct opened *o, struct err *e)
{
    char url[128];
    work_url(dir, url);
    bool ok = store_source_open(url, STORE_OPEN_EXISTING, keys, &o->src, NULL, e) ||
              (e->kind == ERR_NOT_FOUND && store_source_open(url, STORE_OPEN_CREATE, keys, &o->src, NULL, e));
    return ok && store_open(o->src, &o->s, e);
}

static void close_store(struct opened *o)
{
    o->s = store_close(o->s);
    o->src = store_source_close(o->src);
}

static uint64_t grants(struct store *s, const char *when)
{
    struct err e;
    uint64_t count = 0;
    if (!store_grant_count(s, &(struct store_grant_query){ .owner = STORE_SYSTEM }, &count, &e))
        work_fail(when, "counting grants: %s", e.msg);
    return count;
}

void work_child(const char *dir, uint64_t changes, int ack_fd)
{
    struct err e;
    struct opened o = { 0 };
    struct seal_keys *keys = work_keys();
    if (!open_store(dir, keys, &o, &e))
        work_fail("child", "opening: %s", e.msg);
    acknowledge(o.s, 0, ack_fd);
    uint64_t first = grants(o.s, "child") + 1;
    for (uint64_t n = first; n < first + changes; n++) {
        if (!change(o.s, n, &e))
            work_fail("child", "change %llu: %s", (unsigned long long)n, e.msg);
        acknowledge(o.s, n, ack_fd);
        if (n % REOPEN != 0)
            continue;
        close_store(&o);
        if (!open_store(dir, keys, &o, &e))
            work_fail("child", "opening again: %s", e.msg);
    }
    close_store(&o);
    _exit(0);
}

static void check_sound(struct store *s, const char *when)
{
    struct err e;
    struct buf findings;
    buf_init(&findings, 100000);
    if (!store_check(s, &findings, &e))
        work_fail(when, "checking: %s", e.msg);
    if (findings.len)
        work_fail(when, "damaged:\n%s", buf_str(&findings));
    buf_done(&findings);
}

struct seen {
    uint64_t crl, events, evidence;
};

static bool see_crl(void *self, const struct store_crl *crl, struct err *e)
{
    struct seen *seen = self;
    (void)e;
    memcpy(&seen->crl, crl->der, sizeof(seen->crl));
    return true;
}

static bool see_event(void *self, const struct store_event *ev, struct err *e)
{
    struct seen *seen = self;
    (void)ev, (void)e;
    seen->events++;
    return true;
}

static bool see_evidence(void *self, const struct store_evidence *row, struct err *e)
{
    struct seen *seen = self;
    (void)e;
    seen->evidence = row->count;
    return true;
}

static uint64_t setting(struct store *s, struct arena *a, const char *when)
{
    struct err e;
    const char *value;
    if (store_setting_get(s, "changes", a, &value, &e))
        return strtoull(value, NULL, 10);
    if (e.kind != ERR_NOT_FOUND)
        work_fail(when, "reading the setting: %s", e.msg);
    return 0;
}

static uint64_t sealed(struct store *s, const char *when)
{
    struct err e;
    struct secret plain = { 0 };
    uint64_t n = 0;
    if (store_sealed_get(s, "password", VC, &plain, &e))
        memcpy(&n, plain.bytes, sizeof(n));
    else if (e.kind != ERR_NOT_FOUND)
        work_fail(when, "reading the sealed value: %s", e.msg);
    secret_done(&plain);
    return n;
}

static uint64_t endpoint(struct store *s, struct arena *a, const char *when)
{
    struct err e;
    struct store_endpoint ep;
    uint64_t n = 0;
    if (store_endpoint_get(s, VC, a, &ep, &e))
        memcpy(&n, ep.chain[0].der, sizeof(n));
    else if (e.kind != ERR_NOT_FOUND)
        work_fail(when, "reading the endpoint: %s", e.msg);
    return n;
}

static void same(const char *when, const char *what, uint64_t got, uint64_t want)
{
    if (got != want)
        work_fail(when, "%s says %llu, not %llu", what, (unsigned long long)got, (unsigned long long)want);
}

/* Every kind of record must be of the same change: none of a change may be missing, none of another be there. */
static uint64_t count_changes(struct store *s, const char *when)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct err e;
    struct seen seen = { 0 };
    uint64_t n = grants(s, when), generation, lines;
    uint8_t head[DIGEST_SHA256];
    if (!store_crl_list(s, see_crl, &seen, &e) || !store_event_list(s, &(struct store_event_query){ 0 }, see_event, &seen, &e) ||
        !store_evidence_list(s, &(struct store_evidence_query){ 0 }, see_evidence, &seen, &e) ||
        !store_generation(s, &generation, &e) || !store_audit_head(s, &lines, head, &e))
        work_fail(when, "reading: %s", e.msg);
    same(when, "the CRL", seen.crl, n);
    if (n * BATCH <= STORE_PAGE_MAX)
        same(when, "the number of events", seen.events, n * BATCH);
    same(when, "the evidence", seen.evidence, n);
    same(when, "the setting", setting(s, &a, when), n);
    same(when, "the sealed value", sealed(s, when), n);
    same(when, "the endpoint's chain", endpoint(s, &a, when), n);
    same(when, "the generation", generation, n * RAISED);
    same(when, "the audit trail", lines, n * AUDITED);
    return n;
}

static uint64_t verify(const char *dir, const struct work_ack *last, const char *when)
{
    struct err e;
    struct opened o = { 0 };
    struct seal_keys *keys = work_keys();
    if (last) { /* an opening that was acknowledged can't need creating again */
        char url[128];
        work_url(dir, url);
        if (!store_source_open(url, STORE_OPEN_EXISTING, keys, &o.src, NULL, &e) || !store_open(o.src, &o.s, &e))
            work_fail(when, "opening after the end: %s", e.msg);
    } else if (!open_store(dir, keys, &o, &e)) {
        work_fail(when, "opening after an early end: %s", e.msg);
    }
    check_sound(o.s, when);
    uint64_t n = count_changes(o.s, when), acknowledged = last ? last->change : 0;
    if (last && last->generation != acknowledged * RAISED && acknowledged)
        work_fail(when, "change %llu was acknowledged with generation %llu", (unsigned long long)acknowledged,
                  (unsigned long long)last->generation);
    if (n < acknowledged)
        work_fail(when, "change %llu was acknowledged, %llu are there", (unsigned long long)acknowledged,
                  (unsigned long long)n);
    if (!change(o.s, n + 1, &e)) /* and it goes on */
        work_fail(when, "the next change: %s", e.msg);
    same(when, "the next change", count_changes(o.s, when), n + 1);
    close_store(&o);
    seal_keys_destroy(keys);
    return n;
}

/* In a process of its own: the one that forks all the others stays small, and so do they. */
uint64_t work_verify(const char *dir, const struct work_ack *last, const char *when)
{
    int ends[2], status = -1;
    uint64_t n = 0;
    if (pipe(ends))
        work_fail(when, "no pipe");
    pid_t child = fork();
    if (child == 0) {
        n = verify(dir, last, when);
        _exit(write(ends[1], &n, sizeof(n)) == (ssize_t)sizeof(n) ? 0 : 1);
    }
    (void)close(ends[1]);
    bool told = read(ends[0], &n, sizeof(n)) == (ssize_t)sizeof(n);
    (void)close(ends[0]);
    if (waitpid(child, &status, 0) != child || status != 0 || !told)
        _exit(1); /* it has said why */
    return n;
}

bool work_read_acks(int fd, struct work_ack *ret_last)
{
    struct work_ack ack;
    bool any = false;
    while (read(fd, &ack, sizeof(ack)) == (ssize_t)sizeof(ack)) {
        *ret_last = ack;
        any = true;
    }
    return any;
}
