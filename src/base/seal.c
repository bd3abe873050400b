#include "base/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sodium_ready.h"
#include "base/text.h"

/* The sealed form: format, key id, nonce, ciphertext with tag. */
enum {
    FORMAT = 1,
    ID_BYTES = 8,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD = 1 + ID_BYTES + NONCE,
    AAD_MAX = SEAL_TABLE_MAX + 1 + SEAL_ROW_MAX + 1 + SEAL_ID,
};

static_assert(HEAD + TAG == SEAL_OVERHEAD, "the header says what sealing adds");
static_assert((int)SEAL_KEY == (int)crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one key size");

struct seal_keys {
    size_t len;
    struct {
        struct secret key; /* owned */
        uint8_t id[ID_BYTES];
        char text[SEAL_ID];
    } at[SEAL_KEYS_MAX];
};

struct seal_keys *seal_keys_create(void)
{
    sodium_ready();
    return xcalloc(1, sizeof(struct seal_keys));
}

struct seal_keys *seal_keys_destroy(struct seal_keys *k)
{
    if (!k)
        return NULL;
    for (size_t i = 0; i < k->len; i++)
        secret_done(&k->at[i].key);
    free(k);
    return NULL;
}

bool seal_keys_add(struct seal_keys *k, const struct secret *key, struct err *e)
{
    static const char purpose[] = "vouchsafe master key id 1";
    if (key->len != SEAL_KEY)
        return err_set(e, ERR_INPUT, "a master key has %d bytes, this one %zu", SEAL_KEY, key->len);
    uint8_t digest[crypto_generichash_BYTES];
    if (crypto_generichash(digest, sizeof(digest), (const uint8_t *)purpose, sizeof(purpose) - 1, key->bytes, key->len))
        return err_set(e, ERR_INTERNAL, "deriving the id of a master key failed");
    char text[SEAL_ID];
    text_hex(digest, ID_BYTES, text);
    if (seal_keys_hold(k, text))
        return err_set(e, ERR_CONFLICT, "master key %s is held already", text);
    if (k->len == SEAL_KEYS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d master keys", SEAL_KEYS_MAX);
    if (!secret_set(&k->at[k->len].key, key->bytes, key->len, e))
        return false;
    memcpy(k->at[k->len].id, digest, ID_BYTES);
    memcpy(k->at[k->len].text, text, SEAL_ID);
    k->len++;
    return true;
}

const char *seal_keys_current(const struct seal_keys *k)
{
    return k->len ? k->at[0].text : "";
}

bool seal_keys_hold(const struct seal_keys *k, const char *id)
{
    for (size_t i = 0; i < k->len; i++)
        if (strcmp(k->at[i].text, id) == 0)
            return true;
    return false;
}

/* "<table>|<row>|<key id>": one reading only, for a table has no '|' and the id has a fixed length. */
static bool bound_to(const char *table, const char *row, const char *id, char aad[AAD_MAX], size_t *ret_len,
                     struct err *e)
{
    size_t table_len = strlen(table), row_len = strlen(row);
    if (!table_len || table_len > SEAL_TABLE_MAX || strchr(table, '|') || !row_len || row_len > SEAL_ROW_MAX)
        return err_set(e, ERR_INPUT, "a sealed value needs a table (no '|') and a row, of at most %d and %d bytes",
                       SEAL_TABLE_MAX, SEAL_ROW_MAX);
    int len = snprintf(aad, AAD_MAX, "%s|%s|%s", table, row, id);
    assert(len > 0 && len < AAD_MAX);
    *ret_len = (size_t)len;
    return true;
}

bool seal_close(const struct seal_keys *k, const char *table, const char *row, const struct secret *plain,
                struct buf *out, struct err *e)
{
    char aad[AAD_MAX];
    size_t aad_len;
    uint8_t *at;
    if (!k->len)
        return err_set(e, ERR_DENIED, "no master key is held, so nothing can be sealed");
    if (!bound_to(table, row, k->at[0].text, aad, &aad_len, e) || !buf_reserve(out, plain->len + SEAL_OVERHEAD, &at, e))
        return false;
    uint8_t *nonce = at + 1 + ID_BYTES;
    at[0] = FORMAT;
    memcpy(at + 1, k->at[0].id, ID_BYTES);
    randombytes_buf(nonce, NONCE);
    static const uint8_t nothing[1];
    if (crypto_aead_xchacha20poly1305_ietf_encrypt(at + HEAD, NULL, plain->bytes ? plain->bytes : nothing, plain->len,
                                                   (const uint8_t *)aad, aad_len, NULL, nonce, k->at[0].key.bytes))
        return err_set(e, ERR_INTERNAL, "sealing failed");
    buf_commit(out, plain->len + SEAL_OVERHEAD);
    return true;
}

bool seal_key_id(const uint8_t *sealed, size_t len, char ret[SEAL_ID])
{
    if (len < SEAL_OVERHEAD || len > SEAL_MAX || sealed[0] != FORMAT)
        return false;
    text_hex(sealed + 1, ID_BYTES, ret);
    return true;
}

bool seal_open(const struct seal_keys *k, const char *table, const char *row, const uint8_t *sealed, size_t len,
               struct secret *ret, struct err *e)
{
    char aad[AAD_MAX], id[SEAL_ID];
    size_t aad_len, i = 0;
    if (!seal_key_id(sealed, len, id))
        return err_set(e, ERR_STORE, "%s of %s: not a sealed value of this format", table, row);
    while (i < k->len && strcmp(k->at[i].text, id) != 0)
        i++;
    if (i == k->len)
        return err_set(e, ERR_DENIED, "%s of %s is sealed with master key %s, which is not held", table, row, id);
    AUTO(secret_done) struct secret plain = { 0 };
    if (!bound_to(table, row, id, aad, &aad_len, e) || !secret_room(&plain, len - SEAL_OVERHEAD, e))
        return false;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.bytes, NULL, NULL, sealed + HEAD, len - HEAD,
                                                   (const uint8_t *)aad, aad_len, sealed + 1 + ID_BYTES,
                                                   k->at[i].key.bytes))
        return err_set(e, ERR_STORE, "%s of %s: the sealed value is damaged or belongs elsewhere", table, row);
    secret_done(ret);
    *ret = plain;
    plain = (struct secret){ 0 };
    return true;
}

