/* What stands in VDCs: which machine belongs where, and what of that is kept. */
#include "flow/inventory_model.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "flow/gc.h"
#include "flow/inventory_keep.h"
#include "flow/loan.h"
#include "store/store.h"
#include "unit/flow/world.h"
#include "vim/vm.h"

#define VC "urn:vcloud:vimserver:0e94c16e-02a7-48e5-8586-b569faa6920e"
#define ORG "urn:vcloud:org:11111111-1111-4111-8111-111111111111"
#define VCENTER_OF_ANOTHER "urn:vcloud:vimserver:1e94c16e-02a7-48e5-8586-b569faa6920e"
#define OTHER "urn:vcloud:org:22222222-2222-4222-8222-222222222222"

static struct vdc vdc_of(const char *digit, const char *org, const char *pool)
{
    static char urns[10][64];
    char *urn = urns[digit[0] - '0'];
    (void)snprintf(urn, 64, VDC_URN "%s0000000-0000-4000-8000-000000000000", digit);
    return (struct vdc){ .urn = urn, .name = digit, .org = org, .enabled = true, .vcenter = VC, .pool = pool };
}

static struct vim_vm vm_in(const char *name, const char *pool, const char *uuid)
{
    return (struct vim_vm){ .name = name, .pool = pool, .host = "host-1", .instance_uuid = uuid, .connected = true, .power = VIM_VM_ON };
}

/* cluster: resgroup-1 { resgroup-2 { vapp-1 { vapp-2 } resgroup-3 } resgroup-4 } */
static struct inventory_model *estate(void)
{
    struct inventory_model *m = inventory_model_create(VC);
    CHECK(inventory_model_place(m, INVENTORY_POOL, "resgroup-1", "Resources", "domain-c1"));
    CHECK(inventory_model_place(m, INVENTORY_POOL, "resgroup-2", "a", "resgroup-1"));
    CHECK(inventory_model_place(m, INVENTORY_POOL, "resgroup-3", "a/b", "resgroup-2"));
    CHECK(inventory_model_place(m, INVENTORY_POOL, "resgroup-4", "c", "resgroup-1"));
    CHECK(inventory_model_place(m, INVENTORY_VAPP, "vapp-1", "outer", "resgroup-2"));
    CHECK(inventory_model_place(m, INVENTORY_VAPP, "vapp-2", "inner", "vapp-1"));
    CHECK(inventory_model_place(m, INVENTORY_HOST, "host-1", "esx1", NULL));
    CHECK(!inventory_model_place(m, INVENTORY_HOST, "host-1", "esx1", NULL)); /* nothing new */
    return m;
}

static void belongs_to_the_nearest_vdc(void **state)
{
    (void)state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = estate();
    AUTO(arena_done) struct arena a = { 0 };
    const struct vdc vdcs[] = { vdc_of("1", ORG, "resgroup-2"), vdc_of("2", OTHER, "resgroup-3") };
    static const struct {
        const char *pool, *vdc, *vapp; /* vapp: NULL: alone; vdc NULL: nowhere */
    } cases[] = {
        { "resgroup-2", "1", NULL },  { "resgroup-3", "2", NULL }, { "vapp-1", "1", "outer" }, { "vapp-2", "1", "outer" },
        { "resgroup-1", NULL, NULL }, { "resgroup-4", NULL, NULL }, { "resgroup-9", NULL, NULL }, { "", NULL, NULL },
        { "host-1", NULL, NULL },
    };
    inventory_model_vdcs(m, vdcs, ARRAY_LEN(vdcs));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct inventory_row row;
        struct vim_vm v = vm_in("web", cases[i].pool, "u1");
        inventory_model_vm(m, "vm-1", &v, 5);
        CHECK_EQ(inventory_model_row(m, "vm-1", &a, &row), cases[i].vdc != NULL);
        CHECK(row.vm.urn && row.own_vapp);
        if (!cases[i].vdc)
            continue;
        CHECK_EQ(row.vm.vdc[strlen(VDC_URN)], cases[i].vdc[0]);
        CHECK_STR(row.vm.host_name, "esx1");
        CHECK_EQ(row.vapp.alone, cases[i].vapp == NULL);
        CHECK_STR(row.vapp.name, cases[i].vapp ? cases[i].vapp : "web");
        CHECK_STR(row.vm.vapp, row.vapp.urn);
        CHECK_EQ(strcmp(row.vapp.urn, row.own_vapp) == 0, cases[i].vapp == NULL);
    }
    struct vim_vm template = vm_in("t", "resgroup-2", "u2");
    struct inventory_row row;
    template.template = true;
    inventory_model_vm(m, "vm-2", &template, 5);
    CHECK(!inventory_model_row(m, "vm-2", &a, &row));
    CHECK(!inventory_model_row(m, "vm-404", &a, &row));
    CHECK(!row.vm.urn);
}

