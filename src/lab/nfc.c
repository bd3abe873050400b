#include "lab/nfc.h"

#include <string.h>

#include "base/text.h"
#include "http/router.h"
#include "lab/blob.h"
#include "lab/lease.h"
#include "lab/store.h"
#include "wire/http1.h"

struct transfer {
    struct lab_carrier both;
    struct lab_endpoint *host;
    char id[LAB_LEASE_ID], name[LAB_VM_NAME];
};

/* Whose lease it is, kept for the exchange's life; NULL after an answer. The file's path goes to path. */
static struct transfer *open_transfer(struct http_exchange *x, bool up, bool disk, char path[LAB_PATH_MAX])
{
    const struct http_match *m = http_match(x);
    struct lab_endpoint *host = http_app(x);
    struct lab_lease *l;
    struct lab_lease_item *item;
    struct err e;
    LAB_LOCKED(host->estate);
    if (!lab_lease_open(host, m->params[0].value, m->params[1].value, &l, &item)) {
        lab_blob_say(x, 404, "no such lease at this host, or it is over");
        return NULL;
    }
    if (l->import != up || (up && item->disk != disk)) {
        lab_blob_say(x, 405, "not for this file");
        return NULL;
    }
    struct arena a = { 0 };
    const struct lab_asking k = { .vc = l->vc, .arena = &a };
    bool ok = lab_store_file(&k, item->file, path, &e) && (!up || lab_store_parents(host->estate, path, &e));
    arena_done(&a);
    if (!ok) {
        lab_blob_say(x, 500, e.msg);
        return NULL;
    }
    struct transfer *t = lab_carrier_make(x, sizeof(*t));
    t->host = host;
    (void)text_copy(t->id, sizeof(t->id), l->id);
    (void)text_copy(t->name, sizeof(t->name), item->name);
    lab_lease_touch(l);
    return t;
}

static void begin_upload(struct http_exchange *x, bool disk)
{
    char path[LAB_PATH_MAX];
    struct err e;
    struct transfer *t = open_transfer(x, true, disk, path);
    if (!t)
        return;
    t->both.up.is_vmdk = disk;
    if (lab_upload_start(&t->both.up, path, LAB_BLOB_MAX, &e))
        http_body_want(x);
    else
        lab_blob_say(x, 500, e.msg);
}

static void begin_post(struct http_exchange *x)
{
    begin_upload(x, true);
}

static void begin_put(struct http_exchange *x)
{
    begin_upload(x, false);
}

/* Is there still somebody who wants it? A disk that was made for another size is refused here. */
static bool still_wanted(struct transfer *t, bool end, struct err *e)
{
    struct lab_lease *l;
    struct lab_lease_item *item;
    LAB_LOCKED(t->host->estate);
    if (!lab_lease_open(t->host, t->id, t->name, &l, &item))
        return err_set(e, ERR_CANCELLED, "the lease is over");
    if (t->both.up.is_vmdk && t->both.up.vmdk.capacity && (int64_t)(t->both.up.vmdk.capacity / 2) != item->kb)
        return err_set(e, ERR_INPUT, "the disk has %llu KB, not %lld", (unsigned long long)(t->both.up.vmdk.capacity / 2), (long long)item->kb);
    if (!end)
        return true;
    item->arrived = true;
    item->size = t->both.up.len;
    item->populated = t->both.up.is_vmdk ? lab_vmdk_populated(&t->both.up.vmdk) : t->both.up.len;
    memcpy(item->sha1, t->both.up.sha1, sizeof(item->sha1));
    memcpy(item->sha256, t->both.up.sha256, sizeof(item->sha256));
    return true;
}

static void take(struct http_exchange *x)
{
    struct transfer *t = http_state(x);
    bool end;
    struct err e;
    if (!lab_upload_take(&t->both.up, x, &end, &e) || !still_wanted(t, end, &e)) {
        lab_upload_done(&t->both.up);
        if (e.kind == ERR_CANCELLED)
            http_abort(x, &e);
        else
            lab_blob_say(x, e.kind == ERR_LIMIT ? 413 : 500, e.msg);
    } else if (end) {
        http_answer(x, 201, NULL, 0, NULL, 0);
    }
}

static void begin_get(struct http_exchange *x)
{
    char path[LAB_PATH_MAX];
    struct err e;
    struct transfer *t = open_transfer(x, false, true, path);
    if (!t)
        return;
    bool disk = strstr(t->name, ".vmdk");
    if (!lab_download_start(&t->both.down, x, path, disk ? "application/x-vnd.vmware-streamVmdk" : "application/octet-stream", disk, &e))
        lab_blob_say(x, 404, e.msg);
}

static void give(struct http_exchange *x)
{
    struct transfer *t = http_state(x);
    struct err e;
    struct lab_lease *l;
    struct lab_lease_item *item;
    lab_lock(t->host->estate);
    bool wanted = lab_lease_open(t->host, t->id, t->name, &l, &item);
    lab_unlock(t->host->estate);
    (void)err_set(&e, ERR_CANCELLED, "the lease is over");
    if (wanted)
        lab_download_go(&t->both.down, x);
    else
        http_abort(x, &e);
}

const struct http_stream lab_nfc_post = { .begin = begin_post, .body = take, .ended = lab_carrier_ended };
const struct http_stream lab_nfc_put = { .begin = begin_put, .body = take, .ended = lab_carrier_ended };
const struct http_stream lab_nfc_get = { .begin = begin_get, .writable = give, .ended = lab_carrier_ended };