bool seal_key_read(const char *path, struct secret *ret, struct err *e)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hang the start. */
    AUTO(file_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, errno, "opening the master key %s", path);
    struct stat st;
    if (fstat(fd, &st))
        return err_sys(e, ERR_STORE, errno, "looking at the master key %s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "the master key %s is not a regular file", path);
    if (st.st_uid != geteuid())
        return err_set(e, ERR_DENIED, "the master key %s belongs to user %u, not to us (%u)", path,
                       (unsigned)st.st_uid, (unsigned)geteuid());
    unsigned mode = st.st_mode & 07777;
    if (mode != 0400 && mode != 0600)
        return err_set(e, ERR_DENIED, "the master key %s has mode %04o; it must be 0400 or 0600", path, mode);
    if (st.st_size != SEAL_KEY)
        return err_set(e, ERR_INPUT, "the master key %s has %lld bytes, not %d", path, (long long)st.st_size, SEAL_KEY);
    AUTO(secret_done) struct secret key = { 0 };
    if (!secret_room(&key, SEAL_KEY, e) || !file_read_exactly(fd, key.bytes, SEAL_KEY, e))
        return err_in(e, "reading the master key %s", path);
    secret_done(ret);
    *ret = key;
    key = (struct secret){ 0 };
    return true;
}

bool seal_key_create(const char *path, struct err *e)
{
    AUTO(secret_done) struct secret key = { 0 };
    secret_random(&key, SEAL_KEY);
    AUTO(file_closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0)
        return err_sys(e, errno == EEXIST ? ERR_CONFLICT : ERR_STORE, errno, "creating the master key %s", path);
    if (!file_write_all(fd, key.bytes, key.len, e) || !file_sync(fd, e) || !file_sync_parent(path, e)) {
        (void)unlink(path); /* half a key would only be refused later */
        return err_in(e, "writing the master key %s", path);
    }
    return true;
}
