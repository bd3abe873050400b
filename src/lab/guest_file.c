#include "lab/guest.h"

#include <string.h>

#include "base/text.h"
#include "lab/blob.h"
#include "lab/pass.h"
#include "lab/store.h"
#include "wire/http1.h"
#include "wire/url.h"

struct transfer {
    struct lab_carrier both;
    uint64_t size;
};

/* token=T; the id beside it only says which machine. */
static bool token_of(const struct http1_head *h, char out[LAB_PASS])
{
    struct url_query it;
    struct url_span name, value;
    url_query_start(&it, h->url.query);
    while (url_query_next(&it, &name, &value))
        if (name.len == 5 && !memcmp(name.at, "token", 5) && value.len == LAB_PASS - 1) {
            memcpy(out, value.at, value.len);
            out[value.len] = '\0';
            return true;
        }
    return false;
}

/* NULL after an answer. */
static struct transfer *redeem(struct http_exchange *x, const char *method, struct lab_pass *pass)
{
    struct lab_endpoint *host = http_app(x);
    char token[LAB_PASS];
    LAB_LOCKED(host->estate);
    bool ok = token_of(http_head(x), token) && lab_pass_take(host->vcenter, token, pass) && pass->guest && pass->host == host->n &&
              !strcmp(pass->method, method);
    const struct lab_vm *vm = ok ? lab_vm_take(host->vcenter, pass->vm) : NULL;
    if (!vm || !vm->booted || vm->runs != pass->runs || vm->host != host->n) {
        lab_blob_say(x, ok ? 503 : 403, ok ? "the guest does not run here any more" : "no such transfer, or it was used");
        return NULL;
    }
    struct transfer *t = lab_carrier_make(x, sizeof(*t));
    t->size = pass->size;
    return t;
}

static void begin_get(struct http_exchange *x)
{
    struct lab_pass pass;
    struct err e;
    struct transfer *t = redeem(x, "GET", &pass);
    if (t && !lab_download_start(&t->both.down, x, pass.file, "application/octet-stream", false, &e))
        lab_blob_say(x, 404, e.msg);
}

static void begin_put(struct http_exchange *x)
{
    struct lab_pass pass;
    struct err e;
    const struct http1_head *h = http_head(x);
    struct transfer *t = redeem(x, "PUT", &pass);
    if (!t)
        return;
    if (h->framing == HTTP1_LENGTH && h->length != t->size)
        lab_blob_say(x, 400, "not as long as was announced");
    else if (!lab_upload_start(&t->both.up, pass.file, t->size, &e))
        lab_blob_say(x, 500, e.msg);
    else
        http_body_want(x);
}

static void take(struct http_exchange *x)
{
    struct transfer *t = http_state(x);
    const uint8_t *p;
    size_t len;
    bool end;
    struct err e;
    http_body_peek(x, &p, &len, &end);
    if (end && t->both.up.len < t->size) { /* its digest would be of something else than what was announced */
        lab_upload_done(&t->both.up);
        lab_blob_say(x, 400, "not as long as was announced");
    } else if (!lab_upload_take(&t->both.up, x, &end, &e)) {
        lab_upload_done(&t->both.up);
        lab_blob_say(x, e.kind == ERR_LIMIT ? 400 : 500, e.msg);
    } else if (end) {
        http_answer(x, 200, NULL, 0, NULL, 0);
    }
}

const struct http_stream lab_guest_get = { .begin = begin_get, .writable = lab_carrier_writable, .ended = lab_carrier_ended };
const struct http_stream lab_guest_put = { .begin = begin_put, .body = take, .ended = lab_carrier_ended };
