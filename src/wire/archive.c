#include "wire/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { PIECE = 16 * 1024 }; /* unpacked at once, on the stack */

struct unpack {
    struct archive *archive; /* owned */
    struct wire_archive_limits limits;
    size_t packed, total, entries;
    struct buf file;
};

static size_t or_default(size_t given, size_t otherwise)
{
    return given ? given : otherwise;
}

static void unpack_init(struct unpack *u, size_t packed, const struct wire_archive_limits *l)
{
    static const struct wire_archive_limits none;
    l = l ? l : &none;
    *u = (struct unpack){ .packed = packed };
    u->limits.bytes = or_default(l->bytes, WIRE_ARCHIVE_BYTES);
    u->limits.entries = or_default(l->entries, WIRE_ARCHIVE_ENTRIES);
    u->limits.entry = or_default(l->entry, WIRE_ARCHIVE_ENTRY);
    u->limits.total = or_default(l->total, WIRE_ARCHIVE_TOTAL);
    u->limits.ratio = or_default(l->ratio, WIRE_ARCHIVE_RATIO);
    buf_init(&u->file, u->limits.entry);
}

static void unpack_done(struct unpack *u)
{
    (void)archive_read_free(u->archive);
    buf_done(&u->file);
}

/* What libarchive says quotes names from the archive: escaped and cut. */
static bool broken(struct unpack *u, const char *what, struct err *e)
{
    char why[160] = "it can't be read";
    const char *text = archive_error_string(u->archive);
    if (text)
        text_escape(why, sizeof(why), text, strlen(text));
    return err_set(e, ERR_INPUT, "the archive %s: %s", what, why);
}

static bool path_ok(const char *path)
{
    size_t len = path ? strlen(path) : 0;
    if (!len || len > WIRE_ARCHIVE_PATH || *path == '/' || strchr(path, '\\') || !text_utf8(path, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f)
            return false;
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        if (!strncmp(at, "..", 2) && (at[2] == '/' || !at[2]))
            return false;
    }
    return true;
}

/* libarchive knows more ways to pack a zip entry than anybody uses (LZMA with a dictionary of 4 GiB among them); the
 * way is told by the name of the format once the entry's header has been read. */
static bool packing_ok(struct unpack *u)
{
    if ((archive_format(u->archive) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_ZIP)
        return true;
    const char *name = archive_format_name(u->archive);
    return name && (strstr(name, "(uncompressed)") || strstr(name, "(deflation)"));
}

static bool check_entry(struct unpack *u, struct archive_entry *entry, struct err *e)
{
    if (++u->entries > u->limits.entries)
        return err_set(e, ERR_LIMIT, "the archive has more than %zu entries", u->limits.entries);
    if (!path_ok(archive_entry_pathname_utf8(entry)))
        return err_set(e, ERR_INPUT, "entry %zu of the archive has a name that would leave its place", u->entries);
    if (archive_entry_is_encrypted(entry))
        return err_set(e, ERR_INPUT, "entry %zu of the archive is encrypted", u->entries);
    if (!packing_ok(u))
        return err_set(e, ERR_INPUT, "entry %zu of the archive is packed in a way that is not accepted", u->entries);
    if (archive_entry_size_is_set(entry) &&
        (archive_entry_size(entry) < 0 || (uint64_t)archive_entry_size(entry) > u->limits.entry))
        return err_set(e, ERR_LIMIT, "entry %zu of the archive is larger than %zu bytes", u->entries, u->limits.entry);
    return true;
}

static bool count(struct unpack *u, size_t len, struct err *e)
{
    u->total += len;
    if (u->total > u->limits.total)
        return err_set(e, ERR_LIMIT, "the archive unpacks to more than %zu bytes", u->limits.total);
    if (u->total > WIRE_ARCHIVE_RATIO_FROM && u->total / u->limits.ratio > u->packed)
        return err_set(e, ERR_LIMIT, "the archive unpacks to more than %zu times its size", u->limits.ratio);
    return true;
}

/* The data of every entry is read, also of one that is passed over: skipping would unpack it uncounted. */
static bool read_data(struct unpack *u, struct err *e)
{
    uint8_t piece[PIECE];
    buf_clear(&u->file);
    for (;;) {
        la_ssize_t got = archive_read_data(u->archive, piece, sizeof(piece));
        if (got < 0)
            return broken(u, "is damaged", e);
        if (!got)
            return true;
        if (!count(u, (size_t)got, e))
            return false;
        if (!buf_append(&u->file, piece, (size_t)got, e))
            return err_set(e, ERR_LIMIT, "entry %zu of the archive is larger than %zu bytes", u->entries, u->limits.entry);
    }
}

static bool read_entries(struct unpack *u, wire_archive_sink *sink, void *self, struct err *e)
{
    struct archive_entry *entry;
    int status;
    while ((status = archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
        if (!check_entry(u, entry, e) || !read_data(u, e))
            return false;
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        struct wire_archive_file f = { archive_entry_pathname_utf8(entry), (const uint8_t *)buf_str(&u->file),
                                       u->file.len };
        if (!sink(self, &f, e))
            return false;
    }
    return status == ARCHIVE_EOF || broken(u, "is damaged", e);
}

bool wire_archive_read(const void *data, size_t len, const struct wire_archive_limits *limits, wire_archive_sink *sink,
                       void *self, struct err *e)
{
    AUTO(unpack_done) struct unpack u;
    unpack_init(&u, len, limits);
    if (len > u.limits.bytes)
        return err_set(e, ERR_LIMIT, "the archive is larger than %zu bytes", u.limits.bytes);
    u.archive = archive_read_new();
    /* Seekable only: the other reader takes a zip that was cut off between two files for a whole one. */
    if (!u.archive || archive_read_support_format_zip_seekable(u.archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(u.archive) != ARCHIVE_OK)
        return err_set(e, ERR_INTERNAL, "libarchive can't read zip and tar");
    if (archive_read_open_memory(u.archive, data, len) != ARCHIVE_OK)
        return broken(&u, "is neither zip nor tar", e);
    return read_entries(&u, sink, self, e);
}
