#include "unit/flow/place.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/pool.h"
#include "store/store.h"

static struct store *open_failing(struct store_source *src, struct err *e)
{
    struct place *p = CONTAINER_OF(src, struct place, source);
    struct store *s;
    return store_open(p->inner, &s, e) ? store_fail_join(s, &p->plan) : NULL;
}

static void process_start(struct place *p)
{
    struct err e;
    const struct pool_config c = { "test", 1, 1000 };
    CHECK((p->pool = pool_create(&c, &e)));
    p->shelf = loan_shelf_create(&p->source);
    p->table = vcenter_table_create(p->reach);
    p->rests = task_rests_create();
    p->transfers = transfer_table_create();
    p->site = (struct site){ .shelf = p->shelf, .pool = p->pool, .vcenters = p->table, .rests = p->rests,
                             .transfers = p->transfers, .base_url = "https://cell.example",
                             .cell_urn = "urn:vcloud:cell:1", .cell_name = "cell.example" };
}

static void process_end(struct place *p)
{
    place_settle(p);
    p->pool = pool_destroy(p->pool);
    p->rests = task_rests_destroy(p->rests);
    p->transfers = transfer_table_destroy(p->transfers);
    p->table = vcenter_table_destroy(p->table);
    p->shelf = loan_shelf_destroy(p->shelf);
}

void place_start(struct place *p, const struct vcenter_reach *reach)
{
    struct err e;
    AUTO(secret_done) struct secret key = { 0 };
    *p = (struct place){ .source = { .open = open_failing }, .reach = reach };
    bool memory = access("/dev/shm", W_OK) == 0;
    (void)snprintf(p->dir, sizeof(p->dir), "%s/place-XXXXXX", memory ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(p->dir));
    (void)snprintf(p->url, sizeof(p->url), "sqlite:%s/store.db", p->dir);
    p->keys = seal_keys_create();
    secret_random(&key, SEAL_KEY);
    CHECK_OK(seal_keys_add(p->keys, &key, &e), &e);
    p->source.keys = p->keys;
    CHECK_OK(store_source_open(p->url, STORE_OPEN_CREATE, p->keys, &p->inner, NULL, &e), &e);
    p->admin = (struct caller){ .user = "urn:vcloud:user:1", .user_name = "administrator", .org = "urn:vcloud:org:1",
                                .org_name = "System", .from = "10.0.0.7", .system = true, .rights = UINT64_MAX,
                                .who = "administrator@System" };
    process_start(p);
}

void place_stop(struct place *p)
{
    process_end(p);
    p->inner = store_source_close(p->inner);
    seal_keys_destroy(p->keys);
    arena_done(&p->arena);
    static const char *const files[] = { "", "-wal", "-shm" };
    char path[160];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/store.db%s", p->dir, files[i]);
        (void)unlink(path);
    }
    CHECK_EQ(rmdir(p->dir), 0);
}

void place_restart(struct place *p)
{
    process_end(p);
    place_kill_at(p, 0);
    process_start(p);
}

/* The pool has one thread: what it takes last is done last. */
struct flag {
    struct pool_job job;
    pthread_mutex_t lock;
    pthread_cond_t set;
    bool done;
};

static void raise_flag(struct pool_job *j)
{
    struct flag *f = CONTAINER_OF(j, struct flag, job);
    (void)pthread_mutex_lock(&f->lock);
    f->done = true;
    (void)pthread_cond_signal(&f->set);
    (void)pthread_mutex_unlock(&f->lock);
}

static void nothing(struct pool_job *j)
{
    (void)j;
}

void place_settle(struct place *p)
{
    struct err e;
    struct flag f = { .job = { .work = nothing, .destroy = raise_flag }, .lock = PTHREAD_MUTEX_INITIALIZER,
                      .set = PTHREAD_COND_INITIALIZER };
    CHECK_OK(pool_run(p->pool, &f.job, &e), &e);
    (void)pthread_mutex_lock(&f.lock);
    while (!f.done)
        (void)pthread_cond_wait(&f.set, &f.lock);
    (void)pthread_mutex_unlock(&f.lock);
}

void place_kill_at(struct place *p, unsigned at)
{
    p->plan = (struct store_fail_plan){ .at = at, .how = STORE_FAIL_DEAD };
}

struct store *place_store(struct place *p)
{
    struct err e;
    struct store *s = NULL;
    CHECK_OK(store_open(p->inner, &s, &e), &e);
    return s;
}
