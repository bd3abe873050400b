#include "vim/vm.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"
#include "vim/property.h"
#include "vim/updates.h"
#include "wire/xml.h"

/* A property and where it goes. */
enum member_type { TEXT, REFERENCE, FIRST_OF, NUMBER };
static const struct member {
    const char *path;
    enum member_type type;
    size_t at;
} members[] = {
    { "name", TEXT, offsetof(struct vim_vm, name) },
    { "resourcePool", REFERENCE, offsetof(struct vim_vm, pool) },
    { "runtime.host", REFERENCE, offsetof(struct vim_vm, host) },
    { "network", FIRST_OF, offsetof(struct vim_vm, network) },
    { "config.instanceUuid", TEXT, offsetof(struct vim_vm, instance_uuid) },
    { "config.files.vmPathName", TEXT, offsetof(struct vim_vm, vmx) },
    { "config.guestId", TEXT, offsetof(struct vim_vm, guest_id) },
    { "config.guestFullName", TEXT, offsetof(struct vim_vm, guest_os) },
    { "config.version", TEXT, offsetof(struct vim_vm, hardware) },
    { "guest.hostName", TEXT, offsetof(struct vim_vm, guest_host) },
    { "guest.ipAddress", TEXT, offsetof(struct vim_vm, address) },
    { "config.hardware.numCPU", NUMBER, offsetof(struct vim_vm, cpus) },
    { "config.hardware.numCoresPerSocket", NUMBER, offsetof(struct vim_vm, cores) },
    { "config.hardware.memoryMB", NUMBER, offsetof(struct vim_vm, memory_mb) },
    { "summary.config.numEthernetCards", NUMBER, offsetof(struct vim_vm, nics) },
    { "summary.storage.committed", NUMBER, offsetof(struct vim_vm, storage_bytes) },
};

const char *const vim_vm_paths[] = {
    "name", "resourcePool", "runtime.host", "runtime.powerState", "runtime.connectionState", "network", "config.instanceUuid",
    "config.files.vmPathName", "config.guestId", "config.guestFullName", "config.version", "config.template", "guest.hostName",
    "guest.ipAddress", "guest.toolsRunningStatus", "guest.toolsVersionStatus2", "config.hardware.numCPU",
    "config.hardware.numCoresPerSocket", "config.hardware.memoryMB", "summary.config.numEthernetCards",
    "summary.storage.committed", NULL,
};

typedef bool says_fn(const struct xml_element *from, const char *path, const struct xml_element **ret);

static bool object_says(const struct xml_element *object, const char *path, const struct xml_element **ret)
{
    *ret = vim_property(object, path);
    return true;
}

static const char *text_of(const struct xml_element *val, struct arena *a)
{
    size_t len = val ? text_clip(val->text, VIM_VM_TEXT - 1) : 0;
    return len ? arena_strndup(a, val->text, len) : "";
}

static bool is(const struct xml_element *val, const char *text)
{
    return val && strcmp(val->text, text) == 0;
}

static void read_member(const struct member *m, const struct xml_element *val, struct arena *a, struct vim_vm *v)
{
    void *at = (char *)v + m->at;
    struct vim_object o;
    int64_t n;
    switch (m->type) {
    case TEXT: *(const char **)at = text_of(val, a); break;
    case REFERENCE: *(const char **)at = vim_object_read(val, &o) ? arena_strdup(a, o.id) : ""; break;
    case FIRST_OF:
        *(const char **)at = vim_object_read(xml_child(val, VIM_NS, "ManagedObjectReference"), &o) ? arena_strdup(a, o.id) : "";
        break;
    case NUMBER: *(int64_t *)at = val && xml_integer(val, 0, INT64_MAX, &n) ? n : 0; break;
    }
}

