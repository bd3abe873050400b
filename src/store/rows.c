#include "store/rows.h"

#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/backend.h"
#include "trust/set.h"

/* Rows in arrays that double; the arrays that were outgrown stay in the arena, at most once their size. */
struct load {
    struct arena *arena;
    struct trust_row *anchors;
    size_t anchors_len, anchors_cap;
    uint8_t sha256[DIGEST_SHA256]; /* of the row before, whose bytes the next one may share */
    struct trust_crl_row *crls;
    size_t crls_len, crls_cap;
};

static bool load_grant(void *self, const struct store_grant *g, struct err *e)
{
    struct load *l = self;
    l->anchors = arena_room(l->arena, l->anchors, l->anchors_len, &l->anchors_cap, sizeof(*l->anchors));
    struct trust_row *row = &l->anchors[l->anchors_len];
    bool shared = l->anchors_len && memcmp(l->sha256, g->sha256, DIGEST_SHA256) == 0;
    bool system = strcmp(g->owner, STORE_SYSTEM) == 0;
    (void)e;
    *row = (struct trust_row){
        .der = shared ? row[-1].der : arena_memdup(l->arena, g->der, g->der_len),
        .len = g->der_len,
        .scope = g->scope,
        .system = system,
        .org = system ? NULL : arena_strdup(l->arena, g->owner),
    };
    memcpy(l->sha256, g->sha256, DIGEST_SHA256);
    l->anchors_len++;
    return true;
}

static bool load_crl(void *self, const struct store_crl *crl, struct err *e)
{
    struct load *l = self;
    l->crls = arena_room(l->arena, l->crls, l->crls_len, &l->crls_cap, sizeof(*l->crls));
    (void)e;
    l->crls[l->crls_len++] = (struct trust_crl_row){
        .der = arena_memdup(l->arena, crl->der, crl->der_len),
        .len = crl->der_len,
        .urn = crl->vcenter ? arena_strdup(l->arena, crl->vcenter) : NULL,
    };
    return true;
}

bool store_trust_rows(struct store *s, struct arena *a, struct trust_rows *ret, struct err *e)
{
    AUTO(store_abortp) struct store *mine = NULL;
    if (!store_one_moment(s, &mine, e))
        return false;
    struct load load = { .arena = a };
    uint64_t generation;
    if (!store_ran(s, s->ops->core->generation(s, &generation, e) &&
                   s->ops->grants->all(s, load_grant, &load, e) && s->ops->crls->list(s, load_crl, &load, e), e))
        return err_in(e, "loading the trusted certificates");
    *ret = (struct trust_rows){ load.anchors, load.anchors_len, load.crls, load.crls_len, generation };
    return true;
}
