#include "base/seal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "unit/check.h"

/* Two keys, of which `first` seals; and "hunter2" sealed for one row. */
struct fixture {
    struct seal_keys *keys;
    struct secret first, second, plain;
    struct buf sealed;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct err e;
    f = (struct fixture){ .keys = seal_keys_create() };
    secret_random(&f.first, SEAL_KEY);
    secret_random(&f.second, SEAL_KEY);
    buf_init(&f.sealed, SEAL_MAX);
    CHECK_OK(secret_set(&f.plain, "hunter2", 7, &e), &e);
    CHECK_OK(seal_keys_add(f.keys, &f.first, &e), &e);
    CHECK_OK(seal_keys_add(f.keys, &f.second, &e), &e);
    CHECK_OK(seal_close(f.keys, "password", "urn:1", &f.plain, &f.sealed, &e), &e);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    seal_keys_destroy(f->keys);
    secret_done(&f->first);
    secret_done(&f->second);
    secret_done(&f->plain);
    buf_done(&f->sealed);
    return 0;
}

static void refuse(const struct fixture *f, const char *table, const char *row, const uint8_t *sealed, size_t len,
                   enum err_kind kind)
{
    struct err e;
    struct secret out = { 0 };
    CHECK_FAILS(seal_open(f->keys, table, row, sealed, len, &out, &e), &e, kind);
    CHECK(!out.bytes);
}

static void another_row_does_not_open_it(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *table, *row;
    } others[] = { { "password", "urn:2" }, { "password", "urn:" }, { "token", "urn:1" }, { "password", "urn:1|" },
                   { "passwor", "d|urn:1" } };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse(f, others[i].table, others[i].row, f->sealed.data, f->sealed.len, ERR_STORE);
}

static void another_key_id_does_not_open_it(void **state)
{
    struct fixture *f = *state;
    struct err e;
    AUTO(seal_keys_destroyp) struct seal_keys *swapped = seal_keys_create();
    CHECK_OK(seal_keys_add(swapped, &f->second, &e), &e);
    struct buf by_second;
    buf_init(&by_second, SEAL_MAX);
    CHECK_OK(seal_close(swapped, "password", "urn:1", &f->plain, &by_second, &e), &e);
    struct secret out = { 0 };
    CHECK_FAILS(seal_open(swapped, "password", "urn:1", f->sealed.data, f->sealed.len, &out, &e), &e, ERR_DENIED);
    /* A held key's id written over the right one: still refused. */
    memcpy(f->sealed.data + 1, by_second.data + 1, 8);
    refuse(f, "password", "urn:1", f->sealed.data, f->sealed.len, ERR_STORE);
    buf_done(&by_second);
}

static void any_flipped_bit_is_noticed(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->sealed.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            f->sealed.data[i] ^= (uint8_t)(1u << bit);
            /* In the key id it names a key that nobody holds; anywhere else it is damage. */
            refuse(f, "password", "urn:1", f->sealed.data, f->sealed.len, i >= 1 && i <= 8 ? ERR_DENIED : ERR_STORE);
            f->sealed.data[i] ^= (uint8_t)(1u << bit);
        }
    }
}

static void any_cut_is_noticed(void **state)
{
    struct fixture *f = *state;
    for (size_t len = 0; len < f->sealed.len; len++)
        refuse(f, "password", "urn:1", f->sealed.data, len, ERR_STORE);
    uint8_t longer[128] = { 0 };
    memcpy(longer, f->sealed.data, f->sealed.len);
    refuse(f, "password", "urn:1", longer, f->sealed.len + 1, ERR_STORE);
}

