/* An archive says the same whole and byte by byte; names lead nowhere, no byte is counted twice, and nothing is an end but zeros. */
#include "wire/tar.h"

#include <string.h>

#include "fuzz/fuzz.h"

struct told {
    uint64_t files, names, taken, frame;
    bool bad, whole;
};

static void count_name(struct told *t, const struct tar_file *f)
{
    size_t len = strlen(f->name);
    MUST(len && len <= TAR_FILE_NAME_MAX && !strpbrk(f->name, "/\\\n") && strcmp(f->name, "..") && strcmp(f->name, "."));
    MUST(f->size <= INT64_MAX);
    t->files++;
    for (size_t i = 0; i < len; i++)
        t->names = t->names * 31 + (unsigned char)f->name[i];
}

static void feed(struct tar *tar, struct told *t, const uint8_t *p, size_t len)
{
    while (len && !t->bad) {
        size_t used;
        enum tar_event event = tar_read(tar, p, len, &used, NULL);
        MUST(used <= len);
        t->bad = event == TAR_BAD;
        t->frame += t->bad ? 0 : used;
        if (event == TAR_FILE)
            count_name(t, &tar->file);
        if (event == TAR_DATA) {
            size_t n = len - used < tar->left ? len - used : (size_t)tar->left;
            MUST(n && tar->left);
            tar_take(tar, n);
            t->taken += n;
            used += n;
        }
        p += used;
        len -= used;
    }
}

static struct told read_all(const uint8_t *data, size_t len, size_t step)
{
    struct told t = { 0 };
    struct tar tar;
    tar_init(&tar);
    for (size_t at = 0; at < len; at += step)
        feed(&tar, &t, data + at, len - at < step ? len - at : step);
    t.whole = !t.bad && tar_ends(&tar, NULL);
    tar_done(&tar);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct told whole = read_all(data, len, len ? len : 1), bytes = read_all(data, len, 1);
    MUST(whole.files == bytes.files && whole.names == bytes.names && whole.taken == bytes.taken);
    MUST(whole.bad == bytes.bad && whole.whole == bytes.whole);
    MUST(whole.bad || whole.frame + whole.taken == len);
    return 0;
}
