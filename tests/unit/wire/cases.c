#include "unit/wire/cases.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "unit/check.h"

static void read_file(const char *path, struct buf *out)
{
    struct err e;
    uint8_t block[4096];
    size_t len;
    FILE *f = fopen(path, "rb");
    if (!f)
        return;
    while ((len = fread(block, 1, sizeof(block), f)) > 0)
        CHECK_OK(buf_append(out, block, len, &e), &e);
    (void)fclose(f);
}

void cases_read(const char *folder, const char *name, const char *suffix, struct buf *out)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s/%s%s", WIRE_DATA, folder, name, suffix);
    read_file(path, out);
}

void cases_golden(const char *folder, const char *name, const struct buf *out)
{
    struct buf want;
    buf_init(&want, CASE_MAX);
    cases_read(folder, name, ".out", &want);
    if (strcmp(buf_str(&want), buf_str(out)) && getenv("CASES_WRITE")) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s/%s.out", WIRE_DATA, folder, name);
        FILE *f = fopen(path, "wb");
        CHECK(f && fputs(buf_str(out), f) >= 0 && fclose(f) == 0);
    } else if (strcmp(buf_str(&want), buf_str(out))) {
        fail_msg("%s/%s came out as:\n%s", folder, name, buf_str(out));
    }
    buf_done(&want);
}

size_t cases_each(const char *folder, const char *suffix, void (*fn)(void *ctx, const struct case_file *f), void *ctx)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", WIRE_DATA, folder);
    struct dirent **entries;
    size_t found = 0;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        fail_msg("%s can't be listed", path);
    for (int i = 0; i < count; i++) {
        char *name = entries[i]->d_name;
        size_t len = strlen(name), tail = strlen(suffix);
        if (len > tail && !strcmp(name + len - tail, suffix)) {
            struct buf content;
            buf_init(&content, CASE_MAX);
            name[len - tail] = '\0';
            cases_read(folder, name, suffix, &content);
            struct case_file f = { name, (const uint8_t *)buf_str(&content), content.len };
            fn(ctx, &f);
            buf_done(&content);
            found++;
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

/* The bytes in heap memory of exactly their size, so that the sanitizer sees a read past the end. */
static uint8_t *exact(const uint8_t *data, size_t len)
{
    return xmemdup(data, len);
}

static bool run_split(case_run *run, void *ctx, const uint8_t *data, size_t len, size_t at, struct buf *out)
{
    uint8_t *first = exact(data, at), *second = exact(data + at, len - at);
    const uint8_t *pieces[] = { first, second };
    size_t lens[] = { at, len - at };
    buf_clear(out);
    bool complete = run(ctx, pieces, lens, 2, out);
    free(first);
    free(second);
    return complete;
}

static bool run_bytes(case_run *run, void *ctx, const uint8_t *data, size_t len, struct buf *out)
{
    const uint8_t **pieces = xcalloc(len, sizeof(*pieces));
    size_t *lens = xcalloc(len, sizeof(*lens));
    for (size_t i = 0; i < len; i++) {
        pieces[i] = data + i;
        lens[i] = 1;
    }
    buf_clear(out);
    bool complete = run(ctx, pieces, lens, len, out);
    free(pieces);
    free(lens);
    return complete;
}

/* From one cut to the next. Only the inputs that reach a cap are longer than HEAD and TAIL together: what lies between
 * repeats itself, and is cut in some places only. */
static size_t stride(size_t at, size_t len)
{
    enum { HEAD = 300, TAIL = 100, PLACES = 32 };
    if (len <= HEAD + TAIL || at < HEAD || at >= len - TAIL)
        return 1;
    size_t step = (len - HEAD - TAIL) / PLACES + 1, left = len - TAIL - at;
    return step < left ? step : left;
}

bool cases_thrice(case_run *run, void *ctx, const char *name, const uint8_t *data, size_t len, size_t *complete_at,
                  struct buf *out)
{
    struct buf again;
    buf_init(&again, out->max);
    bool complete = run(ctx, &data, &len, 1, out);
    size_t end = complete ? *complete_at : len;
    for (size_t at = 0; at <= len; at += stride(at, len)) {
        if (run_split(run, ctx, data, len, at, &again) != complete || strcmp(buf_str(&again), buf_str(out)))
            fail_msg("%s split at %zu: \"%s\" instead of \"%s\"", name, at, buf_str(&again), buf_str(out));
    }
    if (run_bytes(run, ctx, data, len, &again) != complete || strcmp(buf_str(&again), buf_str(out)))
        fail_msg("%s byte by byte: \"%s\" instead of \"%s\"", name, buf_str(&again), buf_str(out));
    for (size_t at = 0; at < end; at += stride(at, end)) {
        uint8_t *part = exact(data, at);
        const uint8_t *pieces = part;
        buf_clear(&again);
        bool early = run(ctx, &pieces, &at, 1, &again);
        free(part);
        if (early)
            fail_msg("%s cut off at %zu is complete: \"%s\"", name, at, buf_str(&again));
    }
    buf_done(&again);
    return complete;
}
