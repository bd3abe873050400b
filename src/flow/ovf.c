#include "flow/ovf.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/xml.h"

/* Envelopes of OVF 1.x, 2.x, and what VMware wrote before there was a standard. */
static const char *const spaces[] = {
    "http://schemas.dmtf.org/ovf/envelope/1", "http://schemas.dmtf.org/ovf/envelope/2", "http://www.vmware.com/schema/ovf/1/envelope",
};

bool ovf_name_valid(const char *name)
{
    size_t len = strlen(name);
    if (!len || len > OVF_NAME_MAX || !strcmp(name, ".") || !strcmp(name, "..") || !text_utf8(name, len))
        return false;
    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == '\\' || (unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return true;
}

const char *ovf_attribute(const struct xml_element *el, const char *name)
{
    const char *v = xml_attribute(el, el->ns, name);
    return v ? v : xml_attribute(el, NULL, name);
}

/* A number of bytes; absent is -1. */
static bool read_size(const struct xml_element *el, const char *name, int64_t *ret, struct err *e)
{
    const char *text = ovf_attribute(el, name);
    uint64_t n;
    *ret = -1;
    if (!text)
        return true;
    if (!text_number(text, 0, (uint64_t)OVF_SIZE_MAX, &n))
        return err_set(e, ERR_INPUT, "the descriptor's ovf:%s \"%.40s\" is no number of bytes up to 64 TiB", name, text);
    *ret = (int64_t)n;
    return true;
}

static bool is_taken(const struct ovf_package *p, const char *name)
{
    for (size_t i = 0; i < p->files_len; i++)
        if (strcmp(p->files[i].href, name) == 0)
            return true;
    return !strcmp(name, OVF_DESCRIPTOR) || !strcmp(name, OVF_MANIFEST) || !strcmp(name, OVF_ARCHIVE);
}

static bool read_file(const struct xml_element *el, struct ovf_package *p, struct err *e)
{
    struct ovf_file f = { .href = ovf_attribute(el, "href") };
    if (p->files_len == OVF_FILES_MAX)
        return err_set(e, ERR_LIMIT, "the descriptor refers to more than %d files", OVF_FILES_MAX);
    if (!f.href || !ovf_name_valid(f.href))
        return err_set(e, ERR_INPUT, "a file of the descriptor has no name that can be sent: 1 to %d bytes without '/' and control characters",
                       OVF_NAME_MAX);
    if (is_taken(p, f.href))
        return err_set(e, ERR_INPUT, "the descriptor refers twice to a file, or to one of its own names");
    if (!read_size(el, "size", &f.size, e) || !read_size(el, "chunkSize", &f.chunk, e))
        return false;
    if (f.chunk == 0)
        return err_set(e, ERR_INPUT, "the descriptor's ovf:chunkSize is 0");
    f.chunk = f.chunk < 0 ? 0 : f.chunk;
    if (f.size > OVF_SIZE_MAX - p->total)
        return err_set(e, ERR_LIMIT, "the descriptor's files are larger than 64 TiB together");
    p->total += f.size > 0 ? f.size : 0;
    p->files[p->files_len++] = f;
    return true;
}

static bool read_networks(const struct xml_element *root, struct ovf_package *p, struct err *e)
{
    const struct xml_element *section = xml_child(root, root->ns, "NetworkSection");
    for (const struct xml_element *el = xml_child(section, root->ns, "Network"); el; el = xml_next(el, root->ns, "Network")) {
        const char *name = ovf_attribute(el, "name");
        if (p->networks_len == OVF_NETWORKS_MAX)
            return err_set(e, ERR_LIMIT, "the descriptor has more than %d networks", OVF_NETWORKS_MAX);
        if (!name || !name[0] || strlen(name) > OVF_NAME_MAX)
            return err_set(e, ERR_INPUT, "a network of the descriptor has no name");
        p->networks[p->networks_len++] = name;
    }
    return true;
}

static bool is_envelope(const struct xml_element *root)
{
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
        if (xml_is(root, spaces[i], "Envelope"))
            return true;
    return false;
}

bool ovf_parse(const void *data, size_t len, struct arena *a, struct ovf_package *ret, struct err *e)
{
    static const struct xml_limits limits = { .bytes = OVF_DESCRIPTOR_MAX, .elements = OVF_ELEMENTS_MAX };
    struct xml_element *root;
    struct ovf_package p = { .files = arena_array(a, OVF_FILES_MAX, sizeof(*p.files)),
                             .networks = arena_array(a, OVF_NETWORKS_MAX, sizeof(*p.networks)) };
    if (!xml_parse(data, len, &limits, a, &root, e))
        return err_in(e, "the OVF descriptor");
    if (!is_envelope(root))
        return err_set(e, ERR_INPUT, "the OVF descriptor is no Envelope of OVF 1 or 2");
    const struct xml_element *references = xml_child(root, root->ns, "References");
    for (const struct xml_element *el = xml_child(references, root->ns, "File"); el; el = xml_next(el, root->ns, "File"))
        if (!read_file(el, &p, e))
            return false;
    if (!read_networks(root, &p, e))
        return false;
    *ret = p;
    return true;
}

/* ---- manifests ---- */

static bool read_kind(const char *at, size_t len, enum digest_kind *ret)
{
    static const struct { const char *name; enum digest_kind kind; } kinds[] = {
        { "SHA1", DIGEST_OF_SHA1 }, { "SHA256", DIGEST_OF_SHA256 }, { "SHA512", DIGEST_OF_SHA512 },
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, at, len) == 0) {
            *ret = kinds[i].kind;
            return true;
        }
    return false;
}

