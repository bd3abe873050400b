/* Which kinds of things change, told as they do: pages ask again for what they show, and nobody polls. It carries kinds and no
 * names, so that nothing can be read out of it that its listener may not see. */
#include <stdlib.h>
#include <string.h>

#include "api/tables.h"
#include "base/buf.h"
#include "base/mem.h"
#include "flow/pulse.h"
#include "flow/site.h"
#include "http/events.h"

struct listener {
    struct pulse_ear ear;
    struct pulse *pulse;
    struct http_events *events;
    uint32_t mask; /* what the caller may hear of */
};

static void woke(struct pulse_ear *ear)
{
    http_events_wake(CONTAINER_OF(ear, struct listener, ear)->events);
}

static bool tell(void *self, struct buf *event)
{
    struct listener *l = self;
    bool closed;
    uint32_t heard = pulse_take(l->pulse, &l->ear, &closed) & l->mask;
    bool ok = !heard || buf_puts(event, "event: change\ndata:", NULL);
    for (unsigned i = 0; heard && ok && pulse_name(i); i++)
        if (heard & (UINT32_C(1) << i))
            ok = buf_printf(event, NULL, " %s", pulse_name(i));
    ok = ok && (!heard || buf_puts(event, "\n\n", NULL));
    return ok && !closed;
}

static void done(void *self)
{
    struct listener *l = self;
    pulse_leave(l->pulse, &l->ear);
    free(l);
}

/* Tenants hear of what they can see at all. */
static uint32_t mask_of(const struct caller *c)
{
    static const char *const theirs[] = { "advisory", "catalog", "console", "session", "task", "vm" };
    uint32_t mask = 0;
    for (unsigned bit = 0; pulse_name(bit); bit++) {
        bool may = c->system;
        for (size_t i = 0; i < ARRAY_LEN(theirs); i++)
            may = may || strcmp(theirs[i], pulse_name(bit)) == 0;
        mask |= may ? UINT32_C(1) << bit : 0;
    }
    return mask;
}

static bool changes(struct api_call *c, struct err *e)
{
    if (!c->site->pulse)
        return err_set(e, ERR_STORE, "this cell tells nobody of changes");
    struct listener *l = xcalloc(1, sizeof(*l));
    l->ear.woke = woke;
    l->pulse = c->site->pulse;
    l->mask = mask_of(&c->caller);
    l->events = http_events_create(&(struct http_teller){ tell, done, l });
    c->rs->onward = http_events_onward(l->events);
    http_response_field(c->rs, "Content-Type", "text/event-stream");
    http_response_field(c->rs, "Cache-Control", "no-store");
    return pulse_listen(l->pulse, &l->ear) || err_set(e, ERR_LIMIT, "too many pages listen already, or the cell ends");
}

const struct api_op api_vouchsafe_changes_ops[] = {
    { "GET", "/cloudapi/vouchsafe/1.0.0/changes", API_CLOUDAPI, RIGHT_NONE, API_NO_VERSION, changes, 0 },
    { 0 },
};
