/* Several threads share one account and one endpoint: a session that ran out is renewed by one of them, and never more
 * than VIM_CONNS_MAX connections are in use. Run under TSan as well; so the server below has no lock but only relaxed
 * atomics, which order nothing that the code under test would have to order itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/conn.h"
#include "unit/vim/script.h"
#include "vim/dial.h"

enum { THREADS = 6, CALLS = 12, ROUNDS = 4 };

#define GET_(a) atomic_load_explicit(&(a), memory_order_relaxed)
#define ADD_(a, n) atomic_fetch_add_explicit(&(a), n, memory_order_relaxed)

/* A vCenter that answers whoever comes; a session is good in the round in which it was made. */
struct farm {
    struct vim_dialer base;
    atomic_int round, soap_logins, rest_logins, dials, busy, most, refused, generation, over;
    pthread_mutex_t lock;      /* of what follows */
    pthread_cond_t changed;
    bool holding;              /* who dials waits */
    int held;
};

struct farm_conn {
    struct conn conn;
    struct farm *farm;
    struct buf in, out;
    size_t out_at;
};

static enum io shake(struct conn *c, struct err *e)
{
    (void)c;
    (void)e;
    return IO_DONE;
}

static void say(struct farm_conn *x, int status, const char *type, const char *field, const char *body)
{
    struct err e;
    (void)!buf_printf(&x->out, &e, "HTTP/1.1 %d X\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, type, field,
                      strlen(body), body);
}

static void say_file(struct farm_conn *x, int status, const char *field, const char *name)
{
    size_t len;
    AUTO(freep) char *text = script_file(name, &len);
    say(x, status, strstr(name, ".xml") ? "text/xml" : "application/json", field, text);
}

static void respond(struct farm_conn *x, const char *request)
{
    struct farm *f = x->farm;
    char soap[64], rest[64], field[128];
    int round = GET_(f->round);
    (void)snprintf(soap, sizeof(soap), "Cookie: " VIM_SOAP_COOKIE "=s%d\r\n", round);
    (void)snprintf(rest, sizeof(rest), "vmware-api-session-id: r%d\r\n", round);
    if (strstr(request, "<RetrieveServiceContent ")) {
        say_file(x, 200, "", "service-content-7.xml");
    } else if (strstr(request, "<Login ")) {
        (void)ADD_(f->soap_logins, 1);
        (void)snprintf(field, sizeof(field), "Set-%s", soap);
        say_file(x, 200, field, "login.xml");
    } else if (strstr(request, "<Refresh ")) {
        if (strstr(request, soap))
            say(x, 200, "text/xml", "", "<E:Envelope xmlns:E='http://schemas.xmlsoap.org/soap/envelope/'><E:Body>"
                                        "<RefreshResponse xmlns='urn:vim25'/></E:Body></E:Envelope>");
        else
            say_file(x, 500, "", "fault-not-authenticated.xml");
    } else if (!strncmp(request, "POST /api/session ", 18)) {
        (void)ADD_(f->rest_logins, 1);
        (void)snprintf(field, sizeof(field), "\"r%d\"", round);
        say(x, 201, "application/json", "", field);
    } else if (strstr(request, rest)) {
        say(x, 200, "application/json", "", "[1]");
    } else {
        say_file(x, 401, "", "unauthenticated.json");
    }
}

static enum io farm_write(struct conn *c, const void *p, size_t len, size_t *ret_len, struct err *e)
{
    struct farm_conn *x = CONTAINER_OF(c, struct farm_conn, conn);
    if (!x->in.len) {
        int busy = ADD_(x->farm->busy, 1) + 1, most = GET_(x->farm->most);
        while (busy > most && !atomic_compare_exchange_weak_explicit(&x->farm->most, &most, busy, memory_order_relaxed,
                                                                     memory_order_relaxed)) { }
    }
    if (!buf_append(&x->in, p, len, e))
        return IO_FAILED;
    *ret_len = len;
    const char *request = buf_str(&x->in), *end = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
    size_t body = end && length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    if (!end || x->in.len < (size_t)(end - request) + 4 + body)
        return IO_DONE;
    respond(x, request);
    buf_clear(&x->in);
    (void)ADD_(x->farm->busy, -1);
    return IO_DONE;
}

static enum io farm_read(struct conn *c, void *p, size_t cap, size_t *ret_len, struct err *e)
{
    struct farm_conn *x = CONTAINER_OF(c, struct farm_conn, conn);
    size_t len = x->out.len - x->out_at;
    (void)e;
    if (!len)
        return IO_WANT_READ;
    len = len > cap ? cap : len;
    memcpy(p, x->out.data + x->out_at, len);
    x->out_at += len;
    if (x->out_at == x->out.len) {
        x->out_at = 0;
        buf_clear(&x->out);
    }
    *ret_len = len;
    return IO_DONE;
}

static int no_fd(const struct conn *c)
{
    (void)c;
    return -1;
}

