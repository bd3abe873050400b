#include "api/upload.h"

#include <string.h>

#include "api/inventory.h"
#include "api/tables.h"
#include "api/task.h"
#include "base/arena.h"
#include "base/text.h"
#include "flow/catalog.h"
#include "flow/loan.h"
#include "flow/media_upload.h"
#include "flow/ovf.h"
#include "flow/ovf_upload.h"
#include "flow/site.h"
#include "flow/task.h"
#include "flow/transfer.h"
#include "wire/url.h"

#define PARAMS_TYPE "application/vnd.vmware.vcloud.uploadVAppTemplateParams+xml"

void api_upload_links(struct legacy *l, const char *catalog_urn)
{
    const char *href = api_href(l->c, "/api/catalog/%s/action/upload", api_uuid(catalog_urn));
    if (!caller_may(&l->c->caller, RIGHT_CATALOG_UPLOAD))
        return;
    legacy_link(l, "add", PARAMS_TYPE, href);
    legacy_link(l, "add", MEDIA_TYPE, href);
}

void api_upload_tasks(struct legacy *l, const char *task_urn)
{
    AUTO(loan_end) struct loan s = { 0 };
    struct task t;
    struct err e;
    if (!task_urn[0] || !loan_begin(l->c->site->shelf, &s, &e) || !task_get(s.store, task_urn, l->c->arena, &t, &e))
        return;
    inventory_tasks(l, &t, 1);
}

static const char *file_href(struct api_call *c, const struct transfer *t, const char *name)
{
    AUTO(buf_done) struct buf b;
    struct err e;
    buf_init(&b, 4 * TRANSFER_NAME_MAX);
    (void)!url_encode(&b, name, strlen(name), &e); /* a name is that short */
    return api_href(c, "/transfer/%s/%s", t->id, buf_str(&b));
}

/* Of a template, before anything has come: the SDK takes the first link, and others may send the package as one archive. */
static bool takes_archive(const struct transfer *t, const struct transfer_file *f)
{
    return t->what == TRANSFER_TEMPLATE_UP && f->done == 0 && f->size < 0 && strcmp(f->name, OVF_DESCRIPTOR) == 0;
}

void api_upload_files(struct legacy *l, const char *entity_urn)
{
    AUTO(loan_end) struct loan s = { 0 };
    struct api_call *c = l->c;
    struct transfer t;
    struct err e;
    if (!loan_begin(c->site->shelf, &s, &e) || !transfer_of(s.store, entity_urn, c->arena, &t, &e) || !t.id ||
        t.what == TRANSFER_DOWN)
        return;
    transfer_progress(c->site, &t);
    legacy_open(l, "Files");
    for (size_t i = 0; i < t.files_len; i++) {
        legacy_item(l, "File");
        legacy_attr(l, "name", t.files[i].name);
        legacy_attr_number(l, "size", t.files[i].size);
        legacy_attr_number(l, "bytesTransferred", t.files[i].done);
        legacy_link(l, "upload:default", NULL, file_href(c, &t, t.files[i].name));
        if (takes_archive(&t, &t.files[i]))
            legacy_link(l, "upload:ova", NULL, file_href(c, &t, OVF_ARCHIVE));
        legacy_close(l);
    }
    legacy_close(l);
}

/* ---- POST ---- */

/* The VDC's storage profile, when one is named. */
static bool read_profile(struct api_call *c, const struct legacy_in *in, const char **ret, struct err *e)
{
    const struct legacy_in profile = legacy_in_child(in, "VdcStorageProfile");
    const char *href = NULL, *id = NULL;
    *ret = NULL;
    if (legacy_in_empty(&profile))
        return true;
    if (!legacy_in_attr(&profile, "href", &href, e) || !legacy_in_attr(&profile, "id", &id, e))
        return false;
    const char *slash = href ? strrchr(href, '/') : NULL, *text = id ? id : slash ? slash + 1 : NULL;
    return (text && api_urn(c, text, "vdcstorageProfile", ret, e)) ||
           err_set(e, ERR_INPUT, "VdcStorageProfile names no storage profile");
}

static bool read_params(struct api_call *c, const struct legacy_in *in, struct ovf_upload_new *n, struct err *e)
{
    const char *name = NULL, *description = NULL, *source = NULL;
    if (!legacy_in_attr(in, "name", &name, e) || !legacy_in_attr(in, "sourceHref", &source, e) ||
        !legacy_in_text(in, "Description", &description, e) || !read_profile(c, in, &n->profile, e))
        return false;
    if (source)
        return err_set(e, ERR_INPUT, "sourceHref is not served: this cell connects to no place that a client names. Upload the files");
    if (!name || !name[0])
        return err_set(e, ERR_INPUT, "the template needs a name");
    const char *manifest = NULL;
    if (!legacy_in_attr(in, "manifestRequired", &manifest, e))
        return false;
    n->manifest = manifest && (!strcmp(manifest, "true") || !strcmp(manifest, "1"));
    n->name = arena_strdup(c->arena, name);
    n->description = description ? arena_strdup(c->arena, description) : "";
    return true;
}

