#include "cli/bundle.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/input.h"
#include "trust/cert.h"
#include "trust/set.h"

struct adding {
    struct bundle *bundle;
    struct arena *arena;
    enum trust_pem_kind kind;
};

static bool add(void *self, enum trust_pem_kind kind, const uint8_t *der, size_t len, struct err *e)
{
    (void)e;
    const struct adding *a = self;
    struct bundle *b = a->bundle;
    if (kind != a->kind)
        return true;
    if ((b->len & (b->len - 1)) == 0) { /* full at each power of two */
        struct bundle_item *more = arena_array(a->arena, b->len ? b->len * 2 : 1, sizeof(*more));
        if (b->len)
            memcpy(more, b->items, b->len * sizeof(*more));
        b->items = more;
    }
    b->items[b->len++] = (struct bundle_item){ kind, arena_memdup(a->arena, der, len), len };
    return true;
}

bool bundle_add(struct bundle *b, enum trust_pem_kind kind, const void *text, size_t len, struct arena *arena,
                struct err *e)
{
    struct adding adding = { b, arena, kind };
    return trust_pem_read(text, len, add, &adding, e);
}

bool bundle_files(struct bundle *b, enum trust_pem_kind kind, const struct arg_list *files, struct arena *arena,
                  struct err *e)
{
    for (size_t i = 0; i < files->len; i++) {
        AUTO(buf_done) struct buf text;
        buf_init(&text, TRUST_PEM_MAX);
        size_t before = b->len;
        char shown[120];
        text_escape(shown, sizeof(shown), files->items[i], strlen(files->items[i]));
        if (!input_file(files->items[i], &text, e))
            return false;
        if (!bundle_add(b, kind, text.data, text.len, arena, e))
            return err_in(e, "%s", shown);
        if (b->len == before)
            return err_set(e, ERR_INPUT, "%s: holds no %s", shown, kind == TRUST_PEM_CRL ? "CRL" : "certificate");
    }
    return true;
}

size_t bundle_decode(const struct bundle *b, struct trust_cert **chain, size_t *len, size_t max)
{
    size_t bad = 0;
    for (size_t i = 0; i < b->len && *len < max; i++) {
        struct err e;
        if (trust_cert_parse(b->items[i].der, b->items[i].len, &chain[*len], &e))
            (*len)++;
        else
            bad++;
    }
    return bad;
}

struct trust_set *bundle_trust(const struct bundle *anchors, const struct bundle *crls, struct arena *arena,
                               struct trust_set_report *report)
{
    struct trust_row *rows = arena_array(arena, anchors->len + 1, sizeof(*rows));
    struct trust_crl_row *crl_rows = arena_array(arena, crls->len + 1, sizeof(*crl_rows));
    for (size_t i = 0; i < anchors->len; i++)
        rows[i] = (struct trust_row){ .der = anchors->items[i].der, .len = anchors->items[i].len,
                                      .scope = { .kind = TRUST_SCOPE_ANY }, .system = true };
    for (size_t i = 0; i < crls->len; i++)
        crl_rows[i] = (struct trust_crl_row){ .der = crls->items[i].der, .len = crls->items[i].len };
    struct trust_rows all = { rows, anchors->len, crl_rows, crls->len, 0 };
    return trust_set_create(&all, report);
}

struct trust_set *bundle_trust_files(const struct arg_list *anchors, const struct arg_list *crls, struct out *out,
                                     struct arena *arena, struct err *e)
{
    struct bundle anchor_items = { 0 }, crl_items = { 0 };
    struct trust_set_report report = { 0 };
    if (!bundle_files(&anchor_items, TRUST_PEM_CERTIFICATE, anchors, arena, e) ||
        !bundle_files(&crl_items, TRUST_PEM_CRL, crls, arena, e))
        return NULL;
    struct trust_set *set = bundle_trust(&anchor_items, &crl_items, arena, &report);
    if (report.bad_anchors + report.bad_crls)
        out_warn(out, "%zu of %zu anchors and %zu of %zu CRLs can't be used: %s", report.bad_anchors, anchor_items.len,
                 report.bad_crls, crl_items.len, report.first.msg);
    return set;
}
