#include "unit/gate/upload_rig.h"

#include <openssl/pem.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/conn.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "net/tcp.h"
#include "net/tls_own.h"
#include "net/tls_server.h"
#include "trust/cert.h"

uint8_t rig_file[RIG_FILE];
static struct rig *dialled; /* gate_connect has no self: one rig at a time */

/* ---- certificates ---- */

static const struct mint_made *leaf(struct rig *r, int key)
{
    int64_t now = clock_wall_ms() / 1000;
    const struct mint_cert want = { .subject = "/CN=esx1.example", .key = key, .by = r->root, .not_before = now - MINT_DAY,
                                    .not_after = now + 30 * MINT_DAY,
                                    .exts = MINT_EXTS(mint_san(r->mint, false, "DNS:esx1.example,IP:127.0.0.9"),
                                                      mint_ku(r->mint, true, MINT_KU_SIGN), MINT_SKI, MINT_AKI) };
    return mint_cert(r->mint, &want);
}

static const struct mint_made *root(struct rig *r)
{
    int64_t now = clock_wall_ms() / 1000;
    const struct mint_cert want = { .subject = "/CN=CA/C=US", .key = MINT_P256, .not_before = now - MINT_DAY,
                                    .not_after = now + 365 * MINT_DAY,
                                    .exts = MINT_EXTS(mint_bc(r->mint, true, true, -1),
                                                      mint_ku(r->mint, true, MINT_KU_CERT_SIGN | MINT_KU_CRL_SIGN), MINT_SKI) };
    return mint_cert(r->mint, &want);
}

static struct trust_set *set_of(struct rig *r, const char *scope)
{
    struct trust_row row = { .system = true };
    struct trust_rows rows = { .anchors = &row, .generation = ++r->generation };
    if (scope) {
        struct err e;
        row.der = r->root->der;
        row.len = r->root->len;
        rows.anchors_len = 1;
        CHECK_OK(trust_scope_parse(scope, &row.scope, &e), &e);
    }
    return trust_set_create(&rows, NULL);
}

void rig_trust(struct rig *r, const char *scope)
{
    (void)trust_set_unref(trust_live_swap(r->live, set_of(r, scope)));
}

static struct tls_identity *identity(struct rig *r)
{
    struct err e;
    AUTO(buf_done) struct buf pem;
    char *key;
    buf_init(&pem, 1 << 20);
    BIO *b = BIO_new(BIO_s_mem());
    CHECK(PEM_write_bio_PrivateKey(b, mint_key(r->mint, r->leaf->key), NULL, NULL, 0, NULL, NULL));
    CHECK_OK(buf_puts(&pem, r->leaf->pem, &e), &e);
    long len = BIO_get_mem_data(b, &key);
    struct tls_identity *i = tls_identity_parse(buf_str(&pem), pem.len, key, (size_t)len, &e);
    CHECK_OK(i, &e);
    BIO_free(b);
    return i;
}

/* ---- the host ---- */

static struct conn *dial(const struct address *addresses, size_t len, const struct tcp_options *options)
{
    struct conn *near, *far;
    struct err e;
    (void)addresses;
    (void)len;
    (void)options;
    if (dialled->near) {
        dialled->dials++;
        return STEAL(dialled->near);
    }
    memory_pair(64 * 1024, &near, &far);
    CHECK_OK(memory_watchable(near, &e), &e);
    dialled->dials++;
    if (dialled->refuses) {
        (void)conn_destroy(far);
        return near;
    }
    (void)conn_destroy(dialled->host);
    dialled->host = tls_server_conn(dialled->server, far);
    return near;
}

