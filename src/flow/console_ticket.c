#include "flow/console_ticket.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/text.h"
#include "flow/caller.h"
#include "flow/kept.h"
#include "flow/loan.h"
#include "store/record.h"
#include "store/store.h"

#define KIND "console-ticket"
#define PREFIX "cst-"

enum { SECRET_BYTES = 32, HASH_TEXT = 2 * DIGEST_SHA256 + 1 };

/* What is kept of a ticket: never the ticket. */
static void hash_of(const char *ticket, char out[HASH_TEXT])
{
    uint8_t digest[DIGEST_SHA256];
    digest_sha256(ticket, strlen(ticket), digest);
    text_hex(digest, sizeof(digest), out);
}

static bool make(char out[CONSOLE_TICKET], struct err *e)
{
    uint8_t bytes[SECRET_BYTES];
    AUTO(buf_done) struct buf text;
    buf_init(&text, CONSOLE_TICKET);
    random_bytes(bytes, sizeof(bytes));
    bool ok = text_base64(&text, bytes, sizeof(bytes), e);
    secret_wipe(bytes, sizeof(bytes));
    if (!ok)
        return false;
    size_t len = 0;
    for (const char *p = PREFIX; *p; p++)
        out[len++] = *p;
    for (const char *p = buf_str(&text); *p && *p != '='; p++)
        out[len++] = *p == '+' ? '-' : *p == '/' ? '_' : *p; /* RFC 4648 section 5: nothing that a path would change */
    out[len] = '\0';
    secret_wipe(text.data, text.len);
    return true;
}

bool console_ticket_keep(struct loan_shelf *shelf, const struct caller *c, const char *vm_urn, int64_t now_ms,
                         char ret_ticket[CONSOLE_TICKET], struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    char id[HASH_TEXT];
    uint64_t open;
    if (!make(ret_ticket, e))
        return false;
    hash_of(ret_ticket, id);
    const struct store_record r = { .kind = KIND, .id = id, .owner = c->session, .name = "", .state = "", .made_ms = now_ms,
                                    .until_ms = now_ms + CONSOLE_TICKET_MS };
    const struct store_record_query mine = { .kind = KIND, .owner = c->session };
    if (!loan_begin(shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e) ||
        !store_record_expire(l.store, KIND, now_ms, &open, e) || !store_record_count(l.store, &mine, &open, e))
        return false;
    if (open >= CONSOLE_PER_SESSION)
        return err_set(e, ERR_LIMIT, "%d console tickets of this session wait to be used", CONSOLE_PER_SESSION);
    json_t *data = json_pack("{s:s, s:s}", "vm", vm_urn, "user", c->user);
    return kept_put(l.store, r, data, e) && store_commit(l.store, e);
}

bool console_ticket_take(struct loan_shelf *shelf, const char *ticket, int64_t now_ms, struct arena *a, struct store_record *ret,
                         struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    char id[HASH_TEXT];
    struct err none;
    hash_of(ticket, id);
    if (!loan_begin(shelf, &l, e) || !store_begin(l.store, STORE_WRITE, e))
        return false;
    bool there = store_record_get(l.store, KIND, id, a, ret, &none);
    if (!there && none.kind != ERR_NOT_FOUND)
        return err_set(e, none.kind, "%s", none.msg);
    if (there && (!store_record_remove(l.store, KIND, id, e) || !store_commit(l.store, e)))
        return false;
    return (there && now_ms < ret->until_ms) ||
           err_set(e, ERR_DENIED, "this console ticket is none: it was used, or is older than %d seconds", CONSOLE_TICKET_MS / 1000);
}
