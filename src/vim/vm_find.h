/* vim/vm_find.h - virtual machines by their name, and the host that runs each now. Called by flow/why.h, which asks a vCenter
 * Server about one machine; who follows whole inventories uses vim/updates.h. */
#pragma once
#include "vim/session.h"

struct arena;

enum {
    VIM_VM_FIND_MAX = 60000, /* machines looked through in one vCenter Server; more is ERR_LIMIT */
    VIM_VM_FOUND_MAX = 16,   /* of one name; further ones are counted */
};

struct vim_vm_found {
    const char *id, *name, *host; /* "vm-12"; as in the inventory; "host-9", NULL when it runs nowhere. In the arena of the call */
};

/* Those with this name (case counts) or this id. ret_len: how many there are, at most VIM_VM_FOUND_MAX of them in ret. */
MUST_USE bool vim_vm_find(struct vim_session *s, const char *name, int64_t deadline_ms, struct arena *a,
                          struct vim_vm_found ret[VIM_VM_FOUND_MAX], size_t *ret_len, struct err *e);
