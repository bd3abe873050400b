#include "flow/pulse.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pulse {
    pthread_mutex_t lock;
    struct ring ears;
    size_t len;
    bool closed;
};

/* What clients are told by one word. Several kinds of records may be one thing to them. */
static const char *const names[] = { "advisory", "audit", "catalog", "console", "event", "grant", "host", "inbox", "nsx",
                                     "session", "settings", "task", "vcenter", "vm" };

/* Sorted by the store's word. */
static const struct {
    const char *kind, *name;
} shown[] = {
    { "advisory", "advisory" },
    { "audit", "audit" },
    { "catalog", "catalog" },
    { "catalog-item", "catalog" },
    { "console", "console" },
    { "crl", "host" },
    { "endpoint", "host" },
    { "event", "event" },
    { "grant", "grant" },
    { "inbox", "inbox" },
    { "media", "catalog" },
    { "nsx", "nsx" },
    { "session", "session" },
    { "setting", "settings" },
    { "task", "task" },
    { "vapp", "vm" },
    { "vapptemplate", "catalog" },
    { "vcenter", "vcenter" },
    { "vcenter-state", "vcenter" },
    { "vcenter-trust", "vcenter" },
    { "vdc", "vm" },
    { "vm", "vm" },
};

static uint32_t bit_of(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return UINT32_C(1) << i;
    return 0;
}

static uint32_t bits_of(const char *kind)
{
    if (!kind)
        return (UINT32_C(1) << ARRAY_LEN(names)) - 1;
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        if (strcmp(shown[i].kind, kind) == 0)
            return bit_of(shown[i].name);
    return 0;
}

const char *pulse_name(unsigned bit)
{
    return bit < ARRAY_LEN(names) ? names[bit] : NULL;
}

struct pulse *pulse_create(void)
{
    struct pulse *p = xcalloc(1, sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    ring_init(&p->ears);
    return p;
}

struct pulse *pulse_destroy(struct pulse *p)
{
    if (!p)
        return NULL;
    pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

/* Under the lock. */
static void tell(struct pulse *p, uint32_t bits)
{
    for (struct ring *r = p->ears.next; r != &p->ears; r = r->next) {
        struct pulse_ear *ear = CONTAINER_OF(r, struct pulse_ear, ring);
        bool asleep = !ear->heard;
        ear->heard |= bits;
        if (asleep)
            ear->woke(ear);
    }
}

void pulse_beat(struct pulse *p, const char *kind)
{
    uint32_t bits = bits_of(kind);
    if (!bits)
        return;
    pthread_mutex_lock(&p->lock);
    if (!p->closed)
        tell(p, bits);
    pthread_mutex_unlock(&p->lock);
}

bool pulse_listen(struct pulse *p, struct pulse_ear *ear)
{
    pthread_mutex_lock(&p->lock);
    bool open = !p->closed && p->len < PULSE_EARS_MAX;
    ear->heard = 0;
    if (open) {
        ring_put(&p->ears, &ear->ring);
        p->len++;
    }
    pthread_mutex_unlock(&p->lock);
    return open;
}

void pulse_leave(struct pulse *p, struct pulse_ear *ear)
{
    pthread_mutex_lock(&p->lock);
    if (ring_member(&ear->ring)) {
        ring_take(&ear->ring);
        p->len--;
    }
    pthread_mutex_unlock(&p->lock);
}

uint32_t pulse_take(struct pulse *p, struct pulse_ear *ear, bool *ret_closed)
{
    pthread_mutex_lock(&p->lock);
    uint32_t heard = ear->heard;
    ear->heard = 0;
    *ret_closed = p->closed;
    pthread_mutex_unlock(&p->lock);
    return heard;
}

void pulse_close(struct pulse *p)
{
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    tell(p, (UINT32_C(1) << ARRAY_LEN(names)) - 1);
    pthread_mutex_unlock(&p->lock);
}
