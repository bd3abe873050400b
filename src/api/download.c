/* Downloads (vcd-api.md 4.3): enableDownload is a task that reads from the hosts into the spool, what lies there is served with ranges, and an
 * OVA is put together while it is sent. */
#include "api/download.h"

#include <string.h>

#include "api/error.h"
#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "flow/catalog.h"
#include "flow/download.h"
#include "flow/seen.h"
#include "flow/site.h"
#include "flow/spool.h"
#include "http/blob.h"
#include "http/range.h"
#include "http/request.h"
#include "http/response.h"
#include "wire/tar_write.h"

static bool is(const char *urn, const char *prefix)
{
    return strncmp(urn, prefix, strlen(prefix)) == 0;
}

/* ---- what an entity shows ---- */

static const char *file_href(const struct legacy *l, const struct spool_entry *n, const char *name)
{
    return api_href(l->c, "/transfer/%s/%s", n->id, name);
}

void api_download_links(struct legacy *l, const char *urn, bool able)
{
    static const struct { const char *rel, *name; } all[] = {
        { "download:default", DOWNLOAD_OVF }, { "download:identity", DOWNLOAD_OVF_ID },
        { "download:ovaDefault", DOWNLOAD_OVA }, { "download:ovaIdentity", DOWNLOAD_OVA_ID },
    };
    if (!able)
        return;
    const char *href = api_entity_href(l->c, urn);
    AUTO(spool_unrefp) struct spool_entry *n = is(urn, MEDIA_URN) ? NULL : download_of(l->c->site, urn);
    legacy_link(l, "enable", NULL, arena_printf(l->c->arena, "%s/action/enableDownload", href));
    for (size_t i = 0; n && i < ARRAY_LEN(all); i++)
        legacy_link(l, all[i].rel, "text/xml", file_href(l, n, all[i].name));
    if (n)
        legacy_link(l, "disable", NULL, arena_printf(l->c->arena, "%s/action/disableDownload", href));
}

void api_download_files(struct legacy *l, const char *urn)
{
    AUTO(spool_unrefp) struct spool_entry *n = download_of(l->c->site, urn);
    if (!n)
        return;
    legacy_open(l, "Files");
    legacy_array(l, "File");
    for (size_t i = 0; i < n->files_len; i++) {
        legacy_item(l, "File");
        legacy_attr(l, "name", n->files[i].name);
        legacy_attr_number(l, "size", (int64_t)n->files[i].size);
        legacy_attr_number(l, "bytesTransferred", (int64_t)n->files[i].size);
        legacy_array(l, "Link");
        legacy_link(l, "download:default", NULL, file_href(l, n, n->files[i].name));
        legacy_close(l);
    }
    legacy_close(l);
}

/* ---- enabling ---- */

static bool media_param(const struct api_call *c, const char **ret, struct err *e)
{
    return api_param_urn(c, "id", "media", ret, e) || err_set(e, ERR_DENIED, "No access to entity \"%s\".", api_param(c, "id"));
}

static bool enable(struct api_call *c, const char *urn, struct err *e)
{
    char task[STORE_ID_MAX + 1];
    return download_start(c->site, &c->caller, urn, task, e) && api_answer_legacy_task(c, 202, task, e);
}

static bool disable(struct api_call *c, const char *urn, struct err *e)
{
    if (!download_stop(c->site, &c->caller, urn, e))
        return false;
    api_answer_empty(c, 204);
    return true;
}

static bool media_enable(struct api_call *c, struct err *e)
{
    const char *urn;
    return media_param(c, &urn, e) && enable(c, urn, e);
}

static bool template_enable(struct api_call *c, struct err *e)
{
    const char *urn;
    return inventory_param(c, "vappTemplate", "vapptemplate", &urn, e) && enable(c, urn, e);
}

static bool vapp_enable(struct api_call *c, struct err *e)
{
    const char *urn;
    return inventory_param(c, "vapp", "vapp", &urn, e) && enable(c, urn, e);
}

static bool template_disable(struct api_call *c, struct err *e)
{
    const char *urn;
    return inventory_param(c, "vappTemplate", "vapptemplate", &urn, e) && disable(c, urn, e);
}

static bool vapp_disable(struct api_call *c, struct err *e)
{
    const char *urn;
    return inventory_param(c, "vapp", "vapp", &urn, e) && disable(c, urn, e);
}

/* ---- serving ---- */

static bool add_member(struct http_blob *b, const struct spool_file *f, const char *name, int64_t made_ms, struct err *e)
{
    static const uint8_t zeros[TAR_BLOCK];
    uint8_t header[TAR_BLOCK];
    if (!tar_header(name, f->size, made_ms / 1000, header, e))
        return false;
    http_blob_bytes(b, header, sizeof(header));
    http_blob_file(b, f->path, f->size);
    http_blob_bytes(b, zeros, tar_padding(f->size));
    return true;
}

static bool is_descriptor(const char *name)
{
    return strcmp(name, DOWNLOAD_OVF) == 0 || strcmp(name, DOWNLOAD_OVF_ID) == 0;
}

/* The descriptor first (DSP0243 5.1), then the files as it names them. */
static bool add_archive(struct http_blob *b, const struct spool_entry *n, const char *descriptor, struct err *e)
{
    static const uint8_t zeros[TAR_END];
    const struct spool_file *first = spool_file(n, descriptor);
    if (!first)
        return err_set(e, ERR_NOT_FOUND, "there is no such file to be downloaded");
    if (!add_member(b, first, descriptor, n->made_ms, e))
        return false;
    for (size_t i = 0; i < n->files_len; i++)
        if (!is_descriptor(n->files[i].name) && !add_member(b, &n->files[i], n->files[i].name, n->made_ms, e))
            return false;
    http_blob_bytes(b, zeros, sizeof(zeros));
    return true;
}

