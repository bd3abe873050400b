/* tests/unit/store/kept.h - a fresh store for each test, of whichever backend a factory makes.
 * The conformance tests (conform_*.c) know nothing of a backend; every backend must pass them all. */
#pragma once
#include "base/arena.h"
#include "base/seal.h"
#include "store/audit.h"
#include "store/crl.h"
#include "store/endpoint.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/grant.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/sealed.h"
#include "store/setting.h"
#include "store/store.h"
#include "unit/check.h"

struct kept_factory {
    const char *name;
    void (*url)(const char *dir, char *ret, size_t size); /* of a store in a fresh directory */
};

extern const struct kept_factory kept_sqlite; /* in kept.c */

struct kept {
    const struct kept_factory *factory;
    char dir[64], url[128];
    struct seal_keys *keys;
    struct store_source *src;
    struct store *s, *other; /* two handles */
    struct arena arena;
};

int kept_set_up(void **state);    /* *state: the factory; becomes the struct kept */
int kept_tear_down(void **state);
void kept_reopen(struct kept *k); /* as after a restart */

#define CONFORM(name, factory) \
    { #name, name, kept_set_up, kept_tear_down, (void *)(uintptr_t)(factory) }

/* Each conform_<kind>.c ends in one of these. */
#define CONFORM_GROUP(kind, ...)                                                        \
    int conform_##kind(const struct kept_factory *f);                                   \
    int conform_##kind(const struct kept_factory *f)                                    \
    {                                                                                   \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };                              \
        char group[64];                                                                 \
        (void)snprintf(group, sizeof(group), "store_%s_%s", f->name, #kind);            \
        return cmocka_run_group_tests_name(group, tests, NULL, NULL);                   \
    }

/* One change in a transaction of its own. */
#define CHANGE_OK(k, call, e)                                       \
    do {                                                            \
        CHECK_OK(store_begin((k)->s, STORE_WRITE, e), e);           \
        CHECK_OK(call, e);                                          \
        CHECK_OK(store_commit((k)->s, e), e);                       \
    } while (0)
/* One that is refused; then nothing changed. */
#define CHANGE_FAILS(k, call, e, kind)                              \
    do {                                                            \
        CHECK_OK(store_begin((k)->s, STORE_WRITE, e), e);           \
        CHECK_FAILS(call, e, kind);                                 \
        CHECK_OK(store_commit((k)->s, e), e);                       \
    } while (0)

extern const struct store_by kept_by; /* administrator@System from 10.0.0.7, at KEPT_NOW */
#define KEPT_NOW INT64_C(1795428000000)

/* A certificate as the store sees one: bytes. Different for each number; ret_len is at least 300. */
const uint8_t *kept_der(unsigned number, size_t *ret_len);
void kept_sha256(unsigned number, uint8_t ret[DIGEST_SHA256]);

/* Grants certificate `number`; alias "cert <number>" when NULL. */
bool kept_grant(struct store *s, const char *owner, const char *alias, const char *scope, unsigned number,
                char ret_id[STORE_ID_MAX + 1], struct err *e);
uint64_t kept_generation(struct kept *k);
uint64_t kept_count(struct kept *k, const struct store_grant_query *q);

/* Nothing that the store keeps has been harmed. */
void kept_is_sound(struct kept *k);
