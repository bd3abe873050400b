/* An exchange that waits in place, on a thread of its own; the host speaks TLS over a pair of sockets, and what is limited goes by a clock
 * that only the test moves. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "gate/fetch.h"
#include "net/chain.h"
#include "unit/gate/upload_rig.h"

#define HALF "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789"

static int64_t now_ms; /* of the exchange's thread, once it runs */

static int64_t mono_ms(void)
{
    return now_ms;
}

struct fetching {
    struct rig r;
    struct gate_target *target;
    struct gate_fetched got;
    struct err err;
    bool ok;
    int believed;
    size_t taken, silent_from; /* bytes of the answer: the host is silent behind them */
    int heard;                 /* the request, by the host; atomic */
    int asked;                 /* whether it may go on, since the host is silent */
};

static void believed(void *self, const struct chain *c, int64_t since_ms)
{
    struct fetching *f = self;
    CHECK(chain_len(c) && since_ms > 0 && !f->taken);
    f->believed++;
}

static bool take(void *self, const uint8_t *p, size_t len, struct err *e)
{
    (void)p;
    (void)e;
    ((struct fetching *)self)->taken += len;
    return true;
}

/* Asked before each wait: the clock moves while the host is silent, to the limit and then a millisecond past it. */
static bool cancelled(void *self)
{
    struct fetching *f = self;
    if (f->taken == f->silent_from && __atomic_load_n(&f->heard, __ATOMIC_ACQUIRE))
        now_ms += ++f->asked == 1 ? GATE_FETCH_STALL_MS : 1;
    return false;
}

static void *fetch(void *arg)
{
    struct fetching *f = arg;
    const struct gate_fetch ask = { .method = "GET", .believed = believed, .take = take, .cancelled = cancelled, .self = f };
    f->ok = gate_fetch(f->r.gate, f->target, &ask, &f->got, &f->err);
    return NULL;
}

/* The host says this once it has the request, and nothing more; NULL: it does not even shake hands. */
static void run(struct fetching *f, const char *answers, size_t silent_from, int64_t dial_ms)
{
    pthread_t thread;
    memset(f, 0, sizeof(*f));
    now_ms = 1000;
    rig_start_gate(&f->r, &(struct gate_config){ .mono_ms = mono_ms, .dial_ms = dial_ms });
    rig_socket(&f->r);
    f->r.answers = answers;
    f->silent_from = silent_from;
    f->target = rig_target(&f->r, "", "/folder/disk.iso");
    CHECK_EQ(pthread_create(&thread, NULL, fetch, f), 0);
    while (answers && (f->r.answered < strlen(answers) || !memmem(f->r.got, f->r.got_len, "\r\n\r\n", 4))) {
        rig_turn(&f->r, 0);
        (void)sched_yield();
    }
    __atomic_store_n(&f->heard, 1, __ATOMIC_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK(!f->ok);
}

static void stop(struct fetching *f)
{
    struct gate_counts n;
    gate_count(f->r.gate, &n);
    CHECK_EQ(n.of[GATE_DOWNLOAD].sessions, 0);
    gate_target_unref(f->target);
    rig_stop(&f->r);
}

static void a_host_that_hangs_in_the_middle_is_given_up_S16(void **state)
{
    (void)state;
    static const struct { const char *answers; size_t bytes; int status; } cases[] = {
        { HALF, 10, 200 },                                            /* in the body */
        { "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", 0, 200 }, /* before its first byte */
        { "HTTP/1.1 200 OK\r\nContent-Le", 0, 0 },                    /* in the head */
        { "", 0, 0 },                                                 /* before it */
    };
    static struct fetching f;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct gate_counts n;
        run(&f, cases[i].answers, cases[i].bytes, 0);
        CHECK_EQ(f.err.kind, ERR_TIMEOUT);
        CHECK(strstr(f.err.msg, "moved no byte for too long"));
        CHECK_EQ(f.got.result, LEG_OK);
        CHECK_EQ(f.believed, 1);
        CHECK_EQ(f.got.status, cases[i].status);
        CHECK_EQ(f.got.bytes, cases[i].bytes);
        CHECK_EQ(f.asked, 2); /* at the limit it went on */
        CHECK(!f.got.withdrawn);
        gate_count(f.r.gate, &n);
        CHECK_EQ(n.of[GATE_DOWNLOAD].ends[RELAY_HOST], 1);
        stop(&f);
    }
}

static void a_host_that_shakes_no_hands_is_given_up(void **state)
{
    (void)state;
    static struct fetching f;
    run(&f, NULL, 0, 1);
    CHECK_EQ(f.err.kind, ERR_TIMEOUT);
    CHECK_EQ(f.got.result, LEG_UNREACHABLE);
    CHECK(!f.believed && !f.got.seen && !f.got.status && !f.asked);
    CHECK_EQ(f.r.dials, 1);
    stop(&f);
}

GROUP(gate_fetch, cmocka_unit_test(a_host_that_hangs_in_the_middle_is_given_up_S16), cmocka_unit_test(a_host_that_shakes_no_hands_is_given_up))