void rig_socket(struct rig *r)
{
    int ends[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    r->near = tcp_adopt(ends[0]);
    r->host = tls_server_conn(r->server, tcp_adopt(ends[1]));
}

/* "\r\n0\r\n\r\n" at its end, or Content-Length bytes behind the head. */
static bool request_is_whole(const struct rig *r)
{
    const char *head = memmem(r->got, r->got_len, "\r\n\r\n", 4);
    if (!head)
        return false;
    size_t body = r->got_len - (size_t)(head + 4 - (const char *)r->got);
    const char *length = memmem(r->got, r->got_len, "Content-Length: ", 16);
    return length ? body == strtoull(length + 16, NULL, 10)
                  : !memcmp(r->got, "GET ", 4) || (r->got_len > 7 && !memcmp(r->got + r->got_len - 5, "0\r\n\r\n", 5));
}

static bool host_turn(struct rig *r)
{
    struct err e;
    size_t n;
    bool moved = false;
    if (!r->host || conn_handshake(r->host, &e) != IO_DONE)
        return false;
    while (r->got_len < r->takes && r->got_len < RIG_GOT) {
        size_t most = r->takes < RIG_GOT ? r->takes : RIG_GOT;
        if (conn_read(r->host, r->got + r->got_len, most - r->got_len, &n, &e) != IO_DONE)
            break;
        moved = moved || n || !r->got_end; /* an end is news once */
        r->got_end = !n;
        r->got_len += n;
        if (!n)
            break;
    }
    if (r->answers && (r->at_once || request_is_whole(r)) && r->answered < strlen(r->answers) &&
        conn_write(r->host, r->answers + r->answered, strlen(r->answers) - r->answered, &n, &e) == IO_DONE) {
        r->answered += n;
        moved = true;
    }
    if (r->hangs_up && (!r->answers || r->answered == strlen(r->answers))) {
        r->host = conn_destroy(r->host);
        moved = true;
    }
    return moved;
}

void rig_turn(struct rig *r, int64_t ms)
{
    struct err e;
    r->now += ms;
    for (int still = 0; still < 12; still++) {
        for (int i = 0; i < RIG_LOOPS; i++)
            CHECK_OK(loop_turn(r->loops[i], r->now, &e), &e);
        if (host_turn(r))
            still = 0;
    }
}

void rig_until(struct rig *r, const int *what, int n)
{
    for (int i = 0; __atomic_load_n(what, __ATOMIC_ACQUIRE) < n; i++) {
        if (i > 1000000)
            fail_msg("what was waited for did not come");
        rig_turn(r, 0);
        (void)sched_yield();
    }
    rig_turn(r, 0);
}

size_t rig_body(struct rig *r)
{
    const char *head = memmem(r->got, r->got_len, "\r\n\r\n", 4);
    if (!head)
        return 0;
    const uint8_t *body = (const uint8_t *)head + 4;
    size_t len = r->got_len - (size_t)(body - r->got);
    CHECK(len <= RIG_FILE && !memcmp(body, rig_file, len));
    return len;
}

/* ---- the sender ---- */

struct gate_target *rig_target(struct rig *r, const char *print, const char *path)
{
    struct gate_target *t = gate_target_create();
    t->vcenter = xstrdup("urn:vcloud:vimserver:1");
    t->endpoint = xstrdup("urn:vcloud:vimserver:1/host-1");
    t->host_name = xstrdup("esx1.example");
    t->host = xstrdup("127.0.0.9");
    t->port = 443;
    t->path = xstrdup(path);
    t->names[t->names_len++] = xstrdup("esx1.example");
    if (print && print[0]) {
        CHECK(gate_target_thumbprint(t, print));
    } else if (print) {
        char text[3 * DIGEST_SHA256];
        uint8_t digest[DIGEST_SHA256];
        digest_sha256(r->leaf->der, r->leaf->len, digest);
        text_fingerprint(digest, sizeof(digest), text);
        CHECK(gate_target_thumbprint(t, text));
    }
    return t;
}

static struct gate_errand *errand(struct rig *r, const char *print)
{
    struct err e;
    struct gate_errand *a = gate_errand_create(rig_target(r, print, "/nfc/secret-path/disk-0.vmdk"), "POST");
    CHECK_OK(gate_errand_field(a, "Cookie", "vmware_cgi_ticket=secret-ticket", &e), &e);
    return a;
}

static void count(int *n)
{
    (void)__atomic_fetch_add(n, 1, __ATOMIC_RELEASE);
}

static bool again(void *self, struct gate_errand **ret, struct err *e)
{
    struct rig *r = self;
    if (!r->again_fails)
        *ret = errand(r, r->again_print);
    count(&r->again);
    return !r->again_fails || err_set(e, ERR_PEER, "the vCenter does not answer");
}

static void tell(void *self, const struct gate_news *n, char ret_event[RANDOM_UUID])
{
    struct rig *r = self;
    r->told_what = n->what;
    (void)text_copy(r->told_rule, sizeof(r->told_rule), n->rule);
    (void)text_copy(ret_event, RANDOM_UUID, "event-1");
    count(&r->told);
}

static void proved(void *self, const struct gate_target *t, const struct trust_verdict *v)
{
    CHECK(v->ok && t->path);
    count(&((struct rig *)self)->proved);
}

static void tap(void *self, const uint8_t *p, size_t len)
{
    struct rig *r = self;
    CHECK(r->tapped_len + len <= RIG_FILE);
    memcpy(r->tapped + r->tapped_len, p, len);
    r->tapped_len += len;
}

static void ended(void *self, const struct gate_upload_end *end)
{
    struct rig *r = self;
    r->end = *end;
    r->end_verdict = end->verdict ? *end->verdict : (struct trust_verdict){ 0 };
    r->end_err = end->err ? *end->err : (struct err){ 0 };
    (void)text_copy(r->end_event, sizeof(r->end_event), end->event);
    count(&r->ended);
}

static const struct gate_sender sender = { again, tell, proved, tap, ended };

/* ---- a rig ---- */

void rig_upload(struct rig *r, const char *print, uint64_t length)
{
    const struct gate_upload_how how = { &sender, r, "disk-0.vmdk", length };
    (void)gate_upload_unref(r->upload);
    r->upload = gate_upload_create(r->gate, print && !strcmp(print, "none") ? NULL : errand(r, print), &how);
}

void rig_start_gate(struct rig *r, const struct gate_config *more)
{
    struct err e;
    struct gate_config c = *more;
    memset(r, 0, sizeof(*r));
    log_threshold_set(LOG_LVL_ERROR);
    for (size_t i = 0; i < RIG_FILE; i++)
        rig_file[i] = (uint8_t)(i * 131 + i / 257);
    dialled = r;
    r->now = 1000;
    r->takes = SIZE_MAX;
    r->mint = mint_create();
    r->root = root(r);
    r->leaf = leaf(r, MINT_P256 + 1);
    r->live = trust_live_create(set_of(r, "any"));
    AUTO(tls_identity_unrefp) struct tls_identity *own = identity(r);
    r->server = tls_server_create(&(struct tls_server_config){ .identity = own }, &e);
    CHECK_OK(r->server, &e);
    r->pool = pool_create(&(struct pool_config){ .name = "rig", .threads = 1, .queue_max = 100 }, &e);
    CHECK_OK(r->pool, &e);
    r->resolver = resolver_create(NULL, RESOLVE_AUTO, r->pool);
    c.pool = r->pool;
    c.resolver = r->resolver;
    c.live = r->live;
    c.connect = dial;
    r->gate = gate_create(&c);
    for (int i = 0; i < RIG_LOOPS; i++) {
        r->loops[i] = loop_create_at(r->now, &e);
        CHECK_OK(gate_lane_create(r->gate, r->loops[i], &r->lanes[i], &e), &e);
    }
}

void rig_start(struct rig *r, const char *print)
{
    rig_start_gate(r, &(struct gate_config){ .transfers_max = 2, .between_ms = 600000 });
    r->answers = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    rig_upload(r, print, RIG_FILE);
}

void rig_stop(struct rig *r)
{
    struct gate_counts n;
    gate_count(r->gate, &n);
    (void)gate_upload_unref(r->upload);
    r->pool = pool_destroy(r->pool);
    for (int i = 0; i < RIG_LOOPS; i++) {
        gate_lane_stop(r->lanes[i]);
        (void)loop_destroy(r->loops[i]);
        (void)gate_lane_destroy(r->lanes[i]);
    }
    gate_count(r->gate, &n);
    CHECK_EQ(n.of[GATE_UPLOAD].sessions, 0);
    (void)gate_destroy(r->gate);
    (void)resolver_destroy(r->resolver);
    (void)conn_destroy(r->host);
    (void)conn_destroy(r->near);
    (void)tls_server_destroy(r->server);
    (void)trust_live_destroy(r->live);
    (void)mint_destroy(r->mint);
}

/* ---- clients ---- */

static void client_wanted(void *self)
{
    ((struct client *)self)->wanted++;
}

static void client_peek(void *self, const uint8_t **ret_p, size_t *ret_len, bool *ret_end)
{
    const struct client *c = self;
    uint64_t there = c->ready > c->at ? c->ready - c->at : 0;
    *ret_p = c->bytes + c->at;
    *ret_len = (size_t)(there < c->run ? there : c->run);
    *ret_end = c->at == c->end;
}

static void client_consume(void *self, size_t len)
{
    struct client *c = self;
    CHECK(c->wanted && c->at + len <= c->ready);
    c->at += len;
}

static void client_fed(void *self, const struct gate_fed *f)
{
    struct client *c = self;
    c->fed++;
    c->ok = f->ok;
    c->status = f->status;
    c->said = f->bytes;
    (void)text_copy(c->event, sizeof(c->event), f->event);
    if (f->e)
        c->err = *f->e;
}

void rig_bring(struct rig *r, struct client *c, int loop, uint64_t from, uint64_t len)
{
    const struct range_claim claim = { from, len, len == RANGE_UNKNOWN || !len ? len : RIG_FILE, len != RANGE_UNKNOWN };
    enum range_verdict v;
    struct err e;
    *c = (struct client){ .at = from, .end = len == RANGE_UNKNOWN ? RIG_FILE : from + len, .run = 16384, .bytes = c->bytes };
    if (!c->bytes)
        c->bytes = rig_file;
    c->ready = c->end;
    CHECK_OK(gate_upload_claim(r->upload, &claim, &v, &e), &e);
    CHECK_EQ(v, RANGE_GO);
    const struct gate_feed feed = { client_wanted, client_peek, client_consume, client_fed, c };
    gate_upload_feed(r->upload, r->loops[loop], &feed);
}

void rig_ready(struct rig *r, struct client *c, uint64_t until)
{
    c->ready = until;
    gate_upload_more(r->upload);
    rig_turn(r, 0);
}

void rig_leave(struct rig *r, struct client *c)
{
    gate_upload_leave(r->upload);
    c->ready = c->at; /* what it showed is gone */
    rig_turn(r, 0);
}
