#include "vim/vm_find.h"

#include <string.h>

#include "base/arena.h"
#include "vim/property.h"
#include "vim/soap_call.h"
#include "wire/xml.h"

struct finding {
    const char *name;
    struct arena *arena;
    struct vim_vm_found *found;
    size_t len;
};

static bool on_vm(void *self, const struct vim_object *o, const struct xml_element *el, struct err *e)
{
    struct finding *f = self;
    struct vim_object host;
    (void)e;
    if (!o) {
        f->len = 0;
        return true;
    }
    const char *name = vim_property_text(el, "name");
    if (strcmp(o->id, f->name) != 0 && !(name && strcmp(name, f->name) == 0))
        return true;
    if (f->len < VIM_VM_FOUND_MAX)
        f->found[f->len] = (struct vim_vm_found){
            .id = arena_strdup(f->arena, o->id), .name = arena_strdup(f->arena, name ? name : o->id),
            .host = vim_object_read(vim_property(el, "runtime.host"), &host) ? arena_strdup(f->arena, host.id) : NULL,
        };
    f->len++;
    return true;
}

bool vim_vm_find(struct vim_session *s, const char *name, int64_t deadline_ms, struct arena *a,
                 struct vim_vm_found ret[VIM_VM_FOUND_MAX], size_t *ret_len, struct err *e)
{
    static const char *const paths[] = { "name", "runtime.host", NULL };
    struct finding f = { .name = name, .arena = a, .found = ret };
    const struct vim_walk what = { "VirtualMachine", paths, VIM_VM_FIND_MAX, on_vm, &f };
    if (!vim_walk(s, &what, deadline_ms, e))
        return false;
    *ret_len = f.len;
    return true;
}
