#include "store/crl.h"

#include <string.h>

#include "base/text.h"
#include "store/backend.h"
#include "store/words.h"

static bool check_key(const char *hex, struct err *e)
{
    if (!store_take_text("the issuer's key identifier", STORE_LINE, hex, STORE_ID_MAX, e))
        return false;
    return hex[strspn(hex, "0123456789ABCDEF")] == '\0' ||
           err_set(e, ERR_INPUT, "the issuer's key identifier is not upper-case hex");
}

static bool check(const struct store_crl *c, struct err *e)
{
    if ((c->vcenter && !store_take_text("the vCenter", STORE_LINE, c->vcenter, STORE_ID_MAX, e)) ||
        !check_key(c->issuer_key, e) ||
        (c->part[0] && !store_take_text("the part", STORE_WORD, c->part, STORE_WORD_MAX, e)) ||
        !store_take_time("thisUpdate", c->this_ms, e) || !store_take_time("nextUpdate", c->next_ms, e) ||
        !store_take_time("the time", c->kept_ms, e))
        return false;
    if (c->number && (!c->number_len || c->number_len > STORE_CRL_NUMBER_MAX || (c->number_len > 1 && !c->number[0])))
        return err_set(e, ERR_INPUT, "a crlNumber has 1 to %d octets without leading zeros (RFC 5280 section 5.2.3)",
                       STORE_CRL_NUMBER_MAX);
    return (c->der && c->der_len > 0 && c->der_len <= STORE_CRL_MAX) ||
           err_set(e, ERR_INPUT, "a CRL of %zu bytes; 1 to %d are taken", c->der_len, STORE_CRL_MAX);
}

/* Numbers without leading zeros: the longer one is greater. */
static int compare_numbers(const struct store_crl *a, const struct store_crl *b)
{
    if (a->number_len != b->number_len)
        return a->number_len < b->number_len ? -1 : 1;
    return memcmp(a->number, b->number, a->number_len);
}

struct kept {
    const struct store_crl *fresh;
    bool found, same, newer;
    struct err *e;
};

/* RFC 5280 section 5.2.3: for one issuer and scope the number grows, and says which of two CRLs is the later. */
static bool compare(void *self, const struct store_crl *old, struct err *e)
{
    struct kept *k = self;
    const struct store_crl *fresh = k->fresh;
    char was[TEXT_TIME], is[TEXT_TIME];
    (void)e;
    k->found = true;
    k->same = old->der_len == fresh->der_len && memcmp(old->der, fresh->der, old->der_len) == 0;
    int number = old->number && fresh->number ? compare_numbers(fresh, old) : old->number ? -1 : 0;
    k->newer = !k->same && (number < 0 || (number == 0 && fresh->this_ms < old->this_ms));
    if (!k->newer)
        return true;
    text_time(old->this_ms / 1000, was);
    text_time(fresh->this_ms / 1000, is);
    (void)err_set(k->e, ERR_CONFLICT,
                  "a newer CRL of issuer key %.40s is kept: its %s, thisUpdate %s; this one's is %s", fresh->issuer_key,
                  number < 0 ? "crlNumber is higher (or the other has none)" : "crlNumber is equal",
                  was, is);
    return true;
}

static bool put(struct store *s, const struct store_crl *crl, struct err *e)
{
    struct kept kept = { .fresh = crl, .e = e };
    if (!s->ops->crls->get(s, crl->vcenter, crl->issuer_key, crl->part, compare, &kept, e) || kept.newer)
        return false;
    if (kept.same)
        return true;
    if (!kept.found) {
        uint64_t count;
        if (!s->ops->crls->count(s, &count, e))
            return false;
        if (count >= STORE_CRLS_MAX)
            return err_set(e, ERR_LIMIT, "%d CRLs are kept, the most there may be", STORE_CRLS_MAX);
    }
    return s->ops->crls->put(s, crl, e) && s->ops->core->raise(s, e);
}

bool store_crl_put(struct store *s, const struct store_crl *crl, struct err *e)
{
    return store_writing(s, "crl", e) && check(crl, e) && store_ran(s, put(s, crl, e), e);
}

static bool take_away(struct store *s, const char *vcenter, struct err *e)
{
    uint64_t removed;
    return s->ops->crls->remove(s, vcenter, &removed, e) && (removed == 0 || s->ops->core->raise(s, e));
}

bool store_crl_remove(struct store *s, const char *vcenter, struct err *e)
{
    return store_writing(s, "crl", e) && (!vcenter || store_take_text("the vCenter", STORE_LINE, vcenter, STORE_ID_MAX, e)) &&
           store_ran(s, take_away(s, vcenter, e), e);
}

bool store_crl_list(struct store *s, store_crl_sink *sink, void *self, struct err *e)
{
    return store_list_begin(s, 0, NULL, e) && store_list_end(s, s->ops->crls->list(s, sink, self, e), e);
}
