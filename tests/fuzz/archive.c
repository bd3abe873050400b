/* An archive, whatever it is, gives at most what the caps allow, and names that stay in their place. */
#include "wire/archive.h"

#include <string.h>

#include "fuzz/fuzz.h"

enum { TOTAL = 256 * 1024 };

struct seen {
    size_t bytes, files;
};

static bool look(void *self, const struct wire_archive_file *f, struct err *e)
{
    struct seen *s = self;
    (void)e;
    s->bytes += f->len;
    s->files++;
    MUST(f->path[0] && f->path[0] != '/' && !strchr(f->path, '\\') && strncmp(f->path, "../", 3) && !strstr(f->path, "/../"));
    MUST(f->data[f->len] == 0 && s->bytes <= TOTAL);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct seen s = { 0 };
    struct err e = { 0 };
    struct wire_archive_limits limits = { .entries = 100, .total = TOTAL, .entry = TOTAL / 2 };
    bool ok = wire_archive_read(data, len, &limits, look, &s, &e);
    MUST(ok == (e.kind == ERR_NONE) && s.files <= 100);
    return 0;
}
