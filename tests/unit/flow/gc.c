/* What shall be made of guests, catalogs, and power that can't be asked for. */
#include "flow/gc.h"

#include <string.h>

#include "flow/caller.h"
#include "flow/catalog.h"
#include "flow/customize.h"
#include "flow/kinds.h"
#include "flow/power.h"
#include "flow/vapp.h"
#include "flow/vm.h"
#include "unit/flow/ground.h"

static const struct vm machine = { .urn = VM_URN "11111111-1111-4111-8111-111111111111", .name = "web_1.example", .guest_id = "debian11_64Guest" };

static struct gc fresh(struct ground *g)
{
    struct gc ret;
    struct err e;
    CHECK_OK(gc_get(g->kept->s, &machine, &g->kept->arena, &ret, &e), &e);
    return ret;
}

static void a_machine_nobody_customized(void **state)
{
    struct gc g = fresh(*state);
    struct err e;
    CHECK(!g.enabled && !g.pending && !g.admin_password_enabled);
    CHECK_STR(g.computer, "web1example");
    CHECK_STR(gc_status_name(g.status), "GC_COMPLETE");
    CHECK_OK(gc_check(&g, &machine, &e), &e);
    CHECK(!customize_is_due(&g, false));
    CHECK(customize_is_due(&g, true));
    g.pending = true;
    CHECK(!customize_is_due(&g, false));
    g.enabled = true;
    CHECK(customize_is_due(&g, false));
}

static void names_become_computers_names(void **state)
{
    static const struct {
        const char *vm, *guest, *computer;
    } names[] = {
        { "web-1", "debian11_64Guest", "web-1" }, { "--web--", "", "web" }, { "12", "", "guest" }, { "\xc3\xa4", "", "guest" },
        { "a-very-long-name-of-a-machine", "windows2019srv_64Guest", "a-very-long-nam" },
    };
    struct ground *g = *state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct vm v = { .urn = VM_URN "x", .name = names[i].vm, .guest_id = names[i].guest };
        struct gc gc;
        struct err e;
        CHECK_OK(gc_get(g->kept->s, &v, &g->kept->arena, &gc, &e), &e);
        CHECK_STR(gc.computer, names[i].computer);
    }
}

static void what_can_not_be_is_refused(void **state)
{
    struct err e;
    char script[GC_SCRIPT_MAX + 2];
    memset(script, 'x', sizeof(script) - 1);
    script[sizeof(script) - 1] = '\0';
#define CASE(...)                                             \
    do {                                                      \
        struct gc g = fresh(*state);                          \
        __VA_ARGS__;                                          \
        CHECK_FAILS(gc_check(&g, &machine, &e), &e, ERR_INPUT); \
    } while (0)
    CASE(g.computer = "");
    CASE(g.computer = "-a");
    CASE(g.computer = "a-");
    CASE(g.computer = "a b");
    CASE(g.computer = "1234");
    CASE(g.script = script);
    CASE(g.logons = -1);
    CASE(g.logons = GC_LOGONS_MAX + 1);
    CASE(g.auto_logon = true);
    CASE(g.join_domain = true);
    CASE(g.join_domain = true; g.domain = "d"; g.domain_user = "u"; g.use_org_settings = true);
    CASE(g.domain = "a\nb");
    CASE(g.enabled = g.admin_password_enabled = true);
#undef CASE
    struct gc g = fresh(*state);
    g.enabled = g.admin_password_enabled = g.admin_password_auto = g.join_domain = g.auto_logon = true;
    g.domain = "example.com";
    g.domain_user = "joiner";
    g.logons = 3;
    CHECK_OK(gc_check(&g, &machine, &e), &e);
}

static void is_kept_whole_and_listed_while_it_runs(void **state)
{
    struct ground *g = *state;
    struct err e;
    const char *const *urns;
    size_t len;
    struct gc gc = fresh(g);
    gc.enabled = true;
    gc.script = "#!/bin/sh\necho \"x\"\n";
    gc.status = GC_PENDING;
    gc.chain = 77;
    CHANGE_OK(g->kept, gc_put(g->kept->s, machine.urn, &gc, &e), &e);
    struct gc back = fresh(g);
    CHECK(back.enabled && back.status == GC_PENDING && back.chain == 77);
    CHECK_STR(back.script, gc.script);
    CHECK_OK(gc_running(g->kept->s, &g->kept->arena, &urns, &len, &e), &e);
    CHECK_EQ(len, 1);
    gc.status = GC_FAILED;
    CHANGE_OK(g->kept, gc_put(g->kept->s, machine.urn, &gc, &e), &e);
    CHECK_OK(gc_running(g->kept->s, &g->kept->arena, &urns, &len, &e), &e);
    CHECK_EQ(len, 0);
    CHANGE_OK(g->kept, gc_drop(g->kept->s, machine.urn, &e), &e);
    CHANGE_OK(g->kept, gc_drop(g->kept->s, machine.urn, &e), &e);
    CHECK(!fresh(g).enabled);
}

/* ---- catalogs ---- */