/* Pools that name each other above themselves lead nowhere, and end. */
static void circles_end(void **state)
{
    (void)state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = inventory_model_create(VC);
    AUTO(arena_done) struct arena a = { 0 };
    struct inventory_row row;
    struct vim_vm v = vm_in("web", "a", "");
    (void)inventory_model_place(m, INVENTORY_POOL, "a", "a", "b");
    (void)inventory_model_place(m, INVENTORY_POOL, "b", "b", "a");
    inventory_model_vm(m, "vm-1", &v, 5);
    CHECK(!inventory_model_row(m, "vm-1", &a, &row));
}

static const char *urn_of(struct inventory_model *m, const char *id, struct arena *a)
{
    struct inventory_row row;
    (void)inventory_model_row(m, id, a, &row);
    return row.vm.urn;
}

static void urns_follow_the_instance(void **state)
{
    (void)state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = estate();
    AUTO(arena_done) struct arena a = { 0 };
    enum inventory_sort sort;
    struct vim_vm v = vm_in("web", "resgroup-2", "u1");
    inventory_model_vm(m, "vm-1", &v, 1);
    const char *first = urn_of(m, "vm-1", &a);
    v.pool = "resgroup-4";
    inventory_model_vm(m, "vm-1", &v, 2);
    CHECK_STR(urn_of(m, "vm-1", &a), first);       /* it moved */
    inventory_model_vm(m, "vm-7", &v, 3);
    const char *copy = urn_of(m, "vm-7", &a);      /* another one with the same UUID */
    CHECK(strcmp(copy, first) != 0);
    CHECK_STR(urn_of(m, "vm-1", &a), first);
    CHECK(inventory_model_leave(m, "vm-1", &sort) && sort == INVENTORY_VM);
    CHECK(!inventory_model_leave(m, "vm-1", &sort));
    inventory_model_vm(m, "vm-9", &v, 4);
    CHECK_STR(urn_of(m, "vm-9", &a), first);       /* it was registered anew */
    v.instance_uuid = "";
    inventory_model_vm(m, "vm-10", &v, 5);
    inventory_model_vm(m, "vm-11", &v, 5);
    CHECK(strcmp(urn_of(m, "vm-10", &a), urn_of(m, "vm-11", &a)) != 0);
    AUTO(inventory_model_destroyp) struct inventory_model *elsewhere = inventory_model_create(VCENTER_OF_ANOTHER);
    v.instance_uuid = "u1";
    inventory_model_vm(elsewhere, "vm-1", &v, 1);
    CHECK(strcmp(urn_of(elsewhere, "vm-1", &a), first) != 0); /* of another vCenter */
}

