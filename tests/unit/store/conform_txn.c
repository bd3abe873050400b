#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/kept.h"

static void what_is_aborted_was_never_there(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    uint64_t lines;
    uint8_t head[DIGEST_SHA256];
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    store_abort(k->s);
    store_abort(k->s);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ 0 }), 0);
    CHECK_EQ(kept_generation(k), 0);
    CHECK_OK(store_audit_head(k->s, &lines, head, &e), &e);
    CHECK_EQ(lines, 0);
    size_t len;
    const uint8_t *der;
    uint8_t sha256[DIGEST_SHA256];
    kept_sha256(1, sha256);
    CHECK_FAILS(store_cert_get(k->s, sha256, &k->arena, &der, &len, &e), &e, ERR_NOT_FOUND);
    kept_is_sound(k);
}

static void nobody_sees_a_change_before_its_commit(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct store_grant g;
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_OK(store_grant_get(k->s, id, &k->arena, &g, &e), &e);
    CHECK_FAILS(store_grant_get(k->other, id, &k->arena, &g, &e), &e, ERR_NOT_FOUND);
    CHECK_EQ(kept_generation(k), 0);
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK_OK(store_grant_get(k->other, id, &k->arena, &g, &e), &e);
    CHECK_EQ(kept_generation(k), 1);
}

static void a_read_sees_one_moment(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    uint64_t count;
    CHECK_OK(store_begin(k->other, STORE_READ, &e), &e);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_OK(store_grant_count(k->other, &(struct store_grant_query){ 0 }, &count, &e), &e);
    CHECK_EQ(count, 0);
    CHECK_EQ(kept_generation(k), 0);
    store_abort(k->other);
    CHECK_EQ(kept_generation(k), 1);
}

struct told {
    char words[200];
};

static void tell(void *self, const char *kind)
{
    struct told *t = self;
    (void)snprintf(t->words + strlen(t->words), sizeof(t->words) - strlen(t->words), "%s ", kind ? kind : "*");
}

static bool put_kind(struct kept *k, const char *kind, struct err *e)
{
    const struct store_record r = { .kind = kind, .id = "urn:x:1", .owner = "", .name = "", .state = "", .made_ms = 1, .data = "" };
    return store_record_put(k->s, &r, e);
}

/* Each kind once, after the commit, and nothing of what was aborted. */
static void who_watches_is_told(void **state)
{
    struct kept *k = *state;
    struct told t = { "" };
    struct err e;
    char id[STORE_ID_MAX + 1];
    store_source_watch(k->src, tell, &t);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(put_kind(k, "task", &e), &e);
    store_abort(k->s);
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(put_kind(k, "flow", &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_OK(put_kind(k, "flow", &e), &e);
    CHECK_STR(t.words, "");
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK_STR(t.words, "flow grant audit ");
    t.words[0] = '\0';
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    for (int i = 0; i < 20; i++) {
        char kind[16];
        (void)snprintf(kind, sizeof(kind), "kind-%c", 'a' + i);
        CHECK_OK(put_kind(k, kind, &e), &e);
    }
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK(strstr(t.words, "kind-a ") && strstr(t.words, "* ")); /* more than it notes: anything */
    store_source_watch(k->src, NULL, NULL);
}

static void a_change_needs_its_transaction(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHECK_FAILS(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e, ERR_INTERNAL);
    CHECK_FAILS(store_generation_raise(k->s, &e), &e, ERR_INTERNAL);
    CHECK_FAILS(store_commit(k->s, &e), &e, ERR_INTERNAL);
    CHECK_OK(store_begin(k->s, STORE_READ, &e), &e);
    CHECK_FAILS(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e, ERR_INTERNAL);
    CHECK_FAILS(store_begin(k->s, STORE_WRITE, &e), &e, ERR_INTERNAL);
    CHECK_FAILS(store_backup(k->s, "/tmp/never-written", &e), &e, ERR_INTERNAL);
    store_abort(k->s);
    CHECK_FAILS(store_begin(k->s, STORE_NONE, &e), &e, ERR_INTERNAL);
    CHECK_EQ(kept_generation(k), 0);
}

static void a_refusal_leaves_the_rest_of_a_transaction(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, "a", "any", 1, id, &e), &e);
    CHECK_FAILS(kept_grant(k->s, STORE_SYSTEM, "b", "any", 1, id, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(kept_grant(k->s, STORE_SYSTEM, "", "any", 2, id, &e), &e, ERR_INPUT);
    CHECK_FAILS(store_grant_remove(k->s, "urn:nobody", &kept_by, &e), &e, ERR_NOT_FOUND);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, "c", "any", 2, id, &e), &e);
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ 0 }), 2);
    CHECK_EQ(kept_generation(k), 2);
    kept_is_sound(k);
}

struct reentrant {
    struct store *s;
    unsigned refused;
};

static bool call_back(void *self, const struct store_grant *g, struct err *e)
{
    struct reentrant *r = self;
    struct err mine;
    uint64_t n;
    (void)g;
    (void)e;
    CHECK_FAILS(store_generation(r->s, &n, &mine), &mine, ERR_INTERNAL);
    CHECK_FAILS(store_generation_raise(r->s, &mine), &mine, ERR_INTERNAL);
    CHECK_FAILS(store_commit(r->s, &mine), &mine, ERR_INTERNAL);
    store_abort(r->s); /* does nothing */
    r->refused++;
    return true;
}

