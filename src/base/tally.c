#include "base/tally.h"

#include <sodium.h>
#include <string.h>

#include "base/random.h"

_Static_assert(sizeof(crypto_onetimeauth_state) <= TALLY_STATE, "Poly1305's state fits");

static crypto_onetimeauth_state *state_of(struct tally *t)
{
    return (crypto_onetimeauth_state *)(void *)t->state;
}

static void begin(struct tally *t)
{
    (void)crypto_onetimeauth_init(state_of(t), t->key);
}

void tally_start(struct tally *t)
{
    random_bytes(t->key, sizeof(t->key));
    begin(t);
}

void tally_start_like(struct tally *ret, const struct tally *t)
{
    memcpy(ret->key, t->key, sizeof(ret->key));
    begin(ret);
}

void tally_add(struct tally *t, const void *p, size_t len)
{
    (void)crypto_onetimeauth_update(state_of(t), p, len);
}

static void tag(const struct tally *t, uint8_t out[TALLY_TAG])
{
    struct tally copy = *t;
    (void)crypto_onetimeauth_final(state_of(&copy), out);
    sodium_memzero(&copy, sizeof(copy));
}

bool tally_equal(const struct tally *a, const struct tally *b)
{
    uint8_t x[TALLY_TAG], y[TALLY_TAG];
    tag(a, x);
    tag(b, y);
    return sodium_memcmp(x, y, sizeof(x)) == 0;
}