static bool add_all(struct http_blob *b, const struct spool_entry *n, const char *name, struct err *e)
{
    const struct spool_file *f = spool_file(n, name);
    if (f)
        http_blob_file(b, f->path, f->size);
    return f != NULL || add_archive(b, n, strcmp(name, DOWNLOAD_OVA) == 0 ? DOWNLOAD_OVF : strcmp(name, DOWNLOAD_OVA_ID) == 0 ? DOWNLOAD_OVF_ID : "", e);
}

/* On any thread. */
static void nobody_reads(void *self)
{
    spool_used(self, clock_mono_ms());
    (void)spool_unref(self);
}

/* On a pool thread. */
static bool may_go_on(void *self, struct err *e)
{
    return !spool_withdrawn(self) || err_set(e, ERR_UNTRUSTED, "the ESXi host that it came from is not believed any more");
}

/* An attachment and nothing that a page could be: what is in it was written by others. */
static void put_fields(struct api_call *c, const char *name, const char *etag)
{
    http_response_field(c->rs, "Content-Type", is_descriptor(name) ? "text/xml" : "application/octet-stream");
    http_response_field(c->rs, "Content-Disposition", arena_printf(c->arena, "attachment; filename=\"%s\"", name));
    http_response_field(c->rs, "X-Content-Type-Options", "nosniff");
    http_response_field(c->rs, "Cache-Control", "private, no-store");
    http_response_field(c->rs, "Accept-Ranges", "bytes");
    http_response_field(c->rs, "ETag", etag);
}

static bool refuse_range(struct api_call *c, const char *range, struct err *e)
{
    static const struct api_error as = { 416, "REQUESTED_RANGE_NOT_SATISFIABLE" };
    c->rs->status = as.status;
    http_response_field(c->rs, "Content-Range", range);
    http_response_field(c->rs, "Content-Type", c->accept.format == API_XML ? "application/vnd.vmware.vcloud.error+xml;version=37.0"
                                                                           : "application/*+json;version=37.0");
    return api_error_write_as(as, "The file has no bytes in this range.", API_LEGACY, c->accept.format, &c->rs->body, e);
}

static bool serve(struct api_call *c, struct spool_entry *n, const char *name, struct err *e)
{
    AUTO(http_blob_destroyp) struct http_blob *b = http_blob_create();
    char range_text[HTTP_RANGE_TEXT];
    struct http_range range;
    if (!add_all(b, n, name, e))
        return false;
    const char *etag = arena_printf(c->arena, "\"%s-%s\"", n->id, name);
    uint64_t len = http_blob_len(b);
    enum http_range_kind kind = http_range_read(c->rq->head, len, etag, &range);
    http_range_write(kind, &range, len, range_text);
    if (kind == HTTP_RANGE_NONE)
        return refuse_range(c, range_text, e);
    put_fields(c, name, etag);
    c->rs->status = kind == HTTP_RANGE_PART ? 206 : 200;
    if (kind == HTTP_RANGE_PART)
        http_response_field(c->rs, "Content-Range", range_text);
    http_blob_narrow(b, range.first, range.len);
    http_blob_kept(b, may_go_on, nobody_reads, spool_ref(n));
    c->rs->onward = http_blob_onward(STEAL(b));
    return true;
}

static bool may_read(const struct api_call *c, const struct spool_entry *n, struct err *e)
{
    if (!seen_by(&c->caller, n->org))
        return err_set(e, ERR_DENIED, "this transfer is another organization's");
    return api_need(c, is(n->entity, VAPP_URN) ? RIGHT_VAPP_DOWNLOAD : RIGHT_TEMPLATE_DOWNLOAD, e);
}

static bool file(struct api_call *c, struct err *e)
{
    AUTO(spool_unrefp) struct spool_entry *n = c->site->spool ? spool_open(c->site->spool, api_param(c, "id"), clock_mono_ms()) : NULL;
    if (!n)
        return err_set(e, ERR_NOT_FOUND, "there is no transfer of this id (any more)");
    return may_read(c, n, e) && serve(c, n, api_param(c, "name"), e);
}

const struct api_op api_download_ops[] = {
    { "POST", "/api/media/{id}/action/enableDownload", API_LEGACY, RIGHT_TEMPLATE_DOWNLOAD, 0, media_enable, 0 },
    { "POST", "/api/vApp/{id}/action/disableDownload", API_LEGACY, RIGHT_VAPP_DOWNLOAD, 0, vapp_disable, 0 },
    { "POST", "/api/vApp/{id}/action/enableDownload", API_LEGACY, RIGHT_VAPP_DOWNLOAD, 0, vapp_enable, 0 },
    { "POST", "/api/vAppTemplate/{id}/action/disableDownload", API_LEGACY, RIGHT_TEMPLATE_DOWNLOAD, 0, template_disable, 0 },
    { "POST", "/api/vAppTemplate/{id}/action/enableDownload", API_LEGACY, RIGHT_TEMPLATE_DOWNLOAD, 0, template_enable, 0 },
    { "GET", "/transfer/{id}/{name}", API_LEGACY, RIGHT_NONE, API_NO_VERSION, file, 0 },
    { 0 },
};
