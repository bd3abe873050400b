/* Connections: kept, decided again, replaced, and never written to when the chain was refused. */
#include "vim/endpoint.h"

#include "base/arena.h"
#include "http/limits.h"
#include "unit/vim/script.h"

#define GOT .body = "hello", .type = "text/plain"

static bool get(struct script *s, bool once, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct vim_answer answer;
    struct vim_request rq = { .method = "GET", .path = "/x?y=1", .once = once };
    bool ok = vim_endpoint_call(s->endpoint, &rq, soon(), &a, &answer, e);
    if (ok)
        CHECK_STR(answer.body, "hello");
    return ok;
}

static void connections_are_kept(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { "GET /x?y=1 HTTP/1.1\r\nHost: vc1.example\r\n" }, GOT }, { .want = { NULL }, GOT, .close = true }, { .want = { NULL }, GOT },
           { .want = { NULL }, GOT, .until_close = true }, { .want = { NULL }, GOT, .chunked = true });
    for (unsigned i = 0, dials[] = { 1, 1, 2, 2, 3 }; i < 5; i++) {
        CHECK_OK(get(&s, false, &e), &e);
        CHECK_EQ(s.dials, dials[i]);
    }
    script_end(&s);
}

static void what_must_not_go_twice_takes_a_new_connection(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { NULL }, GOT }, { .want = { NULL }, GOT }, { .want = { NULL }, .drop = true });
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_OK(get(&s, true, &e), &e);
    CHECK_EQ(s.dials, 2);
    CHECK_FAILS(get(&s, true, &e), &e, ERR_PEER);
    CHECK_EQ(s.dials, 3);
    script_end(&s);
}

static void a_kept_connection_that_was_closed_is_replaced_once(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { NULL }, GOT }, { .want = { NULL }, .drop = true }, { .want = { NULL }, GOT }, { .want = { NULL }, .drop = true },
           { .want = { NULL }, .drop = true });
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_EQ(s.dials, 2);
    CHECK_FAILS(get(&s, false, &e), &e, ERR_PEER);
    CHECK(strstr(e.msg, "vc1.example:443"));
    script_end(&s);
}

static void a_new_connection_that_breaks_off_is_not_repeated(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { NULL }, .drop = true });
    CHECK_FAILS(get(&s, false, &e), &e, ERR_PEER);
    CHECK_EQ(s.dials, 1);
    script_end(&s);
}

static void kept_connections_are_decided_again(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { NULL }, GOT }, { .want = { NULL }, GOT }, { .want = { NULL }, GOT });
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_EQ(vim_endpoint_review(s.endpoint), 0);
    s.unbelieved = true;
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_EQ(s.dials, 2);
    CHECK_EQ(vim_endpoint_review(s.endpoint), 1);
    CHECK_EQ(vim_endpoint_review(s.endpoint), 0);
    s.unbelieved = false;
    CHECK_OK(get(&s, false, &e), &e);
    CHECK_EQ(s.dials, 3);
    script_end(&s);
}

static void nothing_is_written_to_who_is_refused(void **state)
{
    (void)state;
    struct err e;
    struct vim_rest_answer answer;
    SCRIPT(s, STEP_CONTENT);
    s.refused = true;
    CHECK_FAILS(get(&s, false, &e), &e, ERR_UNTRUSTED);
    CHECK_FAILS(vim_session_login(s.session, soon(), &e), &e, ERR_UNTRUSTED);
    CHECK_FAILS(vim_session_get(s.session, "/x", soon(), &answer, &e), &e, ERR_UNTRUSTED);
    CHECK_EQ(s.written, 0);
    CHECK(!vim_session_rejected(s.session));
    script_stop(&s);
}

static void a_set_that_refuses_the_kept_one_refuses_the_call(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .want = { NULL }, GOT });
    CHECK_OK(get(&s, false, &e), &e);
    size_t before = s.written;
    s.unbelieved = s.refused = true;
    CHECK_FAILS(get(&s, false, &e), &e, ERR_UNTRUSTED);
    CHECK_EQ(s.written, before);
    script_end(&s);
}

static void interim_answers_are_passed_over_but_not_for_ever(void **state)
{
    (void)state;
    struct err e;
    struct buf many;
    buf_init(&many, 4096);
    CHECK(buf_puts(&many, "X: y\r\n\r\n", &e));
    for (int i = 0; i < HTTP_INTERIM_MAX + 1; i++)
        CHECK(buf_puts(&many, "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", &e));
    struct script_step steps[] = { { .body = "", .status = 102, .fields = buf_str(&many) } };
    struct script s = { 0 };
    script_start(&s, steps, 1);
    CHECK_FAILS(get(&s, false, &e), &e, ERR_PEER);
    CHECK(strstr(e.msg, "interim"));
    script_end(&s);
    buf_done(&many);
}

static void nobody_changes_the_protocol_unasked(void **state)
{
    (void)state;
    struct err e;
    SCRIPT(s, { .body = "", .status = 101, .fields = "Connection: upgrade\r\nUpgrade: x\r\n" });
    CHECK_FAILS(get(&s, false, &e), &e, ERR_PEER);
    CHECK(strstr(e.msg, "protocol"));
    script_end(&s);
}

static void two_vcenters_do_not_share(void **state)
{
    (void)state;
    struct err e;
    static const struct script_step steps[] = { STEP_CONTENT, STEP_LOGIN };
    static const struct script_step rejecting[] = { STEP_CONTENT, { .want = { "<Login" }, .file = "fault-invalid-login.xml", .status = 500 } };
    struct script a = { 0 }, b = { 0 };
    script_start(&a, steps, 2);
    script_start(&b, rejecting, 2);
    CHECK_FAILS(vim_session_login(b.session, soon(), &e), &e, ERR_DENIED);
    CHECK_OK(vim_session_login(a.session, soon(), &e), &e);
    CHECK(vim_session_rejected(b.session) && !vim_session_rejected(a.session));
    script_end(&a);
    script_end(&b);
}

static void credentials_need_a_name_check_or_its_guard(void **state)
{
    (void)state;
    struct err e;
    struct vim_endpoint *ep;
    const char *names[TRUST_NAMES_MAX + 1] = { 0 };
    struct vim_peer p = { .host = "vc1.example", .port = 443, .names_mode = TRUST_NAMES_NONE };
    CHECK_FAILS(vim_endpoint_create(&p, &ep, &e), &e, ERR_INPUT);
    p = (struct vim_peer){ .host = "vc1.example", .port = 443, .names = names, .names_len = TRUST_NAMES_MAX + 1 };
    CHECK_FAILS(vim_endpoint_create(&p, &ep, &e), &e, ERR_INPUT);
}

GROUP(vim_endpoint, cmocka_unit_test(connections_are_kept), cmocka_unit_test(what_must_not_go_twice_takes_a_new_connection),
      cmocka_unit_test(a_kept_connection_that_was_closed_is_replaced_once),
      cmocka_unit_test(a_new_connection_that_breaks_off_is_not_repeated), cmocka_unit_test(kept_connections_are_decided_again),
      cmocka_unit_test(nothing_is_written_to_who_is_refused), cmocka_unit_test(a_set_that_refuses_the_kept_one_refuses_the_call),
      cmocka_unit_test(interim_answers_are_passed_over_but_not_for_ever), cmocka_unit_test(nobody_changes_the_protocol_unasked),
      cmocka_unit_test(two_vcenters_do_not_share),
      cmocka_unit_test(credentials_need_a_name_check_or_its_guard))
