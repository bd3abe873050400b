#include "lab/vmx.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "lab/store.h"
#include "unit/check.h"
#include "unit/lab/world.h"

static const char one_host[] = "[lab]\nport = 0\nseed = unit\n[vcenter vc1]\nhosts = 1\nvms = 1\nnetworks = 1\n";
static const char file[] = "[shared1] web/web.vmx";

static struct lab_asking asking(struct lab_estate *s, struct arena *a)
{
    return (struct lab_asking){ .vc = &s->vcenters[0], .arena = a, .now = clock_wall_ms() / 1000, .api = 800 };
}

/* Puts a file there that the lab did not write. */
static void put(const struct lab_asking *k, const char *text, size_t len)
{
    const char *dir = k->vc->at.estate->dir;
    char path[LAB_PATH_MAX];
    struct err e;
    CHECK(lab_store_file(k, file, path, &e) && lab_store_parents(k->vc->at.estate, path, &e) &&
          lab_keep_write(dir, path + strlen(dir) + 1, text, len, 0600, &e));
}

static void what_is_no_configuration_is_refused(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(one_host);
    struct arena a = { 0 };
    const struct lab_asking k = asking(s, &a);
    static const struct {
        const char *text;
        size_t len;
    } wrong[] = { { "\xff", 1 }, { "memSize = \"1\"\0", 14 } };
    char name[LAB_VM_NAME];
    struct err e;
    lab_lock(s);
    struct lab_vm *vm = lab_vm_make(k.vc, "web", &e);
    CHECK(text_copy(vm->path, sizeof(vm->path), file));
    CHECK(!lab_vmx_read(&k, vm, &e) && e.kind == ERR_NOT_FOUND && !lab_vmx_name(&k, file, name, &e) && e.kind == ERR_NOT_FOUND);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        put(&k, wrong[i].text, wrong[i].len);
        CHECK(!lab_vmx_read(&k, vm, &e) && e.kind == ERR_INPUT && !lab_vmx_name(&k, file, name, &e) && e.kind == ERR_INPUT);
    }
    char *text = arena_printf(&a, "displayName = \"%0*d\"\nscsi0:0.fileName = \"%0*d\"\n", LAB_VM_NAME, 1, LAB_FILE_NAME, 1);
    put(&k, text, strlen(text));
    CHECK(!lab_vmx_read(&k, vm, &e) && e.kind == ERR_INPUT && !lab_vmx_name(&k, file, name, &e) && e.kind == ERR_INPUT);
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct lab_estate *s = world_open(one_host);
    struct arena a = { 0 };
    const struct lab_asking k = asking(s, &a);
    char name[LAB_VM_NAME];
    struct err e;
    lab_lock(s);
    struct lab_vm *from = lab_vm_make(k.vc, "a \"b\" | c", &e), *to = lab_vm_make(k.vc, "other", &e);
    from->memory_mb = 96;
    from->disks_len = from->nics_len = 1;
    from->disks[0] = (struct lab_disk){ .key = LAB_DISK_KEY + 3, .unit = 3, .kb = 77, .file = "[shared1] far/off.vmdk" };
    from->nics[0] = (struct lab_nic){ .key = LAB_NIC_KEY, .type = "VirtualE1000", .mac = "00:50:56:00:00:09", .network = 1 };
    CHECK(text_copy(from->note, sizeof(from->note), "two\nlines") && text_copy(from->path, sizeof(from->path), file));
    CHECK(text_copy(to->path, sizeof(to->path), file));
    CHECK(lab_vmx_write(&k, from, &e) && lab_vmx_read(&k, to, &e) && lab_vmx_name(&k, file, name, &e));
    CHECK_STR(name, from->name);
    CHECK_STR(to->name, "other");
    CHECK_STR(to->note, from->note);
    CHECK_STR(to->uuid, from->uuid);
    CHECK(to->memory_mb == 96 && to->disks_len == 1 && to->nics_len == 1);
    CHECK(to->disks[0].unit == 3 && to->disks[0].kb == 77 && !strcmp(to->disks[0].file, from->disks[0].file));
    CHECK(to->nics[0].network == 1 && !to->nics[0].connected && !strcmp(to->nics[0].mac, from->nics[0].mac));
    static const char foreign[] = "#!/usr/bin/vmware\n.encoding=\"UTF-8\"\r\n  MEMSIZE = \"48\"\r\nscsi0:1.filename = \"b.vmdk\"\nunknown.key = 3\n"
                                  "memSizeOther = \"9\"\nannotation = \"|\"\nnumvcpus = \"many\"";
    put(&k, foreign, strlen(foreign));
    CHECK(lab_vmx_read(&k, to, &e) && to->memory_mb == 48 && to->nics_len == 0 && to->disks_len == 1 && to->cpus == 2);
    CHECK_STR(to->disks[0].file, "[shared1] web/b.vmdk");
    CHECK_STR(to->note, "|");
    CHECK(lab_vmx_name(&k, file, name, &e) && !name[0]);
    lab_unlock(s);
    arena_done(&a);
    world_close(s);
}

static void a_type_has_what_all_of_it_have(void **state)
{
    (void)state;
    struct lab_asking k = { .api = 800, .update = 2 };
    static const struct {
        const char *type, *path;
        bool yes;
    } cases[] = {
        { "VirtualMachine", "nonsense", false }, { "VirtualMachine", "nam", false }, { "VirtualMachine", "names", false },
        { "ManagedEntity", "runtime", false }, { "ManagedObject", "name", false }, { "Folder", "", false },
        { "EventHistoryCollector", "initialized", false }, { "HostSystem", "childEntity", false },
        { "VirtualMachine", "config.whatever", true }, { "ManagedEntity", "name", true }, { "ComputeResource", "host", true },
        { "View", "view", true }, { "StoragePod", "nonsense", true }, { "Datacenter", "customValue[1]", true },
        { "ClusterComputeResource", "lifecycleManaged", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (lab_type_has(&k, cases[i].type, cases[i].path) != cases[i].yes)
            fail_msg("%s.%s", cases[i].type, cases[i].path);
    k = (struct lab_asking){ .api = 607, .update = 1 };
    CHECK(!lab_type_has(&k, "ClusterComputeResource", "lifecycleManaged") && lab_type_has(&k, "ClusterComputeResource", "hciConfig"));
}

GROUP(lab_vmx, cmocka_unit_test(what_is_no_configuration_is_refused), cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(a_type_has_what_all_of_it_have))