static void a_list_is_not_called_into(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1];
    struct reentrant r = { k->s, 0 };
    CHECK_OK(store_begin(k->s, STORE_WRITE, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    CHECK_OK(kept_grant(k->s, STORE_SYSTEM, NULL, "any", 2, id, &e), &e);
    CHECK_OK(store_grant_list(k->s, &(struct store_grant_query){ 0 }, call_back, &r, &e), &e);
    CHECK_EQ(r.refused, 2);
    CHECK_OK(store_commit(k->s, &e), &e);
    CHECK_EQ(kept_count(k, &(struct store_grant_query){ 0 }), 2);
}

static void everything_is_there_after_a_restart(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], identity[RANDOM_UUID];
    struct store_grant g;
    (void)snprintf(identity, sizeof(identity), "%s", store_identity(k->s));
    CHECK_EQ(strlen(identity), RANDOM_UUID - 1);
    CHECK_STR(store_identity(k->other), identity);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    kept_reopen(k);
    CHECK_STR(store_identity(k->s), identity);
    CHECK_EQ(kept_generation(k), 1);
    CHECK_OK(store_grant_get(k->s, id, &k->arena, &g, &e), &e);
    CHANGE_OK(k, store_generation_raise(k->s, &e), &e);
    CHECK_EQ(kept_generation(k), 2);
    kept_is_sound(k);
}

static void it_is_opened_as_it_is(void **state)
{
    struct kept *k = *state;
    struct err e;
    struct store_source *again = NULL;
    struct store_opened opened;
    CHECK_FAILS(store_source_open(k->url, STORE_OPEN_CREATE, NULL, &again, NULL, &e), &e, ERR_CONFLICT);
    CHECK_OK(store_source_open(k->url, STORE_OPEN_MIGRATE, NULL, &again, &opened, &e), &e);
    CHECK_EQ(opened.from, opened.to);
    CHECK_STR(opened.copy, "");
    store_source_close(again);
    static const char *const bad[] = { "", "sqlite", "sqlite:", "sqlite:relative.db", "file:/tmp/x",
                                       "mysql://u:secret@h/d", "SQLITE:/tmp/x" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CHECK_FAILS(store_source_open(bad[i], STORE_OPEN_CREATE, NULL, &again, NULL, &e), &e, ERR_INPUT);
        CHECK(!strstr(e.msg, "secret"));
    }
}

static void a_backup_is_a_store(void **state)
{
    struct kept *k = *state;
    struct err e;
    char id[STORE_ID_MAX + 1], path[128], url[160];
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 1, id, &e), &e);
    (void)snprintf(path, sizeof(path), "%s/copy.db", k->dir);
    CHECK_OK(store_begin(k->other, STORE_WRITE, &e), &e); /* a writer is at work: it neither waits nor is copied */
    CHECK_OK(store_generation_raise(k->other, &e), &e);
    CHECK_OK(store_backup(k->s, path, &e), &e);
    store_abort(k->other);
    struct stat st;
    CHECK_EQ(stat(path, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
    CHECK_FAILS(store_backup(k->s, path, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(store_backup(k->s, "/nowhere/copy.db", &e), &e, ERR_STORE);
    CHECK_FAILS(store_backup(k->s, "copy.db", &e), &e, ERR_INPUT);
    CHANGE_OK(k, kept_grant(k->s, STORE_SYSTEM, NULL, "any", 2, id, &e), &e);

    struct store_source *src;
    struct store *copy;
    uint64_t n;
    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    CHECK_OK(store_source_open(url, STORE_OPEN_EXISTING, NULL, &src, NULL, &e), &e);
    CHECK_OK(store_open(src, &copy, &e), &e);
    CHECK_STR(store_identity(copy), store_identity(k->s));
    CHECK_OK(store_grant_count(copy, &(struct store_grant_query){ 0 }, &n, &e), &e);
    CHECK_EQ(n, 1);
    CHECK_OK(store_generation(copy, &n, &e), &e);
    CHECK_EQ(n, 1);
    struct buf findings;
    buf_init(&findings, 1000);
    CHECK_OK(store_check(copy, &findings, &e), &e);
    CHECK_STR(buf_str(&findings), "");
    buf_done(&findings);
    store_close(copy);
    store_source_close(src);
}

CONFORM_GROUP(txn, CONFORM(who_watches_is_told, f), CONFORM(what_is_aborted_was_never_there, f), CONFORM(nobody_sees_a_change_before_its_commit, f),
              CONFORM(a_read_sees_one_moment, f), CONFORM(a_change_needs_its_transaction, f),
              CONFORM(a_refusal_leaves_the_rest_of_a_transaction, f), CONFORM(a_list_is_not_called_into, f),
              CONFORM(everything_is_there_after_a_restart, f), CONFORM(it_is_opened_as_it_is, f),
              CONFORM(a_backup_is_a_store, f))