static void senseless_calls_are_refused(void **state)
{
    struct fixture *f = *state;
    struct err e;
    struct buf out;
    char row[SEAL_ROW_MAX + 2];
    memset(row, 'r', sizeof(row) - 1);
    row[sizeof(row) - 1] = '\0';
    buf_init(&out, SEAL_MAX);
    CHECK_FAILS(seal_close(f->keys, "a|b", "row", &f->plain, &out, &e), &e, ERR_INPUT);
    CHECK_FAILS(seal_close(f->keys, "", "row", &f->plain, &out, &e), &e, ERR_INPUT);
    CHECK_FAILS(seal_close(f->keys, "table", "", &f->plain, &out, &e), &e, ERR_INPUT);
    CHECK_FAILS(seal_close(f->keys, "table", row, &f->plain, &out, &e), &e, ERR_INPUT);
    AUTO(seal_keys_destroyp) struct seal_keys *none = seal_keys_create();
    CHECK_STR(seal_keys_current(none), "");
    CHECK_FAILS(seal_close(none, "table", "row", &f->plain, &out, &e), &e, ERR_DENIED);
    struct buf small;
    buf_init(&small, 55);
    CHECK_FAILS(seal_close(f->keys, "table", "row", &f->plain, &small, &e), &e, ERR_LIMIT);
    CHECK_EQ(small.len, 0);
    CHECK_FAILS(seal_keys_add(f->keys, &f->first, &e), &e, ERR_CONFLICT);
    CHECK_FAILS(seal_keys_add(f->keys, &f->plain, &e), &e, ERR_INPUT);
    buf_done(&out);
    buf_done(&small);
}

static void opens_what_each_key_sealed(void **state)
{
    struct fixture *f = *state;
    struct err e;
    char id[SEAL_ID];
    CHECK(seal_key_id(f->sealed.data, f->sealed.len, id));
    CHECK_STR(id, seal_keys_current(f->keys));
    CHECK(seal_keys_hold(f->keys, id));
    CHECK(!seal_keys_hold(f->keys, "0123456789abcdef"));
    /* A rotation: the second key comes first, what the first sealed still opens. */
    AUTO(seal_keys_destroyp) struct seal_keys *turned = seal_keys_create();
    CHECK_OK(seal_keys_add(turned, &f->second, &e), &e);
    CHECK_OK(seal_keys_add(turned, &f->first, &e), &e);
    struct secret out = { 0 };
    CHECK_OK(seal_open(turned, "password", "urn:1", f->sealed.data, f->sealed.len, &out, &e), &e);
    CHECK(secret_equal(&out, &f->plain));
    secret_done(&out);
    struct buf again;
    buf_init(&again, SEAL_MAX);
    CHECK_OK(seal_close(f->keys, "password", "urn:1", &f->plain, &again, &e), &e);
    CHECK(memcmp(again.data, f->sealed.data, again.len) != 0); /* a fresh nonce each time */
    buf_done(&again);
}

static void seals_from_nothing_to_the_cap(void **state)
{
    struct fixture *f = *state;
    struct err e;
    static const size_t sizes[] = { 0, 1, 63, 64, 65, SECRET_MAX };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct secret plain = { 0 }, out = { 0 };
        struct buf b;
        buf_init(&b, SEAL_MAX);
        secret_random(&plain, sizes[i]);
        CHECK_OK(seal_close(f->keys, "t", "r", &plain, &b, &e), &e);
        CHECK_EQ(b.len, sizes[i] + SEAL_OVERHEAD);
        CHECK_OK(seal_open(f->keys, "t", "r", b.data, b.len, &out, &e), &e);
        CHECK(secret_equal(&plain, &out));
        secret_done(&plain);
        secret_done(&out);
        buf_done(&b);
    }
}

static void as_many_keys_as_it_says(void **state)
{
    (void)state;
    struct err e;
    AUTO(seal_keys_destroyp) struct seal_keys *k = seal_keys_create();
    struct secret key = { 0 };
    for (int i = 0; i < SEAL_KEYS_MAX; i++) {
        secret_random(&key, SEAL_KEY);
        CHECK_OK(seal_keys_add(k, &key, &e), &e);
    }
    secret_random(&key, SEAL_KEY);
    CHECK_FAILS(seal_keys_add(k, &key, &e), &e, ERR_LIMIT);
    secret_done(&key);
}

