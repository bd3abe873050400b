/* vim/vm.h - virtual machines of a vCenter Server: what its inventory says of one, and the calls that change its power or end it.
 * Called by flow (inventory, power, customize). A call that begins a task gives the task: vim/task.h waits for it. */
#pragma once
#include "vim/session.h"

struct arena;

enum vim_vm_power { VIM_VM_OFF, VIM_VM_ON, VIM_VM_SUSPENDED };
enum { VIM_VM_TEXT = 256, /* bytes of a text with its NUL; a longer one is cut */ VIM_VM_PATHS = 32 };

/* Texts live in the arena that they were read into; "" = not said. */
struct vim_vm {
    const char *name, *pool, *host;       /* ids of its ResourcePool (or VirtualApp) and HostSystem; pool "": a template */
    const char *instance_uuid, *vmx, *guest_id, *guest_os, *hardware;
    const char *network;                  /* id of the first Network */
    const char *guest_host, *address;
    enum vim_vm_power power;
    bool connected;                       /* its host answers, and it can be read */
    bool tools_running, tools_installed;
    bool template;
    int64_t cpus, cores, memory_mb, nics, storage_bytes;
};

/* What is to be asked for; ends in NULL. */
extern const char *const vim_vm_paths[];

/* Sets what the element (an ObjectUpdate of vim/updates.h) says, and leaves the rest. */
void vim_vm_update(const struct xml_element *changes, struct arena *a, struct vim_vm *v);
/* A copy in one block, with its texts; free(). */
struct vim_vm *vim_vm_copy(const struct vim_vm *v) __attribute__((returns_nonnull));
/* One, now. ERR_NOT_FOUND. */
MUST_USE bool vim_vm_read(struct vim_session *s, const char *moref, int64_t deadline_ms, struct arena *a, struct vim_vm *ret,
                          struct err *e);

enum vim_vm_op {
    VIM_VM_POWER_ON,
    VIM_VM_POWER_OFF,
    VIM_VM_SUSPEND,
    VIM_VM_RESET,
    VIM_VM_SHUTDOWN_GUEST, /* asks the guest, makes no task */
    VIM_VM_REBOOT_GUEST,   /* likewise */
    VIM_VM_MARK_TEMPLATE,  /* makes no task */
    VIM_VM_DESTROY,        /* with its files */
};
/* ret_task->id is "" for one that makes none. */
MUST_USE bool vim_vm_power(struct vim_session *s, const char *moref, enum vim_vm_op op, int64_t deadline_ms,
                           struct vim_object *ret_task, struct err *e);
