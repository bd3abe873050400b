#include "unit/flow/world.h"

#include <stdlib.h>

#include "flow/host_table.h"
#include "net/pool.h"
#include "net/resolve.h"
#include "trust/proofs.h"
#include "trust/set.h"

int world_set_up(void **state)
{
    struct err e;
    struct world *w = calloc(1, sizeof(*w));
    void *kept = (void *)(uintptr_t)&kept_sqlite;
    CHECK_EQ(kept_set_up(&kept), 0);
    w->kept = kept;
    w->shelf = loan_shelf_create(w->kept->src);
    w->live = trust_live_create(trust_set_create(&(struct trust_rows){ 0 }, NULL));
    const struct publisher_config p = { .shelf = w->shelf, .live = w->live };
    CHECK_OK(publisher_create(&p, &w->publisher, &e), &e);
    const struct pool_config threads = { "test", 4, 1000 };
    w->pool = pool_create(&threads, &e);
    CHECK_OK(w->pool, &e);
    w->resolver = resolver_create(NULL, RESOLVE_AUTO, w->pool);
    w->site = (struct site){
        .shelf = w->shelf, .publisher = w->publisher, .live = w->live, .resolver = w->resolver, .pool = w->pool,
        .base_url = "https://cell.example", .cell_urn = "urn:vcloud:cell:11111111-1111-4111-8111-111111111111",
        .cell_name = "cell.example", .cell_address = "192.0.2.1", .data_dir = w->kept->dir, .allow_lab = true,
        .session_idle_ms = 30 * 60 * 1000, .host_table = host_table_create(), .proofs = trust_proofs_create(),
    };
    w->admin = (struct caller){
        .user = "urn:vcloud:user:22222222-2222-4222-8222-222222222222", .user_name = "administrator",
        .org = "urn:vcloud:org:33333333-3333-4333-8333-333333333333", .org_name = "System", .from = "10.0.0.7", .system = true,
        .rights = UINT64_MAX, .who = "administrator@System",
    };
    *state = w;
    return 0;
}

int world_tear_down(void **state)
{
    struct world *w = *state;
    pool_destroy(w->pool);
    host_table_destroy(w->site.host_table);
    trust_proofs_destroy(w->site.proofs);
    resolver_destroy(w->resolver);
    publisher_destroy(w->publisher);
    trust_live_destroy(w->live);
    loan_shelf_destroy(w->shelf);
    void *kept = w->kept;
    CHECK_EQ(kept_tear_down(&kept), 0);
    free(w);
    return 0;
}
