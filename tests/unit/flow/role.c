#include "flow/role.h"

#include "flow/org.h"
#include "flow/user.h"
#include "unit/flow/ground.h"

static void fixed_ones(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct role r, *all;
    size_t len, system;
    const char *acme = ground_org(g, "acme");
    CHECK_OK(role_list(g->kept->s, acme, &g->kept->arena, &all, &len, &e), &e);
    CHECK_OK(role_list(g->kept->s, ORG_SYSTEM_URN, &g->kept->arena, &all, &system, &e), &e);
    CHECK_EQ(system, len + 1); /* System Administrator is System's alone */
    CHECK_FAILS(role_find(g->kept->s, acme, ROLE_SYSTEM_ADMINISTRATOR, &g->kept->arena, &r, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(role_find(g->kept->s, acme, "organization administrator", &g->kept->arena, &r, &e), &e);
    CHECK(r.fixed);
    CHECK_EQ(r.rights, role_tenant_rights());
    CHECK_EQ(role_tenant_rights() & (UINT64_C(1) << RIGHT_VCENTER_MANAGE), 0);
    const struct store_by by = ground_by(g);
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &r, &by, &g->kept->arena, &e), &e, ERR_INPUT);
    CHANGE_FAILS(g->kept, role_remove(g->kept->s, r.urn, &by, &e), &e, ERR_INPUT);
    CHANGE_OK(g->kept, role_save_fixed(g->kept->s, &by, &g->kept->arena, &e), &e); /* twice is once */
    CHECK_OK(role_list(g->kept->s, ORG_SYSTEM_URN, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, system);
}

static void own_ones(void **state)
{
    struct ground *g = *state;
    struct err e;
    const struct store_by by = ground_by(g);
    const char *acme = ground_org(g, "acme");
    struct role r = { .name = "Operator", .description = "", .org = acme, .rights = UINT64_C(1) << RIGHT_CONSOLE };
    CHANGE_OK(g->kept, role_save(g->kept->s, &r, &by, &g->kept->arena, &e), &e);
    struct role greedy = { .name = "Greedy", .description = "", .org = acme, .rights = UINT64_C(1) << RIGHT_VCENTER_MANAGE };
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &greedy, &by, &g->kept->arena, &e), &e, ERR_INPUT);
    struct role twin = { .name = "vApp User", .description = "", .org = acme };
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &twin, &by, &g->kept->arena, &e), &e, ERR_CONFLICT);
    struct role same = { .name = "OPERATOR", .description = "", .org = acme };
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &same, &by, &g->kept->arena, &e), &e, ERR_CONFLICT);
    const char *bob = ground_user(g, acme, "bob", "Operator", "bob's password");
    CHANGE_FAILS(g->kept, role_remove(g->kept->s, r.urn, &by, &e), &e, ERR_INPUT);
    CHANGE_FAILS(g->kept, org_remove(g->kept->s, acme, &by, &e), &e, ERR_INPUT);
    CHANGE_OK(g->kept, user_remove(g->kept->s, bob, &by, &e), &e);
    CHANGE_OK(g->kept, role_remove(g->kept->s, r.urn, &by, &e), &e);
    CHANGE_OK(g->kept, org_remove(g->kept->s, acme, &by, &e), &e);
    CHANGE_FAILS(g->kept, org_remove(g->kept->s, ORG_SYSTEM_URN, &by, &e), &e, ERR_INPUT);
}

/* A record that gives a tenant the infrastructure gives him nothing of it. */
static void masked(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct role r;
    const char *acme = ground_org(g, "acme");
    const struct store_record rec = { .kind = "role", .id = "urn:vcloud:role:11111111-2222-4333-8444-555555555555",
                                      .owner = acme, .name = "Wrong", .state = "own", .made_ms = KEPT_NOW,
                                      .data = "{\"rights\":[\"vCenter: Manage\",\"vApp: Use Console\",\"From Tomorrow\",7]}" };
    CHANGE_OK(g->kept, store_record_put(g->kept->s, &rec, &e), &e);
    CHECK_OK(role_get(g->kept->s, rec.id, &g->kept->arena, &r, &e), &e);
    CHECK_EQ(r.rights, UINT64_C(1) << RIGHT_CONSOLE);
}

