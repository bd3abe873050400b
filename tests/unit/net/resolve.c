#include "net/resolve.h"

#include "net/desk.h"
#include "net/hosts.h"
#include "net/loop.h"
#include "net/pool.h"
#include "unit/check.h"

static struct hosts *hosts(void)
{
    static const char text[] = "10.0.0.1 mixed\n10.0.0.2 mixed\nfd00::1 mixed\n10.0.0.1 mixed\nfd00::2 mixed\n"
                               "10.0.0.3 mixed\n10.9.9.9 four\n";
    struct err e;
    struct hosts *h = hosts_parse(text, strlen(text), &e);
    CHECK_OK(h, &e);
    return h;
}

/* "10.0.0.1 fd00::1 .." */
static const char *text_of(const struct resolve_answer *a)
{
    static char all[RESOLVE_MAX * ADDRESS_TEXT];
    size_t at = 0;
    for (size_t i = 0; i < a->len; i++) {
        char one[ADDRESS_TEXT];
        address_write(&a->addresses[i], one);
        at += (size_t)snprintf(all + at, sizeof(all) - at, i ? " %s" : "%s", one);
        CHECK_EQ(a->addresses[i].port, 443);
    }
    return all;
}

static void what_is_known_needs_no_lookup(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum resolve_order order;
        const char *want; /* NULL = fails with kind */
        enum err_kind kind;
    } cases[] = {
        { "10.1.2.3", RESOLVE_AUTO, "10.1.2.3", ERR_NONE },
        { "fd00::9", RESOLVE_AUTO, "fd00::9", ERR_NONE },
        { "[fd00::9]", RESOLVE_AUTO, "fd00::9", ERR_NONE },
        { "10.1.2.3", RESOLVE_V6, NULL, ERR_NOT_FOUND },
        { "mixed", RESOLVE_AUTO, "10.0.0.1 fd00::1 10.0.0.2 fd00::2 10.0.0.3", ERR_NONE },
        { "MIXED.", RESOLVE_V4, "10.0.0.1 10.0.0.2 10.0.0.3", ERR_NONE },
        { "mixed", RESOLVE_V6, "fd00::1 fd00::2", ERR_NONE },
        { "four", RESOLVE_V6, NULL, ERR_NOT_FOUND }, /* and the system is not asked either */
        { "[10.1.2.3]", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "[fd00::9", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "[]", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "127.1", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "a b", RESOLVE_AUTO, NULL, ERR_INPUT },
        { "vc1:443", RESOLVE_AUTO, NULL, ERR_INPUT },
    };
    AUTO(hosts_destroyp) struct hosts *h = hosts();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e;
        struct resolve_answer a = { 0 };
        AUTO(resolver_destroyp) struct resolver *r = resolver_create(h, cases[i].order, NULL);
        for (int blocking = 0; blocking < 2; blocking++) {
            bool ok = blocking ? resolve_now(r, cases[i].host, 443, &a, &e) : resolve_quick(r, cases[i].host, 443, &a, &e);
            if (ok != (cases[i].want != NULL))
                fail_msg("case %zu \"%s\"", i, cases[i].host);
            if (ok)
                CHECK_STR(text_of(&a), cases[i].want);
            else
                CHECK_EQ(e.kind, cases[i].kind);
        }
    }
}

static void an_answer_is_capped(void **state)
{
    (void)state;
    struct err e;
    char text[4096];
    size_t at = 0;
    for (int i = 1; i <= 2 * RESOLVE_MAX; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "10.0.0.%d many\n", i);
    AUTO(hosts_destroyp) struct hosts *h = hosts_parse(text, at, &e);
    CHECK_OK(h, &e);
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(h, RESOLVE_AUTO, NULL);
    struct resolve_answer a;
    CHECK_OK(resolve_now(r, "many", 443, &a, &e), &e);
    CHECK_EQ(a.len, RESOLVE_MAX);
    CHECK_EQ(a.addresses[RESOLVE_MAX - 1].ip[3], RESOLVE_MAX);
}

struct asker {
    struct loop *loop;
    int answers, wanted;
    enum err_kind kind;
    struct resolve_answer answer;
};

static void on_answer(void *self, const struct resolve_answer *answer, const struct err *e)
{
    struct asker *a = self;
    if (answer)
        a->answer = *answer;
    else
        a->kind = e->kind;
    if (++a->answers == a->wanted)
        loop_stop(a->loop);
}

static void a_loop_is_answered_later(void **state)
{
    (void)state;
    struct err e;
    AUTO(loop_destroyp) struct loop *l = loop_create(&e);
    CHECK_OK(l, &e);
    AUTO(desk_destroyp) struct desk *d = desk_create(l);
    AUTO(hosts_destroyp) struct hosts *h = hosts();
    AUTO(pool_destroyp) struct pool *p = pool_create(&(struct pool_config){ "resolve", 2, 8 }, &e);
    CHECK_OK(p, &e);
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(h, RESOLVE_AUTO, p);
    struct asker a = { .loop = l, .wanted = 1 }, gone = { .loop = l };
    uint64_t id = desk_enter(d, &a), gone_id = desk_enter(d, &gone);
    CHECK_OK(resolve_ask(r, d, gone_id, "mixed", 443, on_answer, &e), &e);
    desk_leave(d, gone_id);
    CHECK_OK(resolve_ask(r, d, id, "mixed", 443, on_answer, &e), &e);
    CHECK_EQ(a.answers, 0);
    CHECK_OK(loop_run(l, &e), &e);
    CHECK_STR(text_of(&a.answer), "10.0.0.1 fd00::1 10.0.0.2 fd00::2 10.0.0.3");
    CHECK_EQ(gone.answers, 0);
    CHECK_FAILS(resolve_ask(r, d, id, "a b", 443, on_answer, &e), &e, ERR_INPUT);
    desk_leave(d, id);
}

GROUP(net_resolve, cmocka_unit_test(what_is_known_needs_no_lookup), cmocka_unit_test(an_answer_is_capped),
      cmocka_unit_test(a_loop_is_answered_later))
