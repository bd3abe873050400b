#include "wire/archive_write.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"

enum { FILE_MODE = 0600 };

static void entry_freep(struct archive_entry **entry)
{
    archive_entry_free(*entry);
}

static la_ssize_t put(struct archive *a, void *self, const void *p, size_t len)
{
    struct err full;
    if (buf_append(self, p, len, &full))
        return (la_ssize_t)len;
    archive_set_error(a, ARCHIVE_FATAL, "%s", full.msg);
    return -1;
}

static bool write_file(struct archive *a, const struct wire_archive_file *f, int64_t unix_seconds)
{
    AUTO(entry_freep) struct archive_entry *entry = archive_entry_new();
    if (!entry)
        return false;
    archive_entry_set_pathname(entry, f->path);
    archive_entry_set_size(entry, (la_int64_t)f->len);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, FILE_MODE);
    archive_entry_set_mtime(entry, (time_t)unix_seconds, 0);
    return archive_write_header(a, entry) == ARCHIVE_OK && archive_write_data(a, f->data, f->len) == (la_ssize_t)f->len;
}

bool wire_archive_write(const struct wire_archive_file *files, size_t len, int64_t unix_seconds, struct buf *out, struct err *e)
{
    struct archive *a = archive_write_new();
    bool ok = a && archive_write_set_format_ustar(a) == ARCHIVE_OK && archive_write_add_filter_gzip(a) == ARCHIVE_OK &&
              archive_write_open(a, out, NULL, put, NULL) == ARCHIVE_OK;
    for (size_t i = 0; ok && i < len; i++)
        ok = write_file(a, &files[i], unix_seconds);
    ok = ok && archive_write_close(a) == ARCHIVE_OK;
    if (!ok)
        (void)err_set(e, ERR_LIMIT, "the archive can't be written: %s", a && archive_error_string(a) ? archive_error_string(a) : "libarchive refused");
    (void)archive_write_free(a);
    return ok;
}