static void put_file(const char *path, size_t len, mode_t mode)
{
    struct err e;
    static const uint8_t bytes[64] = { 1, 2, 3 };
    (void)unlink(path);
    AUTO(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0);
    CHECK_OK(file_write_all(fd, bytes, len, &e), &e);
    CHECK_EQ(fchmod(fd, mode), 0);
}

static void key_files_are_checked_before_they_are_read(void **state)
{
    (void)state;
    struct err e;
    struct secret key = { 0 };
    char dir[] = "/tmp/seal-XXXXXX", path[64];
    CHECK(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/key", dir);
    CHECK_FAILS(seal_key_read(path, &key, &e), &e, ERR_NOT_FOUND);
    CHECK_FAILS(seal_key_read(dir, &key, &e), &e, ERR_INPUT);
    CHECK_EQ(mkfifo(path, 0600), 0);
    CHECK_FAILS(seal_key_read(path, &key, &e), &e, ERR_INPUT);
    static const mode_t modes[] = { 0000, 0200, 0440, 0404, 0640, 0604, 0644, 0700, 0500, 04600, 01600, 0777 };
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        put_file(path, SEAL_KEY, modes[i]);
        CHECK_FAILS(seal_key_read(path, &key, &e), &e, ERR_DENIED);
    }
    static const size_t sizes[] = { 0, 1, SEAL_KEY - 1, SEAL_KEY + 1, 64 };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        put_file(path, sizes[i], 0400);
        CHECK_FAILS(seal_key_read(path, &key, &e), &e, ERR_INPUT);
    }
    if (geteuid() == 0) { /* only root can make a file that is somebody else's */
        put_file(path, SEAL_KEY, 0400);
        CHECK_EQ(chown(path, 65534, 65534), 0);
        CHECK_FAILS(seal_key_read(path, &key, &e), &e, ERR_DENIED);
    }
    CHECK(!key.bytes);
    put_file(path, SEAL_KEY, 0600);
    CHECK_OK(seal_key_read(path, &key, &e), &e);
    CHECK_EQ(key.len, SEAL_KEY);
    CHECK(key.bytes[0] == 1 && key.bytes[2] == 3 && key.bytes[31] == 0);
    secret_done(&key);
    (void)unlink(path);
    (void)rmdir(dir);
}

static void a_made_key_reads_back_and_is_not_replaced(void **state)
{
    (void)state;
    struct err e;
    struct secret key = { 0 }, again = { 0 };
    char dir[] = "/tmp/seal-XXXXXX", path[64];
    struct stat st;
    CHECK(mkdtemp(dir));
    (void)snprintf(path, sizeof(path), "%s/none/key", dir);
    CHECK_FAILS(seal_key_create(path, &e), &e, ERR_STORE);
    (void)snprintf(path, sizeof(path), "%s/key", dir);
    CHECK_OK(seal_key_create(path, &e), &e);
    CHECK_EQ(stat(path, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0400);
    CHECK_OK(seal_key_read(path, &key, &e), &e);
    CHECK_FAILS(seal_key_create(path, &e), &e, ERR_CONFLICT);
    CHECK_OK(seal_key_read(path, &again, &e), &e);
    CHECK(secret_equal(&key, &again));
    secret_done(&key);
    secret_done(&again);
    (void)unlink(path);
    (void)rmdir(dir);
}

#define WITH_KEYS(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
GROUP(base_seal, WITH_KEYS(another_row_does_not_open_it), WITH_KEYS(another_key_id_does_not_open_it),
      WITH_KEYS(any_flipped_bit_is_noticed), WITH_KEYS(any_cut_is_noticed), WITH_KEYS(senseless_calls_are_refused),
      WITH_KEYS(opens_what_each_key_sealed), WITH_KEYS(seals_from_nothing_to_the_cap),
      cmocka_unit_test(as_many_keys_as_it_says), cmocka_unit_test(key_files_are_checked_before_they_are_read),
      cmocka_unit_test(a_made_key_reads_back_and_is_not_replaced))
