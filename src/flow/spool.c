#include "flow/spool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ring.h"
#include "base/text.h"
#include "flow/turns.h"
#include "flow/voucher.h"
#include "trust/rule.h"

enum { PATH_LEN = 4096 };

struct spool {
    char dir[PATH_LEN];
    struct turns *turns;
    uint64_t bytes_max;
    int64_t idle_ms;
    pthread_mutex_t lock; /* of what follows, and of each entry's inside */
    struct ring entries;
    uint64_t bytes;
};

/* What an entry is beside what others read of it. */
struct entry {
    struct spool_entry shown; /* first */
    struct spool *spool;
    struct ring ring;         /* in spool->entries, from its beginning until its files are gone */
    unsigned refs;
    bool published, dropped, withdrawn;
    int64_t used_ms;
    uint64_t bytes;           /* counted for it */
    int fd;                   /* of the file that is written; -1 */
    size_t cap;
    struct vouchers vouchers; /* the filling thread's; once it is published nobody changes it */
};

static struct entry *of(struct spool_entry *n)
{
    return CONTAINER_OF(n, struct entry, shown);
}

/* ---- the folder ---- */

/* A folder of ours and the plain files in it; what is missing is fine. */
static void remove_folder(const char *path)
{
    char inner[PATH_LEN];
    DIR *d = opendir(path);
    for (const struct dirent *it; d && (it = readdir(d));) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        if (strcmp(it->d_name, ".") != 0 && strcmp(it->d_name, "..") != 0 &&
            snprintf(inner, sizeof(inner), "%s/%s", path, it->d_name) < (int)sizeof(inner))
            (void)unlink(inner);
    if (d)
        (void)closedir(d);
    if (rmdir(path) != 0 && errno != ENOENT)
        LOG(WARN, "spool.kept", "path=\"%s\" error=\"%s\"", path, strerror(errno));
}

static bool empty(const struct spool *s, struct err *e)
{
    char path[PATH_LEN];
    if (mkdir(s->dir, 0700) != 0 && errno != EEXIST)
        return err_sys(e, ERR_STORE, errno, "making %s", s->dir);
    int fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); /* a link could have anything swept */
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        file_closep(&fd);
        return err_sys(e, ERR_STORE, errno, "opening %s", s->dir);
    }
    for (const struct dirent *it; (it = readdir(d));) /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        if (it->d_name[0] != '.' && snprintf(path, sizeof(path), "%s/%s", s->dir, it->d_name) < (int)sizeof(path) && unlink(path) != 0)
            remove_folder(path);
    (void)closedir(d);
    return true;
}

bool spool_create(const struct spool_config *c, struct spool **ret, struct err *e)
{
    struct spool *s = xcalloc(1, sizeof(*s));
    s->bytes_max = c->bytes_max ? c->bytes_max : SPOOL_BYTES_MAX;
    s->idle_ms = c->idle_ms ? c->idle_ms : SPOOL_IDLE_MS;
    ring_init(&s->entries);
    s->turns = turns_create(SPOOL_AT_ONCE);
    (void)pthread_mutex_init(&s->lock, NULL);
    int len = snprintf(s->dir, sizeof(s->dir), "%s/spool", c->data_dir);
    if ((len >= 0 && len < (int)sizeof(s->dir)) ? empty(s, e) : err_set(e, ERR_INPUT, "data_dir is too long")) {
        *ret = s;
        return true;
    }
    (void)spool_destroy(s);
    return false;
}

/* ---- its entries ---- */

/* Out of the table already; without the lock. */
static void remove_entry(struct entry *n)
{
    struct spool *s = n->spool;
    char path[PATH_LEN];
    file_closep(&n->fd);
    if (snprintf(path, sizeof(path), "%s/%s", s->dir, n->shown.id) < (int)sizeof(path))
        remove_folder(path);
    (void)pthread_mutex_lock(&s->lock);
    s->bytes -= n->bytes;
    (void)pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n->shown.files_len; i++) {
        freep(&n->shown.files[i].name);
        freep(&n->shown.files[i].path);
    }
    free(n->shown.files);
    freep(&n->shown.entity);
    freep(&n->shown.org);
    vouchers_done(&n->vouchers);
    free(n);
}

