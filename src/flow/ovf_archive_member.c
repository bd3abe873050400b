/* What becomes of each member of an archive: texts are gathered and handed on, a certificate is passed over, files go to the gate. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "flow/ovf_archive_parts.h"
#include "flow/ovf_upload_parts.h"
#include "flow/site.h"
#include "gate/upload.h"
#include "http/exchange.h"
#include "net/pool.h"

static void refuse_text(struct ovf_archive *a, enum err_kind kind, const char *why)
{
    struct err e;
    (void)err_set(&e, kind, "%s", why);
    ovf_archive_refuse(a, 0, &e, "");
}

/* ---- what was gathered ---- */

struct handing {
    struct pool_job job;
    struct ovf_archive *archive; /* a reference */
};

static void hand(struct pool_job *j)
{
    struct ovf_archive *a = CONTAINER_OF(j, struct handing, job)->archive;
    const struct ovf_upload_text manifest = { a->manifest.data, a->manifest.len };
    struct err e;
    if (!ovf_upload_describe(a->upload, &(struct ovf_upload_text){ a->descriptor.data, a->descriptor.len }, a->has_manifest ? &manifest : NULL, &e))
        ovf_upload_fail(a->upload, &e);
}

static void handed(struct pool_job *j)
{
    struct handing *h = CONTAINER_OF(j, struct handing, job);
    ovf_archive_unref(h->archive);
    free(h);
}

/* The loop touches neither text any more. */
void ovf_archive_hand_on(struct ovf_archive *a)
{
    struct err e;
    struct handing *h = xcalloc(1, sizeof(*h));
    *h = (struct handing){ .job = { .work = hand, .destroy = handed }, .archive = ovf_archive_ref(a) };
    a->described = true;
    a->at = AT_LEASE;
    if (pool_run(a->upload->site->pool, &h->job, &e))
        return;
    handed(&h->job);
    ovf_archive_refuse(a, 503, &e, "");
}

/* ---- a file ---- */

static void wanted(void *self)
{
    (void)self; /* the body is wanted from its first byte on */
}

static void peek(void *self, const uint8_t **ret_p, size_t *ret_len, bool *ret_end)
{
    struct ovf_archive *a = self;
    http_body_peek(a->x, ret_p, ret_len, ret_end);
    *ret_len = *ret_len < a->tar.left ? *ret_len : (size_t)a->tar.left;
    *ret_end |= a->tar.left == 0;
}

static void consume(void *self, size_t len)
{
    struct ovf_archive *a = self;
    tar_take(&a->tar, len);
    http_body_consume(a->x, len);
}

static void fed(void *self, const struct gate_fed *f)
{
    struct ovf_archive *a = self;
    struct err why;
    a->way = gate_upload_unref(a->way);
    a->at = AT_FRAME;
    if (f->ok) {
        ovf_archive_pump(a);
        return;
    }
    (void)err_set(&why, f->e->kind, "OVF import of the file %s: %s", a->tar.file.name,
                  f->status == 400 && a->tar.left ? "the archive is cut off" : f->e->msg);
    ovf_archive_refuse(a, f->status, &why, f->event);
}

/* Under the lock. */
static bool find_way(struct ovf_archive *a, struct err *e)
{
    const struct ovf_upload *u = a->upload;
    const char *name = a->tar.file.name;
    size_t i = 0;
    while (i < u->files_len && strcmp(u->files[i].name, name) != 0)
        i++;
    if (i == u->files_len)
        return err_set(e, ERR_INPUT, "the archive has a file %s that its descriptor does not name", name);
    if (a->seen[i])
        return err_set(e, ERR_INPUT, "the archive has the file %s twice", name);
    a->seen[i] = true;
    a->way = gate_upload_ref(u->files[i].way);
    return true;
}

static bool claim(struct ovf_archive *a, struct err *e)
{
    const struct range_claim c = { .len = a->tar.file.size, .total = a->tar.file.size };
    enum range_verdict verdict;
    return gate_upload_claim(a->way, &c, &verdict, e) || err_in(e, "OVF import of the file %s", a->tar.file.name);
}

void ovf_archive_begin_file(struct ovf_archive *a)
{
    const struct gate_feed feed = { wanted, peek, consume, fed, a };
    struct err e;
    (void)pthread_mutex_lock(&a->upload->lock);
    bool ok = find_way(a, &e);
    (void)pthread_mutex_unlock(&a->upload->lock);
    if (!ok || !claim(a, &e)) {
        a->way = gate_upload_unref(a->way);
        ovf_archive_refuse(a, e.kind == ERR_LIMIT || e.kind == ERR_CANCELLED ? 503 : 0, &e, "");
        return;
    }
    a->at = AT_FILE;
    gate_upload_feed(a->way, a->loop, &feed);
}

/* ---- members ---- */

static bool is_called(const struct ovf_archive *a, const char *suffix)
{
    size_t len = strlen(a->tar.file.name), n = strlen(suffix);
    return len > n && strcasecmp(a->tar.file.name + len - n, suffix) == 0;
}

static void begin_text(struct ovf_archive *a, struct buf *text, bool *has)
{
    *has = true;
    a->text = text;
    if (a->tar.left > text->max) {
        refuse_text(a, ERR_LIMIT, "the archive's descriptor or manifest is too large");
        return;
    }
    a->at = a->tar.left ? AT_TEXT : AT_FRAME;
}

static void begin_certificate(struct ovf_archive *a)
{
    a->has_certificate = true;
    if (a->tar.left > OVF_CERTIFICATE_MAX)
        refuse_text(a, ERR_LIMIT, "the archive's certificate is too large");
    else
        a->at = a->tar.left ? AT_SKIP : AT_FRAME;
}

/* DSP0243 5.1: the descriptor, the manifest, the certificate, then the files. */
void ovf_archive_begin_member(struct ovf_archive *a)
{
    if (!a->has_descriptor && !is_called(a, ".ovf")) {
        refuse_text(a, ERR_INPUT, "the archive's first file is not its descriptor (.ovf)");
    } else if (!a->has_descriptor) {
        begin_text(a, &a->descriptor, &a->has_descriptor);
    } else if (!a->described && !a->has_manifest && !a->has_certificate && is_called(a, ".mf")) {
        begin_text(a, &a->manifest, &a->has_manifest);
    } else if (!a->described && !a->has_certificate && is_called(a, ".cert")) {
        begin_certificate(a);
    } else if (a->described) {
        ovf_archive_begin_file(a);
    } else {
        a->file_waits = true;
        ovf_archive_hand_on(a);
    }
}

/* In the descriptor, the manifest, or the certificate. */
void ovf_archive_take_text(struct ovf_archive *a, const uint8_t *p, size_t len)
{
    struct err e;
    size_t n = len < a->tar.left ? len : (size_t)a->tar.left;
    if (a->at == AT_TEXT && !buf_append(a->text, p, n, &e)) {
        ovf_archive_refuse(a, 0, &e, "");
        return;
    }
    tar_take(&a->tar, n);
    http_body_consume(a->x, n);
    if (!a->tar.left)
        a->at = AT_FRAME;
}
