#include "trust/policy.h"

#include <stdint.h>

#include "trust/cert_fields.h"
#include "trust/oid.h"

/* Since every policy is acceptable at the end, it is enough to know which policies the next certificate may assert:
 * the union of the expected policy sets of the deepest level of the tree (RFC 9618 5). A level that is empty is the
 * tree that is NULL. */
struct policy_set {
    struct der oid[POLICY_SET_MAX];
    size_t len;
    bool any;  /* the level has an anyPolicy node */
    bool full; /* more were needed than fit */
};

struct policy_state {
    struct policy_set expected;
    size_t explicit_policy, mapping, inhibit_any; /* counters of 6.1.2 (d) to (f) */
};

static bool has(const struct policy_set *s, struct der oid)
{
    for (size_t i = 0; i < s->len; i++)
        if (der_equal(s->oid[i], oid))
            return true;
    return false;
}

static void include(struct policy_set *s, struct der oid)
{
    if (has(s, oid))
        return;
    if (s->len == POLICY_SET_MAX)
        s->full = true;
    else
        s->oid[s->len++] = oid;
}

static void drop(struct policy_set *s, struct der oid)
{
    for (size_t i = 0; i < s->len; i++)
        if (der_equal(s->oid[i], oid))
            s->oid[i--] = s->oid[--s->len];
}

/* The policies that a certificate asserts: each PolicyInformation begins with its OID. */
static bool read_policies(struct der in, struct policy_set *ret)
{
    struct der info, oid;
    *ret = (struct policy_set){ .len = 0 };
    while (in.len) {
        if (!der_take(&in, DER_SEQUENCE, &info) || !der_take(&info, DER_OID, &oid) || !der_oid(oid))
            return false;
        if (der_equal(oid, DER_OF(OID_ANY_POLICY)))
            ret->any = true;
        else if (has(ret, oid))
            return false; /* 4.2.1.4: MUST NOT appear more than once */
        else
            include(ret, oid);
    }
    return !ret->full;
}

/* 6.1.3 (d) and (e): the nodes of this certificate's level. */
static bool next_level(const struct policy_state *st, const struct trust_cert *c, bool last, struct policy_set *ret)
{
    struct policy_set own;
    *ret = (struct policy_set){ .len = 0 };
    if (!c->policies.p)
        return true; /* (e): the tree becomes NULL */
    if (!read_policies(c->policies, &own))
        return false;
    for (size_t i = 0; i < own.len; i++)
        if (st->expected.any || has(&st->expected, own.oid[i]))
            include(ret, own.oid[i]);
    if (own.any && (st->inhibit_any > 0 || (!last && cert_self_issued(c)))) {
        for (size_t i = 0; i < st->expected.len; i++)
            include(ret, st->expected.oid[i]);
        ret->any = st->expected.any;
    }
    return !ret->full;
}

/* 6.1.4 (a) and (b): what the level's nodes expect after this certificate's mappings. */
static bool map(struct policy_state *st, struct der mappings, const struct policy_set *level, struct policy_set *ret)
{
    struct der in = mappings, pair, from, to;
    *ret = *level;
    /* Every mapped policy leaves first; what it maps to comes in afterwards, so that chains of mappings inside one
     * certificate are not followed. */
    while (in.len) {
        if (!der_take(&in, DER_SEQUENCE, &pair) || !der_take(&pair, DER_OID, &from) || !der_take(&pair, DER_OID, &to) ||
            pair.len || der_equal(from, DER_OF(OID_ANY_POLICY)) || der_equal(to, DER_OF(OID_ANY_POLICY)))
            return false;
        drop(ret, from);
    }
    if (st->mapping == 0)
        return true; /* (b)(2): the nodes are deleted */
    in = mappings;
    while (in.len) {
        if (!der_take(&in, DER_SEQUENCE, &pair) || !der_take(&pair, DER_OID, &from) || !der_take(&pair, DER_OID, &to))
            return false;
        if (level->any || has(level, from))
            include(ret, to);
    }
    return !ret->full;
}

static bool is_empty(const struct policy_set *s)
{
    return s->len == 0 && !s->any;
}

static void count_down(size_t *counter)
{
    if (*counter)
        (*counter)--;
}

static void lower(size_t *counter, bool has_value, uint32_t value)
{
    if (has_value && value < *counter)
        *counter = value;
}

/* 6.1.4: prepare for the next certificate. */
static bool prepare(struct policy_state *st, const struct trust_cert *c, const struct policy_set *level)
{
    struct policy_set expected = *level;
    if (c->mappings.p && !map(st, c->mappings, level, &expected))
        return false;
    st->expected = expected;
    if (!cert_self_issued(c)) {
        count_down(&st->explicit_policy);
        count_down(&st->mapping);
        count_down(&st->inhibit_any);
    }
    lower(&st->explicit_policy, c->has_require_explicit, c->require_explicit);
    lower(&st->mapping, c->has_inhibit_mapping, c->inhibit_mapping);
    lower(&st->inhibit_any, c->has_inhibit_any, c->inhibit_any);
    return true;
}

int policies_check(const struct trust_cert *const *path, size_t len)
{
    bool asked = false; /* nobody asks in the common case, and it costs nothing */
    for (size_t i = 0; i < len; i++)
        asked |= path[i]->has_require_explicit || path[i]->policies.p || path[i]->mappings.p;
    if (!asked)
        return -1;
    struct policy_state st = { .expected = { .any = true }, .explicit_policy = len + 1, .mapping = len + 1,
                               .inhibit_any = len + 1 };
    for (size_t i = 0; i < len; i++) {
        struct policy_set level;
        bool last = i + 1 == len;
        if (!next_level(&st, path[i], last, &level))
            return (int)i;
        if (st.explicit_policy == 0 && is_empty(&level))
            return (int)i;
        if (!last) {
            if (!prepare(&st, path[i], &level))
                return (int)i;
            continue;
        }
        /* 6.1.5 (a), (b): the wrap-up. */
        count_down(&st.explicit_policy);
        if (path[i]->has_require_explicit && path[i]->require_explicit == 0)
            st.explicit_policy = 0;
        if (st.explicit_policy == 0 && is_empty(&level))
            return (int)i;
    }
    return -1;
}
