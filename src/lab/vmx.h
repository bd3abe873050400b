/* lab/vmx.h - a machine's configuration file: what is written when one is made, copied or unregistered, and read when it is
 * registered again. Called by the methods of machines, under lab_lock. It knows the keys that the lab has something for and passes
 * over all others. */
#pragma once
#include "lab/vm.h"

/* Writes it where vm->path says. */
MUST_USE bool lab_vmx_write(const struct lab_asking *k, const struct lab_vm *vm, struct err *e);
/* Reads vm->path into vm. ERR_NOT_FOUND; ERR_INPUT: it is no such file. */
MUST_USE bool lab_vmx_read(const struct lab_asking *k, struct lab_vm *vm, struct err *e);
/* What it says the machine's name is, "" when nothing; false: no such file. */
MUST_USE bool lab_vmx_name(const struct lab_asking *k, const char *path, char out[LAB_VM_NAME], struct err *e);