static void read_states(const struct xml_element *from, says_fn *says, struct vim_vm *v)
{
    const struct xml_element *val;
    if (says(from, "runtime.powerState", &val))
        v->power = is(val, "poweredOn") ? VIM_VM_ON : is(val, "suspended") ? VIM_VM_SUSPENDED : VIM_VM_OFF;
    if (says(from, "runtime.connectionState", &val))
        v->connected = !val || is(val, "connected");
    if (says(from, "guest.toolsRunningStatus", &val))
        v->tools_running = is(val, "guestToolsRunning") || is(val, "guestToolsExecutingScripts");
    if (says(from, "guest.toolsVersionStatus2", &val))
        v->tools_installed = val && !is(val, "guestToolsNotInstalled");
    if (says(from, "config.template", &val))
        v->template = is(val, "true");
}

static void read_all(const struct xml_element *from, says_fn *says, struct arena *a, struct vim_vm *v)
{
    const struct xml_element *val;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (says(from, members[i].path, &val))
            read_member(&members[i], val, a, v);
    read_states(from, says, v);
}

void vim_vm_update(const struct xml_element *changes, struct arena *a, struct vim_vm *v)
{
    read_all(changes, vim_update_says, a, v);
}

struct vim_vm *vim_vm_copy(const struct vim_vm *v)
{
    size_t room = sizeof(*v);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].type != NUMBER) {
            const char *text = *(const char *const *)((const char *)v + members[i].at);
            room += text ? strlen(text) + 1 : 1;
        }
    struct vim_vm *copy = xcalloc(1, room);
    char *end = (char *)(copy + 1);
    *copy = *v;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (members[i].type != NUMBER) {
            const char **at = (const char **)(void *)((char *)copy + members[i].at);
            size_t size = *at ? strlen(*at) + 1 : 1;
            memcpy(end, *at ? *at : "", size);
            *at = end;
            end += size;
        }
    return copy;
}

bool vim_vm_read(struct vim_session *s, const char *moref, int64_t deadline_ms, struct arena *a, struct vim_vm *ret, struct err *e)
{
    AUTO(arena_done) struct arena page = { 0 };
    const struct xml_element *el;
    struct vim_object o = { .type = "VirtualMachine" };
    *ret = (struct vim_vm){ .connected = true };
    if (!text_copy(o.id, sizeof(o.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    if (!vim_properties(s, &o, vim_vm_paths, deadline_ms, &page, &el, e))
        return false;
    read_all(el, object_says, a, ret);
    return true;
}

bool vim_vm_power(struct vim_session *s, const char *moref, enum vim_vm_op op, int64_t deadline_ms, struct vim_object *ret_task,
                  struct err *e)
{
    static const struct {
        const char *name;
        bool task;
    } ops[] = {
        [VIM_VM_POWER_ON] = { "PowerOnVM_Task", true },   [VIM_VM_POWER_OFF] = { "PowerOffVM_Task", true },
        [VIM_VM_SUSPEND] = { "SuspendVM_Task", true },    [VIM_VM_RESET] = { "ResetVM_Task", true },
        [VIM_VM_SHUTDOWN_GUEST] = { "ShutdownGuest", false }, [VIM_VM_REBOOT_GUEST] = { "RebootGuest", false },
        [VIM_VM_MARK_TEMPLATE] = { "MarkAsTemplate", false }, [VIM_VM_DESTROY] = { "Destroy_Task", true },
    };
    AUTO(arena_done) struct arena a = { 0 };
    const struct xml_element *answer;
    struct vim_object vm = { .type = "VirtualMachine" };
    const struct vim_method m = { .name = ops[op].name, .on = &vm, .once = true };
    *ret_task = (struct vim_object){ 0 };
    if (!text_copy(vm.id, sizeof(vm.id), moref))
        return err_set(e, ERR_INPUT, "the id of a virtual machine is too long");
    if (!vim_session_call(s, &m, deadline_ms, &a, &answer, NULL, e))
        return false;
    return !ops[op].task || vim_object_read(xml_child(answer, VIM_NS, "returnval"), ret_task) ||
           err_set(e, ERR_PEER, "%s gave no task", ops[op].name);
}
