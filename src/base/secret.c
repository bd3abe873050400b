#include "base/secret.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/sodium_ready.h"
#include "base/text.h"

static_assert((int)SECRET_HASH == (int)crypto_pwhash_STRBYTES, "a password hash fits");

/* Highest costs that are taken from a stored hash: a damaged row must not make a login eat the machine. */
enum { HASH_KIB_MAX = 1024 * 1024, HASH_PASSES_MAX = 16 };

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
    if (sodium_init() < 0)
        abort(); /* no source of randomness: nothing here could be honest */
}

void sodium_ready(void)
{
    (void)pthread_once(&once, start);
}

bool secret_room(struct secret *s, size_t len, struct err *e)
{
    if (len > SECRET_MAX)
        return err_set(e, ERR_LIMIT, "a secret of %zu bytes, more than %d", len, SECRET_MAX);
    sodium_ready();
    secret_done(s);
    s->bytes = sodium_malloc(len + 1);
    if (!s->bytes)
        abort(); /* out of memory, as in mem.c */
    memset(s->bytes, 0, len + 1); /* libsodium fills fresh memory with 0xdb */
    s->len = len;
    return true;
}

bool secret_set(struct secret *s, const void *p, size_t len, struct err *e)
{
    struct secret fresh = { 0 };
    if (!secret_room(&fresh, len, e))
        return false;
    if (len)
        memcpy(fresh.bytes, p, len);
    secret_done(s);
    *s = fresh;
    return true;
}

void secret_random(struct secret *s, size_t len)
{
    if (!secret_room(s, len, NULL))
        abort();
    randombytes_buf(s->bytes, len);
}

void secret_done(struct secret *s)
{
    sodium_free(s->bytes); /* wipes first */
    *s = (struct secret){ 0 };
}

bool secret_bytes_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && (a->len == 0 || secret_bytes_equal(a->bytes, b->bytes, a->len));
}

void secret_wipe(void *p, size_t len)
{
    sodium_memzero(p, len);
}

static void limits(enum secret_cost cost, unsigned long long *ret_passes, size_t *ret_bytes)
{
    bool moderate = cost == SECRET_COST_MODERATE;
    *ret_passes = moderate ? crypto_pwhash_OPSLIMIT_MODERATE : crypto_pwhash_OPSLIMIT_MIN;
    *ret_bytes = moderate ? crypto_pwhash_MEMLIMIT_MODERATE : crypto_pwhash_MEMLIMIT_MIN;
}

bool secret_password_hash(const struct secret *password, enum secret_cost cost, char ret[SECRET_HASH], struct err *e)
{
    if (password->len == 0)
        return err_set(e, ERR_INPUT, "the password is empty");
    if (password->len > SECRET_PASSWORD_MAX)
        return err_set(e, ERR_INPUT, "the password is longer than %d bytes", SECRET_PASSWORD_MAX);
    sodium_ready();
    unsigned long long passes;
    size_t bytes;
    limits(cost, &passes, &bytes);
    char hash[SECRET_HASH];
    if (crypto_pwhash_str(hash, (const char *)password->bytes, password->len, passes, bytes))
        return err_set(e, ERR_LIMIT, "no %zu MiB of memory to hash a password", bytes >> 20);
    memcpy(ret, hash, SECRET_HASH);
    return true;
}

/* "<digits><end>" at *at, within [1, max]; moves past it. */
static bool take_number(const char **at, char end, uint64_t max, uint64_t *ret)
{
    const char *stop = strchr(*at, end);
    char digits[16];
    if (!stop || stop == *at || (size_t)(stop - *at) >= sizeof(digits))
        return false;
    memcpy(digits, *at, (size_t)(stop - *at));
    digits[stop - *at] = '\0';
    *at = stop + 1;
    return text_number(digits, 1, max, ret);
}

/* "$argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<hash>" with costs that we are ready to pay. */
static bool sane(const char *hash, uint64_t *ret_kib, uint64_t *ret_passes)
{
    static const char head[] = "$argon2id$v=19$m=", lanes[] = "p=1$";
    if (strnlen(hash, SECRET_HASH) >= SECRET_HASH || strncmp(hash, head, sizeof(head) - 1) != 0)
        return false;
    const char *at = hash + sizeof(head) - 1;
    return take_number(&at, ',', HASH_KIB_MAX, ret_kib) && strncmp(at, "t=", 2) == 0 &&
           (at += 2, take_number(&at, ',', HASH_PASSES_MAX, ret_passes)) &&
           strncmp(at, lanes, sizeof(lanes) - 1) == 0;
}

bool secret_password_matches(const struct secret *password, const char *hash)
{
    uint64_t kib, passes;
    if (password->len == 0 || password->len > SECRET_PASSWORD_MAX || !sane(hash, &kib, &passes))
        return false;
    sodium_ready();
    char text[SECRET_HASH] = { 0 }; /* libsodium reads all of crypto_pwhash_STRBYTES */
    (void)text_copy(text, sizeof(text), hash);
    return crypto_pwhash_str_verify(text, (const char *)password->bytes, password->len) == 0;
}

bool secret_password_outdated(const char *hash, enum secret_cost cost)
{
    uint64_t kib, passes;
    unsigned long long want_passes;
    size_t want_bytes;
    limits(cost, &want_passes, &want_bytes);
    return !sane(hash, &kib, &passes) || kib != want_bytes / 1024 || passes != want_passes;
}
