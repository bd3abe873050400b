#include "api/error.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "wire/json.h"
#include "wire/xml.h"

static const struct api_error table[][2] = {
    /* cloudapi, legacy */
    [ERR_NONE] = { { 200, "" }, { 200, "" } },
    [ERR_INPUT] = { { 400, "BAD_REQUEST" }, { 400, "BAD_REQUEST" } },
    [ERR_NOT_FOUND] = { { 403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN" }, { 404, "RESOURCE_NOT_FOUND" } },
    [ERR_CONFLICT] = { { 400, "DUPLICATE_NAME" }, { 400, "DUPLICATE_NAME" } },
    [ERR_DENIED] = { { 403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN" }, { 403, "ACCESS_TO_RESOURCE_IS_FORBIDDEN" } },
    [ERR_UNTRUSTED] = { { 400, "UNTRUSTED_CERTIFICATE" }, { 400, "UNTRUSTED_CERTIFICATE" } },
    [ERR_PEER] = { { 500, "PEER_UNREACHABLE" }, { 500, "PEER_UNREACHABLE" } },
    [ERR_TIMEOUT] = { { 408, "TIMEDOUT" }, { 408, "TIMEDOUT" } },
    [ERR_LIMIT] = { { 413, "REQUEST_TOO_LARGE" }, { 413, "REQUEST_TOO_LARGE" } },
    [ERR_STORE] = { { 503, "SERVICE_UNAVAILABLE" }, { 503, "SERVICE_UNAVAILABLE" } },
    [ERR_CANCELLED] = { { 409, "CANCELLED" }, { 409, "CANCELLED" } },
    [ERR_INTERNAL] = { { 500, "INTERNAL_SERVER_ERROR" }, { 500, "INTERNAL_SERVER_ERROR" } },
};

struct api_error api_error_of(enum err_kind kind, enum api_face face)
{
    return table[kind][face];
}

struct api_error api_error_for(const struct err *e, enum api_face face)
{
    bool busy = e->kind == ERR_CONFLICT && (strstr(e->msg, "is currently busy") || strstr(e->msg, "is busy completing an operation"));
    return busy ? (struct api_error){ 400, "BUSY_ENTITY" } : api_error_of(e->kind, face);
}

static bool write_json(struct api_error a, const char *text, enum api_face face, struct buf *out, struct err *failed)
{
    json_t *j = json_pack("{s:s, s:s, s:n}", "minorErrorCode", a.minor, "message", text, "stackTrace");
    if (j && face == API_LEGACY)
        (void)json_object_set_new(j, "majorErrorCode", json_integer(a.status));
    bool ok = j ? wire_json_write(out, j, failed) : err_set(failed, ERR_INTERNAL, "the error's text is not UTF-8");
    json_decref(j);
    return ok;
}

bool api_error_write_as(struct api_error as, const char *text, enum api_face face, enum api_format format,
                        struct buf *out, struct err *failed)
{
    if (format == API_JSON)
        return write_json(as, text, face, out, failed);
    struct xml_writer w;
    char status[12];
    (void)snprintf(status, sizeof(status), "%d", as.status);
    xml_writer_start(&w, out);
    xml_declaration(&w);
    xml_open(&w, "Error");
    xml_attr(&w, "xmlns", "http://www.vmware.com/vcloud/v1.5");
    xml_attr(&w, "message", text);
    xml_attr(&w, "majorErrorCode", status);
    xml_attr(&w, "minorErrorCode", as.minor);
    xml_close(&w);
    return xml_writer_end(&w, failed);
}

bool api_error_write(const struct err *e, enum api_face face, enum api_format format, struct buf *out, struct err *failed)
{
    return api_error_write_as(api_error_for(e, face), e->msg, face, format, out, failed);
}

void api_task_text(const char *text, char *out, size_t size)
{
    static const char *const retried[] = { "400", "is currently busy", "BUSY_ENTITY", "another transaction",
                                           "408:TIMEDOUT" };
    static const char joiner[] = "\xe2\x81\xa0"; /* U+2060: not seen, and no expression reads over it */
    size_t at = 0;
    for (const char *p = text; *p; p++) {
        size_t joined = 0;
        for (size_t i = 0; i < ARRAY_LEN(retried); i++)
            if (strncmp(p, retried[i], strlen(retried[i])) == 0)
                joined = sizeof(joiner) - 1;
        if (at + 1 + joined >= size)
            break;
        out[at++] = *p;
        memcpy(out + at, joiner, joined);
        at += joined;
    }
    out[at] = '\0';
}

int api_task_major(enum err_kind kind)
{
    int status = table[kind][API_LEGACY].status;
    return status == 400 ? 500 : status == 408 ? 504 : status;
}