static struct conn *farm_conn_destroy(struct conn *c)
{
    struct farm_conn *x = CONTAINER_OF(c, struct farm_conn, conn);
    buf_done(&x->in);
    buf_done(&x->out);
    free(x);
    return NULL;
}

static bool farm_dial(struct vim_dialer *d, unsigned slot, int64_t deadline_ms, struct conn **ret, struct err *e)
{
    static const struct conn_ops ops = { .name = "farm", .handshake = shake, .read = farm_read, .write = farm_write,
                                         .fd = no_fd, .destroy = farm_conn_destroy };
    struct farm *f = CONTAINER_OF(d, struct farm, base);
    (void)e;
    (void)deadline_ms;
    if (slot >= VIM_CONNS_MAX)
        (void)ADD_(f->refused, 1);
    (void)ADD_(f->dials, 1);
    if (GET_(f->round) == 0) {
        (void)pthread_mutex_lock(&f->lock);
        f->held++;
        (void)pthread_cond_broadcast(&f->changed);
        while (f->holding)
            (void)pthread_cond_wait(&f->changed, &f->lock);
        (void)pthread_mutex_unlock(&f->lock);
    }
    struct farm_conn *x = xcalloc(1, sizeof(*x));
    x->conn.ops = &ops;
    x->farm = f;
    buf_init(&x->in, 1 << 20);
    buf_init(&x->out, 1 << 20);
    *ret = &x->conn;
    return true;
}

/* Under another generation than it was last decided under, a kept connection is refused: so they come and go. */
static bool farm_believed(struct vim_dialer *d, const struct conn *c, uint64_t *generation)
{
    int now = GET_(CONTAINER_OF(d, struct farm, base)->generation);
    (void)c;
    bool same = !*generation || *generation == (uint64_t)now;
    *generation = (uint64_t)now;
    return same;
}

static bool no_verdict(struct vim_dialer *d, struct trust_verdict *ret)
{
    (void)d;
    (void)ret;
    return false;
}

static struct chain *no_chain(struct vim_dialer *d)
{
    (void)d;
    return NULL;
}

static int64_t farm_now(const struct vim_dialer *d)
{
    (void)d;
    return clock_mono_ms();
}

static struct vim_dialer *farm_kept(struct vim_dialer *d)
{
    (void)d; /* on the test's stack */
    return NULL;
}

static void farm_start(struct farm *f, struct vim_endpoint **ret_ep, struct vim_session **ret_session)
{
    static const struct vim_dialer_ops ops = { farm_dial, farm_believed, no_verdict, no_chain, farm_now, farm_kept };
    struct err e;
    AUTO(secret_done) struct secret password = { 0 };
    f->base.ops = &ops;
    atomic_init(&f->generation, 1);
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    *ret_ep = vim_endpoint_over(&f->base, "vc1.example", 443);
    CHECK_OK(secret_set(&password, "pw", 2, &e), &e);
    CHECK_OK(vim_session_create(*ret_ep, "admin", &password, ret_session, &e), &e);
}

static void farm_stop(struct farm *f, struct vim_endpoint *ep, struct vim_session *session)
{
    (void)vim_session_destroy(session);
    (void)vim_endpoint_destroy(ep);
    (void)pthread_mutex_destroy(&f->lock);
    (void)pthread_cond_destroy(&f->changed);
}

/* So many wait in a dial. */
static void farm_wait(struct farm *f, int held)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->held < held)
        (void)pthread_cond_wait(&f->changed, &f->lock);
    (void)pthread_mutex_unlock(&f->lock);
}

