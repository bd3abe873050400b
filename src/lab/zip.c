#include "lab/zip.h"

#include <string.h>

/* APPNOTE.TXT 6.3: sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (its end). Times are left at the first
 * moment that DOS knows: 1980-01-01. */
enum { LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, VERSION = 20, DOS_DATE = 0x21 };

static uint32_t crc32_of(const uint8_t *p, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static bool put(struct buf *b, uint32_t value, size_t bytes, struct err *e)
{
    uint8_t le[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24) };
    return buf_append(b, le, bytes, e);
}

void lab_zip_start(struct lab_zip *z, struct buf *out)
{
    z->out = out;
    z->files = 0;
    buf_init(&z->directory, LAB_ZIP_MAX);
}

/* What both headers share: from "version needed" to "extra field length". */
static bool put_common(struct buf *b, uint32_t crc, size_t len, size_t name_len, struct err *e)
{
    return put(b, VERSION, 2, e) && put(b, 0, 2, e) && put(b, 0, 2, e) && put(b, 0, 2, e) && put(b, DOS_DATE, 2, e) &&
           put(b, crc, 4, e) && put(b, (uint32_t)len, 4, e) && put(b, (uint32_t)len, 4, e) &&
           put(b, (uint32_t)name_len, 2, e) && put(b, 0, 2, e);
}

bool lab_zip_add(struct lab_zip *z, const char *name, const void *p, size_t len, struct err *e)
{
    size_t name_len = strlen(name), at = z->out->len;
    uint32_t crc = crc32_of(p, len);
    if (z->files == LAB_ZIP_FILES || name_len > LAB_ZIP_NAME || len > LAB_ZIP_MAX || at > LAB_ZIP_MAX)
        return err_set(e, ERR_LIMIT, "the zip archive grows too large");
    z->files++;
    struct buf *d = &z->directory;
    return put(z->out, LOCAL, 4, e) && put_common(z->out, crc, len, name_len, e) &&
           buf_append(z->out, name, name_len, e) && buf_append(z->out, p, len, e) &&
           put(d, CENTRAL, 4, e) && put(d, VERSION, 2, e) && put_common(d, crc, len, name_len, e) && put(d, 0, 4, e) &&
           put(d, 0, 2, e) && put(d, 0, 4, e) && put(d, (uint32_t)at, 4, e) && buf_append(d, name, name_len, e);
}

bool lab_zip_end(struct lab_zip *z, struct err *e)
{
    size_t at = z->out->len, len = z->directory.len;
    bool ok = buf_append(z->out, z->directory.data, len, e) && put(z->out, END, 4, e) && put(z->out, 0, 4, e) &&
              put(z->out, (uint32_t)z->files, 2, e) && put(z->out, (uint32_t)z->files, 2, e) &&
              put(z->out, (uint32_t)len, 4, e) && put(z->out, (uint32_t)at, 4, e) && put(z->out, 0, 2, e);
    buf_done(&z->directory);
    return ok;
}
