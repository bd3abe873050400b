#include "flow/ovf_archive.h"

#include <stdlib.h>

#include "base/mem.h"
#include "flow/ovf_archive_parts.h"
#include "flow/ovf_upload_parts.h"
#include "gate/upload.h"
#include "http/exchange.h"

/* ---- its life ---- */

struct ovf_archive *ovf_archive_ref(struct ovf_archive *a)
{
    (void)pthread_mutex_lock(&a->upload->lock);
    a->refs++;
    (void)pthread_mutex_unlock(&a->upload->lock);
    return a;
}

void ovf_archive_unref(struct ovf_archive *a)
{
    struct ovf_upload *u = a->upload;
    (void)pthread_mutex_lock(&u->lock);
    bool last = --a->refs == 0;
    (void)pthread_mutex_unlock(&u->lock);
    if (!last)
        return;
    (void)gate_upload_unref(a->way);
    tar_done(&a->tar);
    buf_done(&a->descriptor);
    buf_done(&a->manifest);
    free(a);
    (void)ovf_upload_unref(u);
}

void ovf_archive_tell(struct ovf_upload *u)
{
    struct ovf_archive *a = u->archive;
    if (!a || !a->loop || a->posted)
        return;
    a->posted = true;
    a->refs++;
    loop_post(a->loop, &a->told);
}

/* ---- the client's answer ---- */

/* The first reason counts, here as in the task. */
void ovf_archive_refuse(struct ovf_archive *a, int status, const struct err *why, const char *event)
{
    struct ovf_upload *u = a->upload;
    ovf_upload_fail(u, why);
    (void)pthread_mutex_lock(&u->lock);
    const struct err first = u->failed;
    (void)pthread_mutex_unlock(&u->lock);
    const struct gate_fed f = { .status = first.kind == why->kind ? status : 0, .e = &first, .event = event };
    struct http_exchange *x = STEAL(a->x);
    a->reply(x, &f);
}

static void accept(struct ovf_archive *a)
{
    const struct gate_fed f = { .ok = true, .status = 200, .event = "" };
    struct http_exchange *x = STEAL(a->x);
    a->reply(x, &f);
}

/* ---- the way through ---- */

static void take_frame(struct ovf_archive *a, const uint8_t *p, size_t len)
{
    struct err e;
    size_t used;
    enum tar_event event = tar_read(&a->tar, p, len, &used, &e);
    if (event == TAR_BAD) {
        ovf_archive_refuse(a, 0, &e, "");
        return;
    }
    http_body_consume(a->x, used);
    if (event == TAR_FILE)
        ovf_archive_begin_member(a);
}

/* Did every file come? Then the task may go on. */
static bool settle(struct ovf_archive *a, struct err *e)
{
    struct ovf_upload *u = a->upload;
    bool ok = true;
    (void)pthread_mutex_lock(&u->lock);
    for (size_t i = 0; i < u->files_len && ok; i++)
        ok = a->seen[i] || err_set(e, ERR_INPUT, "the archive ends without the file %s", u->files[i].name);
    if (ok)
        u->archived = OVF_ARCHIVE_WHOLE;
    (void)pthread_mutex_unlock(&u->lock);
    return ok;
}

static void end_body(struct ovf_archive *a)
{
    struct err e;
    if (!tar_ends(&a->tar, &e) || !(a->has_descriptor || err_set(&e, ERR_INPUT, "the archive is empty"))) {
        ovf_archive_refuse(a, 0, &e, "");
    } else if (!a->described) {
        ovf_archive_hand_on(a);
    } else if (!settle(a, &e)) {
        ovf_archive_refuse(a, 0, &e, "");
    } else {
        a->at = AT_VERDICT;
        ovf_upload_wake(a->upload);
    }
}

/* Where the upload stands, for one that waits for it. */
struct standing {
    bool sending, agreed, over;
    struct err failed;
};

static struct standing look(const struct ovf_archive *a)
{
    struct ovf_upload *u = a->upload;
    (void)pthread_mutex_lock(&u->lock);
    struct standing s = { u->phase == OVF_UPLOAD_SENDING, u->agreed, u->phase == OVF_UPLOAD_OVER || u->failed.kind != ERR_NONE, u->failed };
    (void)pthread_mutex_unlock(&u->lock);
    if (s.over && s.failed.kind == ERR_NONE)
        (void)err_set(&s.failed, ERR_CONFLICT, "this upload has ended");
    return s;
}