static void catalogs_are_their_organizations(void **state)
{
    struct ground *g = *state;
    struct err e;
    char task[STORE_ID_MAX + 1];
    struct catalog got;
    struct caller foreign = { .user_name = "b", .rights = UINT64_MAX };
    const char *acme = ground_org(g, "acme"), *other = ground_org(g, "other");
    (void)snprintf(foreign.org, sizeof(foreign.org), "%s", other);
    struct catalog k = { .name = "c", .description = "", .org = acme };
    CHECK_OK(catalog_save(g->site, &g->admin, &k, &g->kept->arena, &e), &e);
    struct catalog twin = { .name = "C", .description = "", .org = acme }, away = { .name = "c", .description = "", .org = other },
                   nobody = { .name = "c", .description = "", .org = "urn:vcloud:org:x" }, none = { .name = "", .description = "", .org = acme };
    CHECK_FAILS(catalog_save(g->site, &g->admin, &twin, &g->kept->arena, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(catalog_save(g->site, &g->admin, &nobody, &g->kept->arena, &e), &e, ERR_DENIED);
    CHECK_FAILS(catalog_save(g->site, &g->admin, &none, &g->kept->arena, &e), &e, ERR_INPUT);
    CHECK_OK(catalog_save(g->site, &g->admin, &away, &g->kept->arena, &e), &e);
    CHECK_OK(catalog_get(g->kept->s, &g->admin, k.urn, &g->kept->arena, &got, &e), &e);
    CHECK_EQ(got.version, 1);
    CHECK_FAILS(catalog_get(g->kept->s, &foreign, k.urn, &g->kept->arena, &got, &e), &e, ERR_DENIED);
    CHECK_FAILS(catalog_remove_start(g->site, &foreign, k.urn, true, task, &e), &e, ERR_DENIED);
    CHECK_FAILS(catalog_remove_start(g->site, &g->admin, CATALOG_URN "x", true, task, &e), &e, ERR_DENIED);
    CHECK_FAILS(catalog_remove_start(g->site, &g->admin, "urn:vcloud:org:x", true, task, &e), &e, ERR_DENIED);

    const struct catalog_item item = { .urn = CATALOG_ITEM_URN "1", .name = "i", .description = "", .catalog = k.urn, .org = acme,
                                       .entity = TEMPLATE_URN "1" };
    struct template_vm vm = { .urn = VM_URN "1", .name = "m", .moref = "vm-1", .guest_os = "", .cpus = 2 };
    const struct template t = { .urn = TEMPLATE_URN "1", .name = "i", .catalog = k.urn, .item = item.urn, .org = acme, .vdc = "v",
                                .status = TEMPLATE_READY, .vms = &vm, .vms_len = 1 };
    struct template back;
    CHANGE_OK(g->kept, catalog_item_put(g->kept->s, &item, &e) && template_put(g->kept->s, &t, &e), &e);
    CHECK_OK(template_get(g->kept->s, &g->admin, t.urn, &g->kept->arena, &back, &e), &e);
    CHECK(back.status == TEMPLATE_READY && back.vms_len == 1 && back.vms[0].cpus == 2);
    CHECK_FAILS(template_get(g->kept->s, &foreign, t.urn, &g->kept->arena, &back, &e), &e, ERR_DENIED);
    CHECK_FAILS(catalog_remove_start(g->site, &g->admin, k.urn, false, task, &e), &e, ERR_INPUT);
}

/* ---- power that can't be asked for ---- */

static void power_is_refused_before_a_task_begins(void **state)
{
    struct ground *g = *state;
    struct err e;
    char task[STORE_ID_MAX + 1];
    enum power_op op;
    const char *acme = ground_org(g, "acme"), *other = ground_org(g, "other");
    struct vm v = machine;
    v.vapp = VAPP_URN "22222222-2222-4222-8222-222222222222";
    v.org = acme;
    v.power = VM_ON;
    const struct vapp vapp = { .urn = v.vapp, .name = "a", .vdc = "", .org = acme };
    CHANGE_OK(g->kept, vm_put(g->kept->s, &v, &e) && vapp_put(g->kept->s, &vapp, &e), &e);
    struct caller foreign = { .user_name = "b", .rights = UINT64_MAX };
    (void)snprintf(foreign.org, sizeof(foreign.org), "%s", other);
    const struct power_new on = { .urn = v.urn, .op = POWER_ON, .name = "x" }, all = { .urn = v.vapp, .op = POWER_ON, .name = "x" },
                           nobody = { .urn = VM_URN "x", .op = POWER_OFF, .name = "x" };
    CHECK_FAILS(power_start(g->site, &foreign, &on, task, &e), &e, ERR_DENIED);
    CHECK_FAILS(power_start(g->site, &foreign, &all, task, &e), &e, ERR_DENIED);
    CHECK_FAILS(power_start(g->site, &g->admin, &nobody, task, &e), &e, ERR_DENIED);
    CHECK_FAILS(power_start(g->site, &g->admin, &on, task, &e), &e, ERR_INPUT);
    CHECK_FAILS(power_start(g->site, &g->admin, &all, task, &e), &e, ERR_INPUT);
    for (const char *const *word = (const char *const[]){ "", "off", "POWEROFF", "powerOff ", NULL }; *word; word++)
        CHECK_FAILS(power_undeploy_of(*word, &op, &e), &e, ERR_INPUT);
    CHECK_OK(power_undeploy_of("suspend", &op, &e), &e);
    CHECK_EQ(op, POWER_SUSPEND);
}

/* Names of workflows stand in stores: none is used twice. */
static void workflows_have_names_of_their_own(void **state)
{
    (void)state;
    for (size_t i = 0; flow_kinds[i]; i++)
        for (size_t n = 0; n < i; n++)
            CHECK(strcmp(flow_kinds[i]->name, flow_kinds[n]->name) != 0);
}

GROUP(flow_gc,
      GROUND(a_machine_nobody_customized), GROUND(names_become_computers_names), GROUND(what_can_not_be_is_refused),
      GROUND(is_kept_whole_and_listed_while_it_runs), GROUND(catalogs_are_their_organizations),
      GROUND(power_is_refused_before_a_task_begins), cmocka_unit_test(workflows_have_names_of_their_own))
