#include "flow/console_ticket.h"

#include <string.h>

#include "base/arena.h"
#include "flow/kept.h"
#include "store/record.h"
#include "unit/check.h"
#include "unit/flow/world.h"

#define NOW INT64_C(1780000000000)
#define VM "urn:vcloud:vm:11111111-2222-4333-8444-555555555555"

static void keep(struct world *w, const char *session, int64_t now, char ret[CONSOLE_TICKET])
{
    struct err e;
    struct caller c = w->admin;
    (void)snprintf(c.session, sizeof(c.session), "%s", session);
    CHECK_OK(console_ticket_keep(w->shelf, &c, VM, now, ret, &e), &e);
}

static bool take(struct world *w, const char *ticket, int64_t now, struct err *e)
{
    AUTO(arena_done) struct arena a = { 0 };
    struct store_record r;
    if (!console_ticket_take(w->shelf, ticket, now, &a, &r, e))
        return false;
    json_t *data = NULL;
    CHECK_OK(kept_json(&r, &data, e), e);
    CHECK_STR(r.owner, "session-1");
    CHECK_STR(kept_text(data, "vm", &a), VM);
    CHECK_STR(kept_text(data, "user", &a), w->admin.user);
    json_decref(data);
    return true;
}

static void nobody_is_late_by_a_millisecond_S16(void **state)
{
    struct world *w = *state;
    char ticket[CONSOLE_TICKET];
    struct err e;
    keep(w, "session-1", NOW, ticket);
    CHECK_FAILS(take(w, ticket, NOW + 30000, &e), &e, ERR_DENIED);
    CHECK(strstr(e.msg, "older than 30 seconds"));
    CHECK_FAILS(take(w, ticket, NOW, &e), &e, ERR_DENIED); /* whoever came late has used it up */
    keep(w, "session-1", NOW, ticket);
    CHECK_OK(take(w, ticket, NOW + 29999, &e), &e);
    CHECK_FAILS(take(w, ticket, NOW + 29999, &e), &e, ERR_DENIED); /* once */
}

static void only_what_was_kept_opens(void **state)
{
    struct world *w = *state;
    char ticket[CONSOLE_TICKET], other[CONSOLE_TICKET];
    struct err e;
    keep(w, "session-1", NOW, ticket);
    CHECK(!strncmp(ticket, "cst-", 4) && strlen(ticket) == 4 + 43); /* 256 bits */
    CHECK(strspn(ticket + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == 43);
    memcpy(other, ticket, sizeof(other));
    other[4] = other[4] == 'A' ? 'B' : 'A';
    CHECK_FAILS(take(w, other, NOW, &e), &e, ERR_DENIED);
    CHECK_FAILS(take(w, "", NOW, &e), &e, ERR_DENIED);
    CHECK_FAILS(take(w, "cst-", NOW, &e), &e, ERR_DENIED);
    keep(w, "session-1", NOW, other);
    CHECK(strcmp(ticket, other) != 0);
    CHECK_OK(take(w, other, NOW, &e), &e);
    CHECK_OK(take(w, ticket, NOW, &e), &e);
}

static void expired_ones_make_room_S16(void **state)
{
    struct world *w = *state;
    char ticket[CONSOLE_TICKET];
    struct err e;
    struct caller c = w->admin;
    (void)snprintf(c.session, sizeof(c.session), "session-1");
    for (int i = 0; i < CONSOLE_PER_SESSION; i++)
        keep(w, "session-1", NOW, ticket);
    CHECK_FAILS(console_ticket_keep(w->shelf, &c, VM, NOW + 29999, ticket, &e), &e, ERR_LIMIT);
    keep(w, "session-2", NOW, ticket); /* another session has its own */
    keep(w, "session-1", NOW + 30000, ticket);
    CHECK_OK(take(w, ticket, NOW + 30000, &e), &e);
}

GROUP(flow_console_ticket, WITH_WORLD(nobody_is_late_by_a_millisecond_S16), WITH_WORLD(only_what_was_kept_opens),
      WITH_WORLD(expired_ones_make_room_S16))