static void holds_thousands_that_come_and_go(void **state)
{
    (void)state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = estate();
    AUTO(arena_done) struct arena a = { 0 };
    const struct vdc vdc = vdc_of("1", ORG, "resgroup-2");
    struct inventory_rows rows;
    enum inventory_sort sort;
    char id[32];
    inventory_model_vdcs(m, &vdc, 1);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) {
            struct vim_vm v = vm_in("web", "resgroup-2", "");
            (void)snprintf(id, sizeof(id), "vm-%d", i);
            inventory_model_vm(m, id, &v, 1);
        }
        inventory_model_rows(m, &a, &rows);
        CHECK_EQ(rows.vms_len, 5000);
        CHECK_EQ(rows.vapps_len, 1); /* the outer one, with nothing in it */
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(id, sizeof(id), "vm-%d", i);
            CHECK(inventory_model_leave(m, id, &sort));
        }
    }
    inventory_model_rows(m, &a, &rows);
    CHECK_EQ(rows.vms_len, 0);
}

/* ---- keeping ---- */

static size_t kept_vms(struct world *w, struct vm **ret)
{
    struct err e;
    size_t len;
    CHECK_OK(vm_list(w->kept->s, &(struct vm_query){ 0 }, &w->kept->arena, ret, &len, &e), &e);
    return len;
}

static size_t kept_vapps(struct world *w)
{
    struct err e;
    struct vapp *list;
    size_t len;
    CHECK_OK(vapp_list(w->kept->s, &(struct vapp_query){ 0 }, &w->kept->arena, &list, &len, &e), &e);
    return len;
}

static void put_vdc(struct world *w, const struct vdc *v)
{
    struct err e;
    CHANGE_OK(w->kept, vdc_put(w->kept->s, v, &e), &e);
}

static struct inventory_model *kept_estate(struct world *w, size_t vms)
{
    struct inventory_model *m = estate();
    struct err e;
    size_t len;
    struct vdc v = vdc_of("1", ORG, "resgroup-2");
    char id[32];
    put_vdc(w, &v);
    CHECK_OK(inventory_keep_vdcs(&w->site, VC, m, &len, &e), &e);
    CHECK_EQ(len, 1);
    for (size_t i = 0; i < vms; i++) {
        struct vim_vm vm = vm_in("web", i % 2 ? "resgroup-2" : "vapp-1", "");
        (void)snprintf(id, sizeof(id), "vm-%zu", i);
        inventory_model_vm(m, id, &vm, 1000);
    }
    return m;
}