static bool is_over(const struct entry *n, int64_t now_ms)
{
    return !n->refs && (n->dropped || !n->published || now_ms - n->used_ms >= n->spool->idle_ms);
}

void spool_sweep(struct spool *s, int64_t now_ms)
{
    struct ring gone, *r;
    ring_init(&gone);
    (void)pthread_mutex_lock(&s->lock);
    for (struct ring *at = s->entries.next, *next; at != &s->entries; at = next) {
        next = at->next;
        if (!is_over(CONTAINER_OF(at, struct entry, ring), now_ms))
            continue;
        ring_take(at);
        ring_put(&gone, at);
    }
    (void)pthread_mutex_unlock(&s->lock);
    while ((r = ring_pop(&gone))) {
        struct entry *n = CONTAINER_OF(r, struct entry, ring);
        LOG(INFO, "spool.removed", "id=%s entity=%s bytes=%" PRIu64, n->shown.id, n->shown.entity, n->bytes);
        remove_entry(n);
    }
}

struct spool *spool_destroy(struct spool *s)
{
    struct ring *r;
    if (!s)
        return NULL;
    while ((r = ring_pop(&s->entries))) {
        assert(!CONTAINER_OF(r, struct entry, ring)->refs);
        remove_entry(CONTAINER_OF(r, struct entry, ring));
    }
    (void)turns_destroy(s->turns);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

/* ---- filling ---- */

bool spool_begin(struct spool *s, const char *entity, const char *org, struct spool_entry **ret, struct err *e)
{
    struct entry *n = xcalloc(1, sizeof(*n));
    char path[PATH_LEN];
    random_uuid(n->shown.id);
    n->shown.entity = xstrdup(entity);
    n->shown.org = xstrdup(org);
    n->shown.made_ms = clock_wall_ms();
    n->spool = s;
    n->fd = -1;
    n->refs = 1;
    bool ok = (snprintf(path, sizeof(path), "%s/%s", s->dir, n->shown.id) < (int)sizeof(path) || err_set(e, ERR_INPUT, "data_dir is too long")) &&
              (mkdir(path, 0700) == 0 || err_sys(e, ERR_STORE, errno, "making a folder in the spool"));
    if (!ok) {
        remove_entry(n);
        return false;
    }
    (void)pthread_mutex_lock(&s->lock);
    ring_put(&s->entries, &n->ring);
    (void)pthread_mutex_unlock(&s->lock);
    *ret = &n->shown;
    return true;
}

static bool check_name(const struct spool_entry *n, const char *name, struct err *e)
{
    size_t len = strlen(name);
    if (!len || len > SPOOL_NAME_MAX || name[0] == '.' || strchr(name, '/') || strchr(name, '\\') || strstr(name, ".."))
        return err_set(e, ERR_INPUT, "no name for a file that is downloaded");
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return err_set(e, ERR_INPUT, "a name for a file that is downloaded has a control character");
    if (spool_file(n, name))
        return err_set(e, ERR_INPUT, "two files that are downloaded have the name %s", name);
    return n->files_len < SPOOL_FILES_MAX || err_set(e, ERR_LIMIT, "a download has more than %d files", SPOOL_FILES_MAX);
}

bool spool_add(struct spool_entry *shown, const char *name, struct err *e)
{
    struct entry *n = of(shown);
    char path[PATH_LEN];
    assert(n->fd < 0 && !n->published);
    if (!check_name(shown, name, e))
        return false;
    if (snprintf(path, sizeof(path), "%s/%s/%zu", n->spool->dir, shown->id, shown->files_len) >= (int)sizeof(path))
        return err_set(e, ERR_INPUT, "data_dir is too long");
    n->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (n->fd < 0)
        return err_sys(e, ERR_STORE, errno, "making a file in the spool");
    if (shown->files_len == n->cap) {
        n->cap = n->cap ? 2 * n->cap : 8;
        shown->files = xreallocarray(shown->files, n->cap, sizeof(*shown->files));
    }
    shown->files[shown->files_len++] = (struct spool_file){ xstrdup(name), xstrdup(path), 0 };
    return true;
}

/* Counts them for the entry, or there is no room. */
static bool reserve(struct entry *n, size_t len)
{
    struct spool *s = n->spool;
    (void)pthread_mutex_lock(&s->lock);
    bool fits = len <= s->bytes_max - s->bytes;
    if (fits) {
        s->bytes += len;
        n->bytes += len;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return fits;
}

bool spool_write(struct spool_entry *shown, const void *p, size_t len, struct err *e)
{
    struct entry *n = of(shown);
    const uint8_t *at = p;
    assert(n->fd >= 0);
    if (!reserve(n, len)) {
        spool_sweep(n->spool, clock_mono_ms()); /* what nobody wants any more makes room */
        if (!reserve(n, len))
            return err_set(e, ERR_LIMIT, "the spool for downloads is full: it holds at most %" PRIu64 " bytes", n->spool->bytes_max);
    }
    for (size_t left = len; left;) {
        ssize_t done = write(n->fd, at, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_sys(e, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_STORE, errno, "writing to the spool for downloads");
        at += done;
        left -= (size_t)done;
    }
    shown->files[shown->files_len - 1].size += len;
    return true;
}

bool spool_whole(struct spool_entry *shown, struct err *e)
{
    struct entry *n = of(shown);
    assert(n->fd >= 0);
    int failed = close(n->fd);
    n->fd = -1;
    return !failed || err_sys(e, ERR_STORE, errno, "writing to the spool for downloads");
}

void spool_vouch(struct spool_entry *shown, const struct gate_target *t, const struct chain *c, int64_t since_ms)
{
    assert(!of(shown)->published);
    vouchers_add(&of(shown)->vouchers, t, c, since_ms);
}

void spool_publish(struct spool_entry *shown, int64_t now_ms)
{
    struct entry *n = of(shown);
    assert(n->fd < 0);
    spool_drop(n->spool, shown->entity);
    (void)pthread_mutex_lock(&n->spool->lock);
    n->published = true;
    n->used_ms = now_ms;
    (void)pthread_mutex_unlock(&n->spool->lock);
}

/* ---- reading ---- */

typedef bool match_fn(const struct entry *n, const char *what);

static bool has_entity(const struct entry *n, const char *what)
{
    return strcmp(n->shown.entity, what) == 0;
}

static bool has_id(const struct entry *n, const char *what)
{
    return strcmp(n->shown.id, what) == 0;
}

/* Under the lock. */
static struct entry *look_up(const struct spool *s, match_fn *match, const char *what)
{
    for (struct ring *r = s->entries.next; r != &s->entries; r = r->next) {
        struct entry *n = CONTAINER_OF(r, struct entry, ring);
        if (n->published && !n->dropped && match(n, what))
            return n;
    }
    return NULL;
}

static struct spool_entry *take(struct spool *s, match_fn *match, const char *what, int64_t now_ms)
{
    (void)pthread_mutex_lock(&s->lock);
    struct entry *n = look_up(s, match, what);
    if (n) {
        n->refs++;
        n->used_ms = now_ms > n->used_ms ? now_ms : n->used_ms;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return n ? &n->shown : NULL;
}

struct spool_entry *spool_find(struct spool *s, const char *entity)
{
    return take(s, has_entity, entity, 0);
}

struct spool_entry *spool_open(struct spool *s, const char *id, int64_t now_ms)
{
    return take(s, has_id, id, now_ms);
}

void spool_used(struct spool_entry *shown, int64_t now_ms)
{
    struct entry *n = of(shown);
    (void)pthread_mutex_lock(&n->spool->lock);
    n->used_ms = now_ms > n->used_ms ? now_ms : n->used_ms;
    (void)pthread_mutex_unlock(&n->spool->lock);
}

const struct spool_file *spool_file(const struct spool_entry *n, const char *name)
{
    for (size_t i = 0; i < n->files_len; i++)
        if (strcmp(n->files[i].name, name) == 0)
            return &n->files[i];
    return NULL;
}

struct spool_entry *spool_ref(struct spool_entry *shown)
{
    struct entry *n = of(shown);
    (void)pthread_mutex_lock(&n->spool->lock);
    n->refs++;
    (void)pthread_mutex_unlock(&n->spool->lock);
    return shown;
}

struct spool_entry *spool_unref(struct spool_entry *shown)
{
    if (!shown)
        return NULL;
    struct entry *n = of(shown);
    struct spool *s = n->spool; /* the entry may be swept as soon as it is let go */
    (void)pthread_mutex_lock(&s->lock);
    n->refs--;
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- trust ---- */

bool spool_decide(struct spool_entry *shown, const struct trust_set *set, struct trust_verdict *ret)
{
    struct entry *n = of(shown);
    if (vouchers_hold(&n->vouchers, set, ret))
        return true;
    (void)pthread_mutex_lock(&n->spool->lock);
    n->dropped = n->withdrawn = true;
    (void)pthread_mutex_unlock(&n->spool->lock);
    LOG(INFO, "spool.withdrawn", "id=%s entity=%s rule=%s subject=\"%s\"", shown->id, shown->entity, trust_rule_code(ret->rule), ret->subject);
    return false;
}

/* Of what is published, each with a reference; to be freed. */
static struct entry **hold_all(struct spool *s, size_t *ret_len)
{
    size_t most = 0, len = 0;
    (void)pthread_mutex_lock(&s->lock);
    for (const struct ring *r = s->entries.next; r != &s->entries; r = r->next)
        most++;
    struct entry **list = xcalloc(most + 1, sizeof(struct entry *));
    for (struct ring *r = s->entries.next; r != &s->entries; r = r->next) {
        struct entry *n = CONTAINER_OF(r, struct entry, ring);
        if (!n->published || n->withdrawn)
            continue;
        n->refs++;
        list[len++] = n;
    }
    (void)pthread_mutex_unlock(&s->lock);
    *ret_len = len;
    return list;
}

size_t spool_review(struct spool *s, const struct trust_set *set)
{
    size_t len, withdrawn = 0;
    struct entry **list = hold_all(s, &len);
    for (size_t i = 0; i < len; i++) {
        struct trust_verdict v;
        withdrawn += !spool_decide(&list[i]->shown, set, &v);
        (void)spool_unref(&list[i]->shown);
    }
    free(list);
    return withdrawn;
}

bool spool_withdrawn(struct spool_entry *shown)
{
    struct entry *n = of(shown);
    (void)pthread_mutex_lock(&n->spool->lock);
    bool is = n->withdrawn;
    (void)pthread_mutex_unlock(&n->spool->lock);
    return is;
}

void spool_drop(struct spool *s, const char *entity)
{
    (void)pthread_mutex_lock(&s->lock);
    struct entry *n = look_up(s, has_entity, entity);
    if (n)
        n->dropped = true;
    (void)pthread_mutex_unlock(&s->lock);
}

void spool_count(struct spool *s, struct spool_counts *ret)
{
    *ret = (struct spool_counts){ 0 };
    (void)pthread_mutex_lock(&s->lock);
    ret->bytes = s->bytes;
    ret->bytes_max = s->bytes_max;
    for (const struct ring *r = s->entries.next; r != &s->entries; r = r->next) {
        const struct entry *n = CONTAINER_OF(r, const struct entry, ring);
        ret->entries++;
        ret->files += n->shown.files_len;
    }
    (void)pthread_mutex_unlock(&s->lock);
    turns_count(s->turns, &ret->filling, &ret->waiting);
}

struct turns *spool_turns(struct spool *s)
{
    return s->turns;
}
