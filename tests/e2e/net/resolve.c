#include "net/resolve.h"

#include "unit/check.h"

static void the_system_knows_localhost(void **state)
{
    (void)state;
    struct err e;
    struct resolve_answer a;
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(NULL, RESOLVE_V4, NULL);
    CHECK_FAILS(resolve_quick(r, "localhost", 443, &a, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(resolve_now(r, "localhost", 443, &a, &e), &e);
    CHECK_EQ(address_class(&a.addresses[0]), ADDRESS_LOOPBACK);
    CHECK_EQ(a.addresses[0].port, 443);
}

static void a_name_that_cannot_be_is_not_found(void **state)
{
    (void)state;
    struct err e = { 0 };
    struct resolve_answer a;
    AUTO(resolver_destroyp) struct resolver *r = resolver_create(NULL, RESOLVE_AUTO, NULL);
    CHECK(!resolve_now(r, "no-such-host.invalid", 443, &a, &e)); /* RFC 6761 section 6.4 */
    CHECK(e.kind == ERR_NOT_FOUND || e.kind == ERR_PEER); /* without a name server nobody can say */
    CHECK(strstr(e.msg, "no-such-host.invalid"));
}

GROUP(e2e_resolve, cmocka_unit_test(the_system_knows_localhost), cmocka_unit_test(a_name_that_cannot_be_is_not_found))
