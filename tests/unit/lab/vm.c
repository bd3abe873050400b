#include "lab/vm.h"

#include <string.h>

#include "base/clock.h"
#include "lab/ticket.h"
#include "lab/work.h"
#include "unit/check.h"
#include "unit/lab/world.h"

static const char two_hosts[] = "[lab]\nport = 0\nseed = unit\n[vcenter vc1]\nhosts = 2\nvms = 3\nvms_off = 1\npools = 2\nticket_s = 60\n";

static struct lab_asking asking(struct lab_estate *s, struct arena *a)
{
    return (struct lab_asking){ .vc = &s->vcenters[0], .arena = a, .now = clock_wall_ms() / 1000, .api = 800 };
}

static void planned_ones_cost_nothing_until_they_are_touched(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(two_hosts);
    struct arena a = { 0 };
    const struct lab_asking k = asking(s, &a);
    lab_lock(s);
    CHECK(lab_vms_end(k.vc) == 6 && !k.vc->vms);
    CHECK(lab_vm_look(&k, 0)->power == LAB_ON && lab_vm_look(&k, 2)->power == LAB_OFF && lab_vm_look(&k, 3)->host == 1);
    CHECK(lab_vm_look(&k, 0)->pool == 1 && lab_vm_look(&k, 1)->pool == 2 && !lab_vm_look(&k, 6));
    CHECK(lab_vm_next(k.vc, 0, 0) == 0 && lab_vm_next(k.vc, 0, 3) == 6 && lab_vm_next(k.vc, 1, 0) == 3);
    lab_vm_take(k.vc, 1)->host = 1;
    CHECK(lab_vm_next(k.vc, 0, 1) == 2 && lab_vm_next(k.vc, 1, 0) == 1 && lab_vm_next(k.vc, 1, 2) == 3);
    CHECK(lab_vm_named(k.vc, "vm-2")->n == 1 && lab_vm_named(k.vc, "vm-100004")->n == 4 && !lab_vm_named(k.vc, "vm-7"));
    CHECK(lab_vm_is_taken(k.vc, "vm-3", 0) && !lab_vm_is_taken(k.vc, "vm-3", 2) && !lab_vm_is_taken(k.vc, "web", 0));
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void they_are_the_same_after_a_restart(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(two_hosts);
    struct arena a = { 0 };
    struct lab_asking k = asking(s, &a);
    struct err e;
    lab_lock(s);
    struct lab_vm *made = lab_vm_make(k.vc, "web", &e), *half, *moved = lab_vm_take(k.vc, 0), *gone = lab_vm_take(k.vc, 5);
    made->disks_len = 1;
    made->disks[0] = (struct lab_disk){ .key = 2000, .kb = 12, .file = "[shared1] web/web.vmdk" };
    CHECK(lab_vm_set_extra(made, "guestinfo.a", "b") && lab_vm_keep(made, &e));
    half = lab_vm_make(k.vc, "half", &e);
    half->making = true;
    moved->host = 1;
    moved->power = LAB_SUSPENDED;
    CHECK(lab_vm_keep(half, &e) && lab_vm_keep(moved, &e) && lab_vm_remove(gone, &e));
    char uuid[40];
    memcpy(uuid, made->uuid, sizeof(uuid));
    lab_unlock(s);
    s = world_reopen(s, NULL);
    k = asking(s, &a);
    lab_lock(s);
    const struct lab_vm *vm = lab_vm_look(&k, 6);
    CHECK_STR(vm->name, "web");
    CHECK_STR(vm->uuid, uuid);
    CHECK_STR(vm->disks[0].file, "[shared1] web/web.vmdk");
    CHECK_STR(lab_vm_extra(vm, "guestinfo.a"), "b");
    CHECK(!lab_vm_exists(k.vc, 5) && !lab_vm_exists(k.vc, 7) && lab_vms_end(k.vc) == 8); /* what was half made never was */
    CHECK(lab_vm_look(&k, 0)->host == 1 && lab_vm_look(&k, 0)->power == LAB_SUSPENDED && lab_vm_look(&k, 1)->power == LAB_ON);
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void a_guest_boots_once_for_each_run(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(two_hosts);
    lab_lock(s);
    struct lab_vm *vm = lab_vm_take(&s->vcenters[0], 2);
    lab_vm_set_power(vm, LAB_ON);
    CHECK(vm->power == LAB_ON && !vm->booted);
    (void)lab_work_turn(s->work, clock_mono_ms() + 100);
    CHECK(!vm->booted);
    lab_vm_set_power(vm, LAB_OFF); /* what was on its way is for nobody */
    lab_vm_set_power(vm, LAB_ON);
    (void)lab_work_turn(s->work, INT64_MAX);
    CHECK(vm->booted);
    lab_vm_set_power(vm, LAB_SUSPENDED);
    CHECK(!vm->booted);
    lab_vm_set_power(vm, LAB_ON);
    CHECK(vm->booted); /* it was asleep, not off */
    lab_unlock(s);
    world_close(s);
}

static void a_ticket_is_good_once_here_and_soon(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(two_hosts);
    struct lab_vcenter *vc = &s->vcenters[0];
    struct lab_endpoint *here = &vc->hosts[0].at, *there = &vc->hosts[1].at;
    char id[LAB_TICKET];
    unsigned vm;
    struct err e;
    lab_lock(s);
    struct lab_vm *machine = lab_vm_take(vc, 0);
    CHECK(!lab_ticket_take(here, "", 0, &vm, &e) && !lab_ticket_take(here, "0", 0, &vm, &e));
    lab_ticket_make(machine, 1000, id);
    CHECK(!lab_ticket_take(there, id, 1000, &vm, &e));
    CHECK(lab_ticket_take(here, id, 60999, &vm, &e) && vm == 0);
    CHECK(!lab_ticket_take(here, id, 1000, &vm, &e));
    lab_ticket_make(machine, 1000, id);
    CHECK(!lab_ticket_take(here, id, 61000, &vm, &e) && strstr(e.msg, "expired"));
    CHECK(!lab_ticket_take(here, id, 1000, &vm, &e)); /* not even then */
    lab_ticket_make(machine, 1000, id);
    machine->host = 1;
    CHECK(!lab_ticket_take(there, id, 1000, &vm, &e) && !lab_ticket_take(here, id, 1000, &vm, &e));
    machine->host = 0;
    lab_ticket_make(machine, 1000, id);
    lab_vm_set_power(machine, LAB_OFF);
    lab_vm_set_power(machine, LAB_ON);
    CHECK(!lab_ticket_take(here, id, 1000, &vm, &e));
    for (int i = 0; i <= LAB_TICKETS_MAX; i++) {
        char other[LAB_TICKET];
        lab_ticket_make(machine, 1000, i ? other : id);
    }
    CHECK(!lab_ticket_take(here, id, 1000, &vm, &e)); /* the oldest made room */
    lab_unlock(s);
    world_close(s);
}

GROUP(lab_vm, cmocka_unit_test(planned_ones_cost_nothing_until_they_are_touched), cmocka_unit_test(they_are_the_same_after_a_restart),
      cmocka_unit_test(a_guest_boots_once_for_each_run), cmocka_unit_test(a_ticket_is_good_once_here_and_soon))