static void names(void **state)
{
    struct ground *g = *state;
    struct err e;
    const struct store_by by = ground_by(g);
    static const char *const bad[] = { "", "a/b", "a@b", "a b", "a:b", "\xc3\xa4", "a\n" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct org o = { .name = bad[i], .display_name = "", .description = "", .enabled = true };
        CHANGE_FAILS(g->kept, org_save(g->kept->s, &o, &by, &g->kept->arena, &e), &e, ERR_INPUT);
        CHECK(!o.urn);
    }
    struct org twin = { .name = "system", .display_name = "", .description = "", .enabled = true };
    CHANGE_FAILS(g->kept, org_save(g->kept->s, &twin, &by, &g->kept->arena, &e), &e, ERR_CONFLICT);
    struct user u = { .name = "a:b", .org = ORG_SYSTEM_URN, .role = g->admin.role, .full_name = "", .email = "",
                      .description = "", .telephone = "", .enabled = true };
    CHANGE_FAILS(g->kept, user_save(g->kept->s, &u, &by, &g->kept->arena, &e), &e, ERR_INPUT);
}

static const char *letters(struct ground *g, size_t len)
{
    char *text = arena_alloc(&g->kept->arena, len + 1);
    memset(text, 'x', len);
    return text;
}

static void limits(void **state)
{
    struct ground *g = *state;
    struct err e;
    const struct store_by by = ground_by(g);
    struct arena *a = &g->kept->arena;
    struct org o = { .name = letters(g, ORG_NAME_MAX), .display_name = letters(g, ORG_TEXT_MAX),
                     .description = letters(g, ORG_TEXT_MAX), .enabled = true };
    struct role r = { .name = letters(g, ROLE_NAME_MAX), .description = letters(g, ROLE_TEXT_MAX), .org = ORG_SYSTEM_URN };
    struct user u = { .name = letters(g, USER_NAME_MAX), .org = ORG_SYSTEM_URN, .role = g->admin.role,
                      .full_name = letters(g, USER_TEXT_MAX), .email = "", .description = "", .telephone = "", .enabled = true };
    CHANGE_OK(g->kept, org_save(g->kept->s, &o, &by, a, &e), &e);
    CHANGE_OK(g->kept, role_save(g->kept->s, &r, &by, a, &e), &e);
    CHANGE_OK(g->kept, user_save(g->kept->s, &u, &by, a, &e), &e);
    struct org longer_org = { .name = letters(g, ORG_NAME_MAX + 1), .display_name = "", .description = "" };
    struct org longer_text = { .name = "b", .display_name = letters(g, ORG_TEXT_MAX + 1), .description = "" };
    CHANGE_FAILS(g->kept, org_save(g->kept->s, &longer_org, &by, a, &e), &e, ERR_INPUT);
    CHANGE_FAILS(g->kept, org_save(g->kept->s, &longer_text, &by, a, &e), &e, ERR_INPUT);
    r = (struct role){ .name = letters(g, ROLE_NAME_MAX + 1), .description = "", .org = ORG_SYSTEM_URN };
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &r, &by, a, &e), &e, ERR_INPUT);
    r = (struct role){ .name = "b", .description = letters(g, ROLE_TEXT_MAX + 1), .org = ORG_SYSTEM_URN };
    CHANGE_FAILS(g->kept, role_save(g->kept->s, &r, &by, a, &e), &e, ERR_INPUT);
    u.urn = NULL;
    u.name = letters(g, USER_NAME_MAX + 1);
    CHANGE_FAILS(g->kept, user_save(g->kept->s, &u, &by, a, &e), &e, ERR_INPUT);
    u.name = "b";
    u.full_name = letters(g, USER_TEXT_MAX + 1);
    CHANGE_FAILS(g->kept, user_save(g->kept->s, &u, &by, a, &e), &e, ERR_INPUT);
}

static void passwords(void **state)
{
    struct ground *g = *state;
    struct err e;
    static const struct { size_t len; bool ok; } cases[] = {
        { 0, false }, { USER_PASSWORD_MIN - 1, false }, { USER_PASSWORD_MIN, true }, { SECRET_PASSWORD_MAX, true },
        { SECRET_PASSWORD_MAX + 1, false },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(secret_done) struct secret s = { 0 };
        CHECK_OK(secret_set(&s, letters(g, cases[i].len), cases[i].len, &e), &e);
        CHECK_EQ(user_check_password(&s, &e), cases[i].ok);
    }
}

GROUP(flow_role, GROUND(fixed_ones), GROUND(own_ones), GROUND(masked), GROUND(names), GROUND(limits), GROUND(passwords))
