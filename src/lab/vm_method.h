/* lab/vm_method.h - what the methods of machines have in common: the tasks that change one, and their faults.
 * Shared by the files of such methods (vm_*.c) and the control socket. Under lab_lock. */
#pragma once
#include "lab/sdk.h"
#include "lab/task.h"
#include "lab/vm.h"

/* What a task's steps work on: a machine and whatever its method asked for, copied out of the request. */
struct lab_vm_work {
    unsigned vm;
    char user[LAB_NAME];
    int what;                  /* the method's own */
    unsigned host, pool;
    bool yes;
    char name[LAB_VM_NAME], text[LAB_FILE_NAME];
    char *request;             /* owned XML; read again by a step that needs it all */
    size_t request_len;
};

struct lab_vm_work *lab_vm_work_make(struct lab_call *c);
void lab_vm_work_free(void *work);
/* The machine a step works on; NULL after the fault ManagedObjectNotFound. */
struct lab_vm *lab_vm_of_task(struct lab_task *t, const struct lab_vm_work *w);
/* The call's machine; NULL after a fault. */
const struct lab_vm *lab_vm_of_call(struct lab_call *c);
/* The request once more, from the task's arena: the method's element. */
const struct xml_element *lab_vm_request(struct lab_task *t, const struct lab_vm_work *w);
/* Keeps it and is done, or fails with what the disk said. */
enum lab_task_next lab_vm_done(struct lab_task *t, struct lab_vm *vm);
enum lab_task_next lab_vm_bad_power(struct lab_task *t, const struct lab_vm *vm, enum lab_power wanted);
enum lab_task_next lab_task_refuse(struct lab_task *t, const char *fault, const char *text);
/* "invalidProperty" of InvalidArgument. */
enum lab_task_next lab_task_bad_argument(struct lab_task *t, const char *name);
extern const char *const lab_power_names[];

/* It answers, and is not in maintenance mode. */
bool lab_host_takes_vms(const struct lab_host *h);
/* Another host that does. */
MUST_USE bool lab_vm_elsewhere(const struct lab_vm *vm, unsigned *ret);
/* Moves it to another host, live or not: consoles end, watchers see it. kind: the event's type. */
MUST_USE bool lab_vm_move(struct lab_vm *vm, unsigned host, const char *user, const char *kind, struct err *e);
/* In vm_make.c: a new machine in that pool, on that host (moids; NULL: the first). NULL with *ret_wrong, or with e. */
struct lab_vm *lab_vm_create(const struct lab_asking *k, const char *name, const char *pool, const char *host,
                             const char **ret_wrong, struct err *e);
/* "[shared1]" becomes "[shared1] web/web.vmx"; false: no such datastore. */
MUST_USE bool lab_vm_set_path(const struct lab_asking *k, struct lab_vm *vm, const char *wanted);
/* A VirtualMachineConfigSpec's fields into it. false with the name of what is wrong. */
MUST_USE bool lab_vm_configure(const struct lab_asking *k, struct lab_vm *vm, const struct xml_element *spec, const char **ret_wrong);
