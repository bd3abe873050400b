#include "flow/publisher.h"

#include <pthread.h>

#include "fixture/mint.h"
#include "store/grant.h"
#include "trust/set.h"
#include "unit/flow/world.h"

static void grant(struct world *w, const struct mint_made *cert, const char *alias)
{
    struct err e;
    struct trust_scope any;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(trust_scope_parse("any", &any, &e), &e);
    const struct store_grant_data d = { alias, &any, cert->der, cert->len };
    AUTO(loan_end) struct loan l = { 0 };
    CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
    CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e);
    CHECK_OK(store_grant_add(l.store, STORE_SYSTEM, &d, &kept_by, id, &e), &e);
    CHECK_OK(store_commit(l.store, &e), &e);
}

static size_t live_anchors(struct world *w)
{
    AUTO(trust_set_unrefp) struct trust_set *s = trust_live_get(w->live);
    return trust_set_count(s);
}

static void what_was_committed_is_live_after_sync(void **state)
{
    struct world *w = *state;
    struct err e;
    AUTO(mint_destroyp) struct mint *m = mint_create();
    CHECK_EQ(live_anchors(w), 0);
    for (unsigned i = 0; i < 5; i++) {
        char alias[16];
        (void)snprintf(alias, sizeof(alias), "ca %u", i);
        grant(w, mint_root(m, "/CN=CA", MINT_P256 + (int)i), alias);
        CHECK_OK(publisher_sync(w->publisher, &e), &e);
        CHECK_EQ(live_anchors(w), i + 1);
        CHECK_EQ(publisher_generation(w->publisher), i + 1);
    }
    uint64_t before = publisher_generation(w->publisher);
    CHECK_OK(publisher_sync(w->publisher, &e), &e); /* nothing changed, nothing was built */
    CHECK_EQ(publisher_generation(w->publisher), before);
}

/* What another process committed is noticed without a call. */
struct notice {
    pthread_mutex_t lock;
    pthread_cond_t came;
    uint64_t generation;
};

static void noticed(void *self, uint64_t generation)
{
    struct notice *n = self;
    (void)pthread_mutex_lock(&n->lock);
    n->generation = generation;
    (void)pthread_cond_signal(&n->came);
    (void)pthread_mutex_unlock(&n->lock);
}

static void a_change_from_elsewhere_is_noticed(void **state)
{
    struct world *w = *state;
    struct err e;
    struct notice n = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
    AUTO(mint_destroyp) struct mint *m = mint_create();
    AUTO(trust_live_destroyp) struct trust_live *live = trust_live_create(trust_set_create(&(struct trust_rows){ 0 }, NULL));
    const struct publisher_config c = { .shelf = w->shelf, .live = live, .swapped = noticed, .self = &n };
    AUTO(publisher_destroyp) struct publisher *p = NULL;
    CHECK_OK(publisher_create(&c, &p, &e), &e);
    grant(w, mint_root(m, "/CN=CA", MINT_P256), "ca");
    (void)pthread_mutex_lock(&n.lock);
    while (n.generation != 1)
        (void)pthread_cond_wait(&n.came, &n.lock);
    (void)pthread_mutex_unlock(&n.lock);
    AUTO(trust_set_unrefp) struct trust_set *s = trust_live_get(live);
    CHECK_EQ(trust_set_count(s), 1);
}

static void a_loan_goes_back_clean(void **state)
{
    struct world *w = *state;
    struct err e;
    struct store *first;
    {
        AUTO(loan_end) struct loan l = { 0 };
        CHECK_OK(loan_begin(w->shelf, &l, &e), &e);
        CHECK_OK(store_begin(l.store, STORE_WRITE, &e), &e); /* and never ended */
        first = l.store;
    }
    AUTO(loan_end) struct loan again = { 0 }, other = { 0 };
    CHECK_OK(loan_begin(w->shelf, &again, &e), &e);
    CHECK(again.store == first);
    CHECK_OK(loan_begin(w->shelf, &other, &e), &e);
    CHECK(other.store != first);
    CHECK_OK(store_begin(again.store, STORE_WRITE, &e), &e);
    CHECK_OK(store_commit(again.store, &e), &e);
}

GROUP(flow_publisher, WITH_WORLD(what_was_committed_is_live_after_sync), WITH_WORLD(a_change_from_elsewhere_is_noticed),
      WITH_WORLD(a_loan_goes_back_clean))
