#include "flow/quiesce.h"

#include "base/arena.h"
#include "base/clock.h"
#include "flow/change.h"
#include "flow/kept.h"
#include "flow/site.h"
#include "flow/task_record.h"
#include "store/record.h"

#define KIND "quiesced"

struct turning {
    const struct site *site;
    const struct store_by *by; /* NULL: at start-up, nobody said it */
    bool on;
};

static const char *id_of(const struct site *site)
{
    return site->cell_urn ? site->cell_urn : "cell";
}

static bool is_on(struct store *s, const struct site *site, bool *ret, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    *ret = store_record_get(s, KIND, id_of(site), &a, &r, e);
    return *ret || e->kind == ERR_NOT_FOUND;
}

static bool turn(void *self, struct store *s, struct err *e)
{
    const struct turning *t = self;
    const char *id = id_of(t->site);
    bool was;
    if (!is_on(s, t->site, &was, e) || was == t->on)
        return was == t->on;
    bool ok = t->on ? kept_put(s, (struct store_record){ .kind = KIND, .id = id, .owner = "", .name = "", .state = "",
                                                         .made_ms = clock_wall_ms() }, json_object(), e)
                    : store_record_remove(s, KIND, id, e);
    return ok && (!t->by || kept_audit(s, t->by, t->on ? "cell.quiesce" : "cell.activate", id, e, t->on
                                           ? "The cell takes no new work." : "The cell takes new work again."));
}

bool quiesce_set(const struct site *site, bool on, const struct store_by *by, struct err *e)
{
    return change_keep(site, turn, &(struct turning){ site, by, on }, e);
}

bool quiesce_clear(const struct site *site, struct err *e)
{
    return change_keep(site, turn, &(struct turning){ site, NULL, false }, e);
}

bool quiesce_open(struct store *s, const struct site *site, struct err *e)
{
    bool on;
    if (!is_on(s, site, &on, e))
        return false;
    return !on || err_set(e, ERR_STORE, "the cell is quiesced: it finishes what is under way and takes no new work");
}

bool quiesce_state(struct store *s, const struct site *site, bool *ret_on, uint64_t *ret_jobs, struct err *e)
{
    return is_on(s, site, ret_on, e) && store_record_count(s, &(struct store_record_query){ .kind = TASK_FLOW_KIND }, ret_jobs, e);
}