static void differences_are_written(void **state)
{
    struct world *w = *state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = kept_estate(w, 600);
    struct err e;
    struct vm *vms;
    enum inventory_sort sort;
    CHECK_OK(inventory_keep_all(&w->site, VC, m, &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 600);
    CHECK_EQ(kept_vapps(w), 301); /* each that stands alone, and the outer one */
    CHECK_STR(vms[0].org, ORG);

    struct vim_vm off = vm_in("renamed", "resgroup-2", "");
    off.power = VIM_VM_OFF;
    inventory_model_vm(m, "vm-1", &off, 2000);
    struct vim_vm away = vm_in("web", "resgroup-4", "");
    inventory_model_vm(m, "vm-3", &away, 2000);
    inventory_model_vm(m, "vm-2", &off, 2000); /* out of its vApp */
    const char *const changed[] = { "vm-1", "vm-2", "vm-3", "vm-nobody" };
    CHECK_OK(inventory_keep_some(&w->site, m, changed, ARRAY_LEN(changed), &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 599);
    CHECK_EQ(kept_vapps(w), 301); /* one went with vm-3, one came with vm-2 */
    CHECK(inventory_model_leave(m, "vm-5", &sort));
    CHECK_OK(inventory_keep_all(&w->site, VC, m, &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 598);
    CHECK_OK(inventory_keep_none(&w->site, VC, &e), &e);
    CHECK_EQ(kept_vms(w, &vms) + kept_vapps(w), 0);
}

static void another_vcenters_rows_stay(void **state)
{
    struct world *w = *state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = kept_estate(w, 3);
    struct err e;
    struct vm *vms;
    const struct vm foreign = { .urn = VM_URN "99999999-9999-4999-8999-999999999999", .vapp = VAPP_URN "x", .vdc = "", .org = OTHER,
                                .vcenter = VCENTER_OF_ANOTHER, .moref = "vm-1" };
    CHANGE_OK(w->kept, vm_put(w->kept->s, &foreign, &e), &e);
    CHECK_OK(inventory_keep_all(&w->site, VC, m, &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 4);
    CHECK_OK(inventory_keep_none(&w->site, VC, &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 1);
}

/* What a deed has read later is not undone by what the watch was told before. */
static void older_news_undo_nothing(void **state)
{
    struct world *w = *state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = kept_estate(w, 1);
    struct err e;
    struct vm *vms;
    const char *const id[] = { "vm-0" };
    struct vim_vm v = vm_in("web", "vapp-1", "");
    CHECK_OK(inventory_keep_all(&w->site, VC, m, &e), &e);
    CHECK_EQ(kept_vms(w, &vms), 1);
    struct vm deed = vms[0];
    deed.power = VM_SUSPENDED;
    deed.read_ms = 5000;
    CHANGE_OK(w->kept, vm_put(w->kept->s, &deed, &e), &e);
    inventory_model_vm(m, "vm-0", &v, 4000);
    CHECK_OK(inventory_keep_some(&w->site, m, id, 1, &e), &e);
    (void)kept_vms(w, &vms);
    CHECK_EQ(vms[0].power, VM_SUSPENDED);
    inventory_model_vm(m, "vm-0", &v, 6000);
    CHECK_OK(inventory_keep_some(&w->site, m, id, 1, &e), &e);
    (void)kept_vms(w, &vms);
    CHECK_EQ(vms[0].power, VM_ON);
    deed.read_ms = clock_wall_ms() + 1000000; /* a clock that was set back */
    CHANGE_OK(w->kept, vm_put(w->kept->s, &deed, &e), &e);
    CHECK_OK(inventory_keep_some(&w->site, m, id, 1, &e), &e);
    (void)kept_vms(w, &vms);
    CHECK_EQ(vms[0].power, VM_ON);
}

static void a_vdc_that_went_takes_nothing_in(void **state)
{
    struct world *w = *state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = kept_estate(w, 2);
    struct err e;
    struct vm *vms;
    const struct vdc v = vdc_of("1", ORG, "resgroup-2");
    const char *const ids[] = { "vm-0", "vm-1" };
    CHANGE_OK(w->kept, vdc_drop(w->kept->s, v.urn, &e), &e);
    CHECK_FAILS(inventory_keep_all(&w->site, VC, m, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(inventory_keep_some(&w->site, m, ids, 2, &e), &e, ERR_CONFLICT);
    CHECK_EQ(kept_vms(w, &vms) + kept_vapps(w), 0);
}

static void what_a_machine_had_goes_with_it(void **state)
{
    struct world *w = *state;
    AUTO(inventory_model_destroyp) struct inventory_model *m = kept_estate(w, 1);
    struct err e;
    struct vm *vms;
    struct gc g;
    CHECK_OK(inventory_keep_all(&w->site, VC, m, &e), &e);
    (void)kept_vms(w, &vms);
    CHECK_OK(gc_get(w->kept->s, &vms[0], &w->kept->arena, &g, &e), &e);
    g.computer = "mine";
    CHANGE_OK(w->kept, gc_put(w->kept->s, vms[0].urn, &g, &e), &e);
    const struct inventory_gone gone = { vms[0].urn, vms[0].vapp };
    CHECK_OK(inventory_keep_gone(&w->site, &gone, 1, &e), &e);
    CHECK_OK(gc_get(w->kept->s, &vms[0], &w->kept->arena, &g, &e), &e);
    CHECK_STR(g.computer, "web");
}

GROUP(flow_inventory,
      cmocka_unit_test(belongs_to_the_nearest_vdc), cmocka_unit_test(circles_end), cmocka_unit_test(urns_follow_the_instance),
      cmocka_unit_test(holds_thousands_that_come_and_go), WITH_WORLD(differences_are_written), WITH_WORLD(another_vcenters_rows_stay),
      WITH_WORLD(older_news_undo_nothing), WITH_WORLD(a_vdc_that_went_takes_nothing_in), WITH_WORLD(what_a_machine_had_goes_with_it))
