#include "base/err.h"

#include <errno.h>

#include "unit/check.h"

static void context_grows_from_the_left(void **state)
{
    (void)state;
    struct err e;
    CHECK(!err_set(&e, ERR_PEER, "certificate expired %d", 2026));
    CHECK(!err_in(&e, "probing %s", "vc1:443"));
    CHECK(!err_in(&e, "registering vc1"));
    CHECK_EQ(e.kind, ERR_PEER);
    CHECK_STR(e.msg, "registering vc1: probing vc1:443: certificate expired 2026");
    CHECK(!err_set(NULL, ERR_PEER, "nobody asks"));
}

static void long_text_is_cut_not_overrun(void **state)
{
    (void)state;
    struct err e;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&e, ERR_INPUT, "%s", text);
    CHECK_EQ(strlen(e.msg), ERR_MSG_MAX - 1);
    err_in(&e, "%s", text);
    CHECK_EQ(strlen(e.msg), ERR_MSG_MAX - 1);
    err_sys(&e, ERR_STORE, ENOENT, "%s", text);
    CHECK_EQ(strlen(e.msg), ERR_MSG_MAX - 1);
    CHECK_EQ(e.sys, ENOENT);
    err_sys(&e, ERR_STORE, ENOENT, "opening x");
    CHECK_STR(e.msg, "opening x: No such file or directory");
}

GROUP(base_err, cmocka_unit_test(context_grows_from_the_left), cmocka_unit_test(long_text_is_cut_not_overrun))