/* "SHA256(name)= hex", white space around the '=' and at the end allowed. */
static bool read_line(const char *line, size_t len, struct arena *a, struct ovf_sum *ret)
{
    const char *text = arena_strndup(a, line, len), *open = strchr(text, '('), *close = open ? strrchr(text, ')') : NULL;
    if (strlen(text) != len || !close || close < open || !read_kind(text, (size_t)(open - text), &ret->kind))
        return false;
    ret->name = arena_strndup(a, open + 1, (size_t)(close - open - 1));
    const char *hex = close + 1 + strspn(close + 1, " \t");
    if (*hex++ != '=')
        return false;
    hex += strspn(hex, " \t");
    size_t digits = strcspn(hex, " \t\r");
    return ovf_name_valid(ret->name) && hex[digits + strspn(hex + digits, " \t\r")] == '\0' &&
           digits == 2 * digest_size(ret->kind) && text_unhex(arena_strndup(a, hex, digits), ret->digest, digest_size(ret->kind));
}

bool ovf_manifest_parse(const void *data, size_t len, struct arena *a, struct ovf_sum **ret, size_t *ret_len, struct err *e)
{
    const char *at = data, *end = at + len;
    struct ovf_sum *list = arena_array(a, OVF_LINES_MAX, sizeof(*list));
    size_t n = 0;
    if (len > OVF_MANIFEST_MAX)
        return err_set(e, ERR_LIMIT, "the manifest is larger than %d bytes", OVF_MANIFEST_MAX);
    for (size_t number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);
        bool blank = line == 0 || (line == 1 && at[0] == '\r');
        if (!blank && n == OVF_LINES_MAX)
            return err_set(e, ERR_LIMIT, "the manifest has more than %d lines", OVF_LINES_MAX);
        if (!blank && !read_line(at, line, a, &list[n]))
            return err_set(e, ERR_INPUT, "line %zu of the manifest is not \"SHA256(name)= digest\"", number);
        for (size_t i = 0; !blank && i < n; i++)
            if (strcmp(list[i].name, list[n].name) == 0)
                return err_set(e, ERR_INPUT, "the manifest names a file twice, in line %zu", number);
        n += !blank;
        at += line + (newline ? 1 : 0);
    }
    *ret = list;
    *ret_len = n;
    return true;
}
