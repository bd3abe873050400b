#include "flow/vm.h"

#include "flow/org.h"
#include "unit/flow/ground.h"

#define VM1 VM_URN "11111111-1111-4111-8111-111111111111"
#define VM2 VM_URN "22222222-2222-4222-8222-222222222222"
#define VAPP "urn:vcloud:vapp:33333333-3333-4333-8333-333333333333"

static struct vm one(const char *urn, const char *org)
{
    return (struct vm){
        .urn = urn, .name = "web \"1\"", .vapp = VAPP, .vdc = "urn:vcloud:vdc:44444444-4444-4444-8444-444444444444", .org = org,
        .vcenter = "urn:vcloud:vimserver:55555555-5555-4555-8555-555555555555", .moref = "vm-12", .host = "host-9",
        .host_name = "esx1.example", .power = VM_SUSPENDED, .tools = VM_TOOLS_RUNNING, .cpus = 4, .memory_mb = 2048,
        .storage_bytes = INT64_C(5000000000), .made_ms = 1000, .read_ms = 2000,
    };
}

static void keeps_everything(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct vm v = one(VM1, ground_org(g, "acme")), got;
    CHANGE_OK(g->kept, vm_put(g->kept->s, &v, &e), &e);
    CHECK_OK(vm_find(g->kept->s, VM1, &g->kept->arena, &got, &e), &e);
    CHECK_STR(got.name, v.name);
    CHECK_STR(got.vapp, v.vapp);
    CHECK_STR(got.host_name, "esx1.example");
    CHECK_STR(got.guest_os, ""); /* not known */
    CHECK_EQ(got.power, VM_SUSPENDED);
    CHECK_EQ(got.tools, VM_TOOLS_RUNNING);
    CHECK_EQ(got.cpus, 4);
    CHECK(got.storage_bytes == v.storage_bytes && got.made_ms == 1000 && got.read_ms == 2000);
    CHANGE_OK(g->kept, vm_drop(g->kept->s, VM1, &e), &e);
    CHANGE_OK(g->kept, vm_drop(g->kept->s, VM1, &e), &e); /* what is not there is fine */
    CHECK_FAILS(vm_find(g->kept->s, VM1, &g->kept->arena, &got, &e), &e, ERR_NOT_FOUND);
}

/* Another's and nobody's look the same, to the letter but for the URN that was asked for. */
static void is_seen_by_its_own_only_S16(void **state)
{
    struct ground *g = *state;
    struct err e;
    struct vm got, *all;
    size_t len;
    const char *acme = ground_org(g, "acme"), *other = ground_org(g, "other");
    struct vm v1 = one(VM1, acme);
    CHANGE_OK(g->kept, vm_put(g->kept->s, &v1, &e), &e);
    struct caller mine = { .user_name = "a" }, foreign = { .user_name = "b" }, nobody = { .user_name = "c" };
    (void)snprintf(mine.org, sizeof(mine.org), "%s", acme);
    (void)snprintf(foreign.org, sizeof(foreign.org), "%s", other);
    foreign.rights = UINT64_MAX; /* rights are no sight */
    CHECK_OK(vm_get(g->kept->s, &mine, VM1, &g->kept->arena, &got, &e), &e);
    CHECK_OK(vm_get(g->kept->s, &g->admin, VM1, &g->kept->arena, &got, &e), &e);
    CHECK_FAILS(vm_get(g->kept->s, &foreign, VM1, &g->kept->arena, &got, &e), &e, ERR_DENIED);
    CHECK_STR(e.msg, "No access to entity \"" VM1 "\".");
    CHECK_FAILS(vm_get(g->kept->s, &foreign, VM2, &g->kept->arena, &got, &e), &e, ERR_DENIED);
    CHECK_STR(e.msg, "No access to entity \"" VM2 "\".");
    CHECK_FAILS(vm_get(g->kept->s, &g->admin, VM2, &g->kept->arena, &got, &e), &e, ERR_DENIED);
    CHECK_FAILS(vm_get(g->kept->s, &nobody, VM1, &g->kept->arena, &got, &e), &e, ERR_DENIED);

    struct vm v2 = one(VM2, other);
    CHANGE_OK(g->kept, vm_put(g->kept->s, &v2, &e), &e);
    CHECK_OK(vm_list(g->kept->s, &(struct vm_query){ .org = other }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, 1);
    CHECK_STR(all[0].urn, VM2);
    CHECK_OK(vm_list(g->kept->s, &(struct vm_query){ .vapp = VAPP }, &g->kept->arena, &all, &len, &e), &e);
    CHECK_EQ(len, 2);
}

GROUP(flow_vm,
      GROUND(keeps_everything),
      GROUND(is_seen_by_its_own_only_S16))
