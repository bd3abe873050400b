#include "wire/tar_write.h"

#include <stdio.h>
#include <string.h>

/* Offsets of POSIX.1-1988 ustar. */
enum { NAME = 0, MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, SUM = 148, TYPE = 156, MAGIC = 257, VERSION = 263 };
enum { SIZE_LEN = 12, OCTAL_DIGITS = 11 };

static bool check_name(const char *name, struct err *e)
{
    size_t len = strlen(name);
    if (!len || len > TAR_NAME_MAX)
        return err_set(e, ERR_INPUT, "a name in an archive has 1 to %d bytes", TAR_NAME_MAX);
    if (name[0] == '/' || strstr(name, "..") || strchr(name, '\\'))
        return err_set(e, ERR_INPUT, "a name in an archive would lead out of its place");
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return err_set(e, ERR_INPUT, "a name in an archive has a control character");
    return true;
}

/* Octal digits and a NUL; the caller knows that it fits. */
static void octal(uint8_t *at, int digits, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%0*llo", digits, (unsigned long long)value);
    memcpy(at, text, (size_t)digits + 1);
}

static void put_size(uint8_t *at, uint64_t size)
{
    if (size < UINT64_C(1) << (3 * OCTAL_DIGITS)) {
        octal(at, OCTAL_DIGITS, size);
        return;
    }
    at[0] = 0x80;
    for (int i = SIZE_LEN - 1; i > 0 && size; i--, size >>= 8)
        at[i] = (uint8_t)size;
}

bool tar_header(const char *name, uint64_t size, int64_t unix_seconds, uint8_t out[TAR_BLOCK], struct err *e)
{
    unsigned sum = 0;
    if (!check_name(name, e))
        return false;
    memset(out, 0, TAR_BLOCK);
    memcpy(out + NAME, name, strlen(name));
    octal(out + MODE, 7, 0644);
    octal(out + UID, 7, 0);
    octal(out + GID, 7, 0);
    put_size(out + SIZE, size);
    octal(out + MTIME, OCTAL_DIGITS, unix_seconds > 0 && unix_seconds < INT64_C(1) << (3 * OCTAL_DIGITS) ? (uint64_t)unix_seconds : 0);
    out[TYPE] = '0';
    memcpy(out + MAGIC, "ustar", 6);
    memcpy(out + VERSION, "00", 2);
    memset(out + SUM, ' ', 8); /* as it is summed */
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += out[i];
    octal(out + SUM, 6, sum);
    return true;
}

size_t tar_padding(uint64_t size)
{
    return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}
