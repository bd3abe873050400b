#include "bench/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/drive.h"

static uint8_t *read_whole(const char *path, size_t *ret_len)
{
    FILE *in = fopen(path, "rb");
    bench_must(in != NULL, "opening the corpus");
    bench_must(fseek(in, 0, SEEK_END) == 0, "fseek");
    long len = ftell(in);
    bench_must(len > 0 && fseek(in, 0, SEEK_SET) == 0, "ftell");
    uint8_t *bytes = malloc((size_t)len);
    bench_must(bytes != NULL && fread(bytes, 1, (size_t)len, in) == (size_t)len, "reading the corpus");
    (void)fclose(in);
    *ret_len = (size_t)len;
    return bytes;
}

static const uint8_t *take(const uint8_t *at, const uint8_t *end, struct corpus_item *ret)
{
    uint32_t len = 0;
    bench_must((size_t)(end - at) >= sizeof(len), "a length in the corpus");
    memcpy(&len, at, sizeof(len));
    at += sizeof(len);
    bench_must((size_t)(end - at) >= len, "an item of the corpus");
    *ret = (struct corpus_item){ .der = at, .len = len };
    return at + len;
}

void corpus_read(struct corpus *c, const char *path)
{
    size_t len = 0;
    *c = (struct corpus){ .bytes = read_whole(path, &len) };
    const uint8_t *at = c->bytes, *end = c->bytes + len;
    for (size_t i = 0; i < CORPUS_LEAVES; i++)
        at = take(at, end, &c->leaves[i]);
    c->anchors = calloc(CORPUS_ANCHORS_MAX, sizeof(*c->anchors));
    bench_must(c->anchors != NULL, "calloc");
    while (at < end) {
        bench_must(c->anchors_len < CORPUS_ANCHORS_MAX, "the corpus's size");
        at = take(at, end, &c->anchors[c->anchors_len++]);
    }
    bench_must(c->anchors_len > 0, "anchors in the corpus");
}

void corpus_done(struct corpus *c)
{
    free(c->anchors);
    free(c->bytes);
    *c = (struct corpus){ 0 };
}
