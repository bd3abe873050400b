#include "vim/places.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "vim/property.h"
#include "wire/xml.h"

struct listing {
    struct arena *arena;
    struct vim_place *list; /* grows; copied into the arena at the end */
    size_t len, cap;
};

static const char *keep(struct arena *a, const char *text)
{
    return text ? arena_strdup(a, text) : "";
}

static int64_t number(const struct xml_element *el, const char *path)
{
    int64_t n;
    const struct xml_element *val = vim_property(el, path);
    return val && xml_integer(val, 0, INT64_MAX, &n) ? n : 0;
}

static const char *reference(const struct xml_element *el, const char *path, struct arena *a)
{
    struct vim_object o;
    return vim_object_read(vim_property(el, path), &o) ? arena_strdup(a, o.id) : "";
}

static bool add(void *self, const struct vim_object *o, const struct xml_element *el, struct err *e)
{
    struct listing *l = self;
    (void)e;
    if (!o) {
        l->len = 0;
        return true;
    }
    GROW(l->list, l->len, l->cap);
    l->list[l->len++] = (struct vim_place){
        .object = *o, .name = keep(l->arena, vim_property_text(el, "name")), .parent = reference(el, "parent", l->arena),
        .owner = reference(el, "owner", l->arena), .capacity = number(el, "summary.capacity"),
        .free = number(el, "summary.freeSpace"),
    };
    return true;
}

bool vim_places_read(struct vim_session *s, enum vim_place_sort sort, int64_t deadline_ms, struct arena *a,
                     struct vim_place_list *ret, struct err *e)
{
    static const char *const pool[] = { "name", "parent", "owner", NULL };
    static const char *const datastore[] = { "name", "summary.capacity", "summary.freeSpace", NULL };
    static const char *const other[] = { "name", "parent", NULL };
    static const struct {
        const char *type;
        const char *const *paths;
    } sorts[] = {
        [VIM_PLACE_POOL] = { "ResourcePool", pool },
        [VIM_PLACE_DATASTORE] = { "Datastore", datastore },
        [VIM_PLACE_NETWORK] = { "Network", other },
        [VIM_PLACE_CLUSTER] = { "ComputeResource", other },
    };
    struct listing l = { .arena = a };
    const struct vim_walk what = { sorts[sort].type, sorts[sort].paths, VIM_PLACES_MAX, add, &l };
    bool ok = vim_walk(s, &what, deadline_ms, e);
    if (ok)
        *ret = (struct vim_place_list){ arena_memdup(a, l.list ? (void *)l.list : "", l.len * sizeof(*l.list)), l.len };
    freep(&l.list);
    return ok;
}