static void farm_let_go(struct farm *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->holding = false;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

struct caller {
    pthread_t thread;
    struct farm *farm;
    struct vim_session *session;
    bool ok;
    struct err e; /* of the first failure */
};

static bool call_once(struct vim_session *session, struct err *e)
{
    static const struct vim_object host = { "HostSystem", "host-9" };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_method m = { .name = "Refresh", .on = &host };
    return vim_session_call(session, &m, soon(), &a, &answer, NULL, e);
}

static bool get_once(struct vim_session *session, struct err *e)
{
    struct vim_rest_answer answer;
    if (!vim_session_get(session, "/x", soon(), &answer, e))
        return false;
    json_decref(answer.value);
    return !answer.absent || err_set(e, ERR_PEER, "absent");
}

static void *call_on(void *self)
{
    struct caller *c = self;
    struct vim_about about;
    c->ok = true;
    for (int i = 0; i < CALLS && c->ok; i++) {
        c->ok = call_once(c->session, &c->e) && get_once(c->session, &c->e) &&
                vim_session_about(c->session, soon(), &about, &c->e) && !vim_session_rejected(c->session);
        if (i == CALLS / 2)
            (void)ADD_(c->farm->generation, 1); /* the live set was swapped */
    }
    return NULL;
}

/* Looks at the kept connections all the time, as after many changes of the live set. */
static void *review_on(void *self)
{
    struct caller *c = self;
    while (!GET_(c->farm->over))
        (void)vim_endpoint_review(vim_session_endpoint(c->session));
    return NULL;
}

static void threads_share_an_account(void **state)
{
    (void)state;
    struct farm f = { 0 };
    struct vim_endpoint *ep;
    struct vim_session *session;
    farm_start(&f, &ep, &session);
    struct caller reviewer = { .farm = &f, .session = session };
    CHECK_EQ(pthread_create(&reviewer.thread, NULL, review_on, &reviewer), 0);
    for (int round = 1; round <= ROUNDS; round++) {
        struct caller callers[THREADS];
        atomic_store(&f.round, round); /* all sessions have run out */
        for (int i = 0; i < THREADS; i++) {
            callers[i] = (struct caller){ .farm = &f, .session = session };
            CHECK_EQ(pthread_create(&callers[i].thread, NULL, call_on, &callers[i]), 0);
        }
        for (int i = 0; i < THREADS; i++)
            (void)pthread_join(callers[i].thread, NULL);
        for (int i = 0; i < THREADS; i++)
            if (!callers[i].ok)
                fail_msg("round %d: %s", round, callers[i].e.msg);
        CHECK_EQ(atomic_load(&f.soap_logins), round); /* whoever noticed it first; the others took the new session */
        CHECK_EQ(atomic_load(&f.rest_logins), round);
    }
    atomic_store(&f.over, 1);
    (void)pthread_join(reviewer.thread, NULL);
    CHECK_EQ(vim_session_logins(session), 2 * ROUNDS);
    CHECK(atomic_load(&f.most) <= VIM_CONNS_MAX && !atomic_load(&f.refused));
    CHECK(atomic_load(&f.dials) > VIM_CONNS_MAX);
    farm_stop(&f, ep, session);
}

static void *one_call(void *self)
{
    struct caller *c = self;
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_answer answer;
    struct vim_request rq = { .method = "GET", .path = "/x" };
    c->ok = vim_endpoint_call(vim_session_endpoint(c->session), &rq, soon(), &a, &answer, &c->e);
    return NULL;
}

/* VIM_CONNS_MAX callers are on their way: the next one waits until its own deadline, and is served once they are back. */
static void the_next_caller_waits_for_a_connection(void **state)
{
    (void)state;
    struct farm f = { .holding = true };
    struct vim_endpoint *ep;
    struct vim_session *session;
    struct caller callers[VIM_CONNS_MAX], late;
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_answer answer;
    struct vim_request rq = { .method = "GET", .path = "/x" };
    struct err e;
    farm_start(&f, &ep, &session);
    for (int i = 0; i < VIM_CONNS_MAX; i++) {
        callers[i] = (struct caller){ .farm = &f, .session = session };
        CHECK_EQ(pthread_create(&callers[i].thread, NULL, one_call, &callers[i]), 0);
    }
    farm_wait(&f, VIM_CONNS_MAX);
    CHECK_FAILS(vim_endpoint_call(ep, &rq, clock_mono_ms() + 1, &a, &answer, &e), &e, ERR_TIMEOUT);
    CHECK(strstr(e.msg, "all 4 connections"));
    late = (struct caller){ .farm = &f, .session = session };
    CHECK_EQ(pthread_create(&late.thread, NULL, one_call, &late), 0);
    farm_let_go(&f);
    for (int i = 0; i < VIM_CONNS_MAX; i++) {
        (void)pthread_join(callers[i].thread, NULL);
        CHECK_OK(callers[i].ok, &callers[i].e);
    }
    (void)pthread_join(late.thread, NULL);
    CHECK_OK(late.ok, &late.e);
    CHECK_EQ(atomic_load(&f.dials), VIM_CONNS_MAX); /* the late one took over a kept connection */
    farm_stop(&f, ep, session);
}

static void *one_login(void *self)
{
    struct caller *c = self;
    c->ok = vim_session_login(c->session, soon(), &c->e);
    return NULL;
}

static void a_login_under_way_is_waited_for_until_the_deadline(void **state)
{
    (void)state;
    struct farm f = { .holding = true };
    struct vim_endpoint *ep;
    struct vim_session *session;
    struct caller first;
    struct err e;
    farm_start(&f, &ep, &session);
    first = (struct caller){ .farm = &f, .session = session };
    CHECK_EQ(pthread_create(&first.thread, NULL, one_login, &first), 0);
    farm_wait(&f, 1);
    CHECK_FAILS(vim_session_login(session, clock_mono_ms() + 1, &e), &e, ERR_TIMEOUT);
    CHECK(strstr(e.msg, "another login"));
    farm_let_go(&f);
    CHECK_OK(vim_session_login(session, soon(), &e), &e);
    (void)pthread_join(first.thread, NULL);
    CHECK_OK(first.ok, &first.e);
    CHECK_EQ(atomic_load(&f.soap_logins), 1);
    farm_stop(&f, ep, session);
}

GROUP(vim_threads, cmocka_unit_test(a_login_under_way_is_waited_for_until_the_deadline),
      cmocka_unit_test(threads_share_an_account), cmocka_unit_test(the_next_caller_waits_for_a_connection))