static bool upload_template(struct api_call *c, const struct legacy_in *in, const char *catalog, struct err *e)
{
    struct ovf_upload_new n = { .catalog = catalog };
    char item[STORE_ID_MAX + 1];
    return read_params(c, in, &n, e) && ovf_upload_start(c->site, &c->caller, &n, item, e) &&
           api_answer_catalog_item(c, 201, item, e);
}

/* A number in JSON, text in XML. */
static bool read_size(const struct legacy_in *in, uint64_t *ret, struct err *e)
{
    const json_t *number = in->json ? json_object_get(in->json, "size") : NULL;
    const char *text = NULL;
    if (json_is_integer(number) && json_integer_value(number) > 0) {
        *ret = (uint64_t)json_integer_value(number);
        return true;
    }
    return (!number && legacy_in_attr(in, "size", &text, e) && text && text_number(text, 1, INT64_MAX, ret)) ||
           err_set(e, ERR_INPUT, "the medium needs its size in bytes, more than none");
}

static bool read_medium(struct api_call *c, const struct legacy_in *in, struct media_upload_new *n, struct err *e)
{
    const char *name = NULL, *type = NULL, *description = NULL;
    uint64_t bytes = 0;
    if (!legacy_in_attr(in, "name", &name, e) || !legacy_in_attr(in, "imageType", &type, e) || !read_size(in, &bytes, e) ||
        !legacy_in_text(in, "Description", &description, e) || !read_profile(c, in, &n->profile, e))
        return false;
    if (!name || !name[0])
        return err_set(e, ERR_INPUT, "the medium needs a name");
    n->name = arena_strdup(c->arena, name);
    n->image_type = type ? arena_strdup(c->arena, type) : "iso";
    n->description = description ? arena_strdup(c->arena, description) : "";
    n->size = (int64_t)bytes;
    return true;
}

static bool upload_medium(struct api_call *c, const struct legacy_in *in, const char *catalog, struct err *e)
{
    struct media_upload_new n = { .catalog = catalog };
    char item[STORE_ID_MAX + 1];
    return read_medium(c, in, &n, e) && media_upload_start(c->site, &c->caller, &n, item, e) && api_answer_catalog_item(c, 201, item, e);
}

/* What may come, by the root of its XML; JSON says it in the Content-Type. */
static const struct {
    const char *root, *type;
    bool (*run)(struct api_call *c, const struct legacy_in *in, const char *catalog, struct err *e);
} kinds[] = {
    { "Media", "vcloud.media", upload_medium },
    { "UploadVAppTemplateParams", "uploadVAppTemplateParams", upload_template },
};

static bool is_kind(const struct api_call *c, const struct legacy_in *in, size_t k)
{
    const char *type = api_field(c, "Content-Type");
    return in->xml ? xml_is(in->xml, LEGACY_NS, kinds[k].root) : type && strstr(type, kinds[k].type);
}

/* Before the body is looked at: whatever somebody sends to another organization's catalog, he hears only that. */
static bool find_catalog(struct api_call *c, const char **ret, struct err *e)
{
    AUTO(loan_end) struct loan l = { 0 };
    struct catalog k;
    if (!api_param_urn(c, "id", "catalog", ret, e))
        return err_set(e, ERR_DENIED, "No access to entity \"%s\".", api_param(c, "id"));
    return loan_begin(c->site->shelf, &l, e) && catalog_get(l.store, &c->caller, *ret, c->arena, &k, e);
}

static bool upload(struct api_call *c, struct err *e)
{
    struct legacy_in in;
    const char *catalog;
    if (!find_catalog(c, &catalog, e) || !legacy_body(c, &in, e))
        return false;
    size_t k = 0;
    while (k < ARRAY_LEN(kinds) && !is_kind(c, &in, k))
        k++;
    bool ok = k < ARRAY_LEN(kinds) ? kinds[k].run(c, &in, catalog, e)
                                   : err_set(e, ERR_INPUT, "the body is nothing that can be uploaded into a catalog");
    legacy_body_done(&in);
    return ok;
}

const struct api_op api_legacy_upload_ops[] = {
    { "POST", "/api/catalog/{id}/action/upload", API_LEGACY, RIGHT_CATALOG_UPLOAD, 0, upload, 0 },
    { 0 },
};