/* False: it waits for the task. */
static bool go_on(struct ovf_archive *a)
{
    const struct standing s = look(a);
    if (a->at == AT_VERDICT && s.agreed) {
        accept(a);
        return false;
    }
    if (s.over) {
        ovf_archive_refuse(a, 0, &s.failed, "");
        return false;
    }
    if (a->at == AT_LEASE && s.sending) {
        a->at = AT_FRAME;
        if (a->file_waits) {
            a->file_waits = false;
            ovf_archive_begin_file(a);
        }
    }
    return a->at != AT_VERDICT && a->at != AT_LEASE;
}

/* For one who holds it. */
static void pump(struct ovf_archive *a)
{
    while (a->x && a->at != AT_FILE && go_on(a)) {
        const uint8_t *p;
        size_t len;
        bool end;
        if (!a->x || a->at == AT_FILE)
            break;
        http_body_peek(a->x, &p, &len, &end);
        if (!len && !end)
            break;
        if (!len)
            end_body(a);
        else if (a->at == AT_FRAME)
            take_frame(a, p, len);
        else
            ovf_archive_take_text(a, p, len);
    }
}

void ovf_archive_pump(struct ovf_archive *a)
{
    (void)ovf_archive_ref(a);
    pump(a);
    ovf_archive_unref(a);
}

static void told(struct loop_task *t)
{
    struct ovf_archive *a = CONTAINER_OF(t, struct ovf_archive, told);
    (void)pthread_mutex_lock(&a->upload->lock);
    a->posted = false;
    (void)pthread_mutex_unlock(&a->upload->lock);
    pump(a);
    ovf_archive_unref(a);
}

/* ---- from the client ---- */

static void begin(struct http_exchange *x)
{
    struct ovf_archive *a = http_state(x);
    (void)pthread_mutex_lock(&a->upload->lock);
    a->loop = http_loop(x);
    (void)pthread_mutex_unlock(&a->upload->lock);
    a->x = x;
    http_body_want(x);
    ovf_archive_pump(a);
}

static void body(struct http_exchange *x)
{
    struct ovf_archive *a = http_state(x);
    if (a->x && a->at == AT_FILE)
        gate_upload_more(a->way);
    else
        ovf_archive_pump(a);
}

static void leave(struct ovf_archive *a)
{
    struct ovf_upload *u = a->upload;
    (void)pthread_mutex_lock(&u->lock);
    u->archive = NULL;
    (void)pthread_mutex_unlock(&u->lock);
    ovf_archive_unref(a);
}

static void ended(struct http_exchange *x, enum http_end how, const struct err *e)
{
    struct ovf_archive *a = http_state(x);
    struct err why;
    (void)how;
    (void)e;
    if (a->x && a->at == AT_FILE)
        gate_upload_leave(a->way);
    if (a->x && a->at != AT_VERDICT) {
        (void)err_set(&why, ERR_PEER, "the client broke off in the middle of the archive");
        ovf_upload_fail(a->upload, &why);
    }
    a->x = NULL;
    leave(a);
}

/* Nothing of it was read: it may come again. */
static void drop(void *state)
{
    struct ovf_archive *a = state;
    struct ovf_upload *u = a->upload;
    (void)pthread_mutex_lock(&u->lock);
    u->archived = OVF_ARCHIVE_NONE;
    (void)pthread_mutex_unlock(&u->lock);
    leave(a);
}

void ovf_archive_begin(struct ovf_upload *u, gate_reply *reply, struct http_onward *ret)
{
    static const struct http_stream stream = { .begin = begin, .body = body, .ended = ended };
    struct ovf_archive *a = xcalloc(1, sizeof(*a));
    *a = (struct ovf_archive){ .upload = u, .reply = reply, .refs = 1, .told = { .run = told } };
    u->refs++;
    tar_init(&a->tar);
    buf_init(&a->descriptor, OVF_DESCRIPTOR_MAX);
    buf_init(&a->manifest, OVF_MANIFEST_MAX);
    u->archive = a;
    u->archived = OVF_ARCHIVE_COMING;
    *ret = (struct http_onward){ .stream = &stream, .state = a, .drop = drop, .answers = true };
}
