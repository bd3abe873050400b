#include "flow/busy.h"

#include "unit/check.h"

static void everybody_has_his_share(void **state)
{
    (void)state;
    struct err e;
    AUTO(busy_destroyp) struct busy *b = busy_create(3, 2);
    AUTO(busy_end) struct busy_turn first = { 0 }, second = { 0 }, third = { 0 }, other = { 0 }, none = { 0 };
    CHECK_OK(busy_begin(b, "a", &first, &e), &e);
    CHECK_OK(busy_begin(b, "a", &second, &e), &e);
    CHECK_FAILS(busy_begin(b, "a", &third, &e), &e, ERR_LIMIT); /* his share */
    CHECK_OK(busy_begin(b, "b", &other, &e), &e);
    CHECK_FAILS(busy_begin(b, "c", &third, &e), &e, ERR_LIMIT); /* all of it */
    busy_end(&first);
    busy_end(&first); /* harmless */
    CHECK_OK(busy_begin(b, "c", &third, &e), &e);
    CHECK_OK(busy_begin(NULL, "a", &none, &e), &e); /* nobody counts */
}

GROUP(flow_busy, cmocka_unit_test(everybody_has_his_share))
