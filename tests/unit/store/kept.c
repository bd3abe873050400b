#include "unit/store/kept.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void sqlite_url(const char *dir, char *ret, size_t size)
{
    (void)snprintf(ret, size, "sqlite:%s/store.db", dir);
}

const struct kept_factory kept_sqlite = { "sqlite", sqlite_url };

const struct store_by kept_by = { "administrator@System", "10.0.0.7", "test.flow", KEPT_NOW };

int kept_set_up(void **state)
{
    struct err e;
    struct kept *k = calloc(1, sizeof(*k));
    k->factory = *state;
    /* Memory where there is some: what fsync costs is no business of these tests (tests/e2e has the real disk). */
    bool memory = access("/dev/shm", W_OK) == 0;
    (void)snprintf(k->dir, sizeof(k->dir), "%s/store-XXXXXX", memory ? "/dev/shm" : "/tmp");
    CHECK(mkdtemp(k->dir));
    k->factory->url(k->dir, k->url, sizeof(k->url));
    k->keys = seal_keys_create();
    struct secret key = { 0 };
    secret_random(&key, SEAL_KEY);
    CHECK_OK(seal_keys_add(k->keys, &key, &e), &e);
    secret_done(&key);
    struct store_opened opened;
    CHECK_OK(store_source_open(k->url, STORE_OPEN_CREATE, k->keys, &k->src, &opened, &e), &e);
    CHECK_EQ(opened.from, 0);
    CHECK(opened.to >= 1);
    CHECK_STR(opened.copy, "");
    CHECK_OK(store_open(k->src, &k->s, &e), &e);
    CHECK_OK(store_open(k->src, &k->other, &e), &e);
    *state = k;
    return 0;
}

static void close_all(struct kept *k)
{
    k->s = store_close(k->s);
    k->other = store_close(k->other);
    k->src = store_source_close(k->src);
}

void kept_reopen(struct kept *k)
{
    struct err e;
    close_all(k);
    CHECK_OK(store_source_open(k->url, STORE_OPEN_EXISTING, k->keys, &k->src, NULL, &e), &e);
    CHECK_OK(store_open(k->src, &k->s, &e), &e);
    CHECK_OK(store_open(k->src, &k->other, &e), &e);
}

int kept_tear_down(void **state)
{
    struct kept *k = *state;
    close_all(k);
    seal_keys_destroy(k->keys);
    arena_done(&k->arena);
    DIR *dir = opendir(k->dir);
    CHECK(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    CHECK_EQ(rmdir(k->dir), 0);
    free(k);
    return 0;
}

const uint8_t *kept_der(unsigned number, size_t *ret_len)
{
    static uint8_t bytes[600];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + number * 13 + (number >> (i % 24)));
    memcpy(bytes, &number, sizeof(number));
    *ret_len = 300 + number % 300;
    return bytes;
}

void kept_sha256(unsigned number, uint8_t ret[DIGEST_SHA256])
{
    size_t len;
    const uint8_t *der = kept_der(number, &len);
    digest_sha256(der, len, ret);
}

bool kept_grant(struct store *s, const char *owner, const char *alias, const char *scope, unsigned number,
                char ret_id[STORE_ID_MAX + 1], struct err *e)
{
    struct trust_scope parsed;
    struct store_grant_data data = { .alias = alias, .scope = &parsed };
    char name[32];
    (void)snprintf(name, sizeof(name), "cert %u", number);
    if (!alias)
        data.alias = name;
    CHECK_OK(trust_scope_parse(scope, &parsed, e), e);
    data.der = kept_der(number, &data.der_len);
    return store_grant_add(s, owner, &data, &kept_by, ret_id, e);
}

uint64_t kept_generation(struct kept *k)
{
    struct err e;
    uint64_t generation = 0;
    CHECK_OK(store_generation(k->other, &generation, &e), &e);
    return generation;
}

uint64_t kept_count(struct kept *k, const struct store_grant_query *q)
{
    struct err e;
    uint64_t count = 0;
    CHECK_OK(store_grant_count(k->s, q, &count, &e), &e);
    return count;
}

void kept_is_sound(struct kept *k)
{
    struct err e;
    struct buf findings;
    buf_init(&findings, 10000);
    CHECK_OK(store_check(k->s, &findings, &e), &e);
    CHECK_STR(buf_str(&findings), "");
    buf_done(&findings);
}
