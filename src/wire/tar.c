#include "wire/tar.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* Offsets and lengths of POSIX.1-1988 ustar. */
enum { NAME = 0, NAME_LEN = 100, SIZE = 124, SIZE_LEN = 12, SUM = 148, SUM_LEN = 8, TYPE = 156, MAGIC = 257, PREFIX = 345 };

void tar_init(struct tar *t)
{
    *t = (struct tar){ 0 };
    buf_init(&t->extension, TAR_EXTENSION_MAX);
}

void tar_done(struct tar *t)
{
    buf_done(&t->extension);
}

/* ---- fields ---- */

/* Octal digits between spaces, ended by a space, a NUL or the field's end. */
static bool read_octal(const uint8_t *p, size_t len, uint64_t *ret)
{
    size_t i = 0;
    uint64_t n = 0;
    while (i < len && p[i] == ' ')
        i++;
    size_t first = i;
    for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
        n = n << 3 | (uint64_t)(p[i] - '0');
    size_t digits = i - first;
    while (i < len && (p[i] == ' ' || p[i] == '\0'))
        i++;
    *ret = n;
    return digits > 0 && i == len;
}

/* GNU's: the first byte is 0x80 and the rest a number, or 0xff and it is negative. */
static bool read_size(const uint8_t *p, uint64_t *ret, struct err *e)
{
    uint64_t n = 0;
    if (!(p[0] & 0x80))
        return read_octal(p, SIZE_LEN, ret) || err_set(e, ERR_INPUT, "the archive has a size that is no number");
    bool fits = p[0] == 0x80;
    for (size_t i = 1; i < SIZE_LEN; i++) {
        fits &= n <= (uint64_t)INT64_MAX >> 8;
        n = n << 8 | p[i];
    }
    *ret = n;
    return fits || err_set(e, ERR_INPUT, "the archive has a size that is negative, or larger than anything");
}

static bool check_name(const char *name, size_t len, struct err *e)
{
    if (!len || len > TAR_FILE_NAME_MAX)
        return err_set(e, ERR_INPUT, "a name in the archive has not 1 to %d bytes", TAR_FILE_NAME_MAX);
    if (memchr(name, '/', len) || memchr(name, '\\', len) || (len == 1 && name[0] == '.') || (len == 2 && !memcmp(name, "..", 2)))
        return err_set(e, ERR_INPUT, "a name in the archive leads out of its place: its files lie beside each other");
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return err_set(e, ERR_INPUT, "a name in the archive has a control character");
    return text_utf8(name, len) || err_set(e, ERR_INPUT, "a name in the archive is no UTF-8");
}

static bool put_name(struct tar_file *f, const char *name, size_t len, struct err *e)
{
    if (!check_name(name, len, e))
        return false;
    memcpy(f->name, name, len);
    f->name[len] = '\0';
    return true;
}

static bool is_zero(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i])
            return false;
    return true;
}

static bool check_sum(const uint8_t *b)
{
    uint64_t said, sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_LEN ? ' ' : b[i];
    return read_octal(b + SUM, SUM_LEN, &said) && said == sum;
}

/* ---- extensions ---- */

/* One record, "LEN KEY=VALUE\n", whose LEN counts all of it; at most `len` bytes are there. */
struct record {
    const char *key, *value;
    size_t key_len, value_len, len;
};

static bool read_record(const char *p, size_t len, struct record *ret)
{
    size_t n = 0, i = 0;
    for (; i < len && p[i] >= '0' && p[i] <= '9' && n <= TAR_EXTENSION_MAX; i++)
        n = n * 10 + (size_t)(p[i] - '0');
    if (!i || i == len || p[i] != ' ' || n > len || n < i + 3 || p[n - 1] != '\n')
        return false;
    const char *key = p + i + 1, *end = p + n - 1, *equals = memchr(key, '=', (size_t)(end - key));
    if (!equals || equals == key)
        return false;
    *ret = (struct record){ key, equals + 1, (size_t)(equals - key), (size_t)(end - equals - 1), n };
    return true;
}

static bool is_key(const struct record *r, const char *key)
{
    return r->key_len == strlen(key) && memcmp(r->key, key, r->key_len) == 0;
}

static bool take_record(struct tar *t, const struct record *r, struct err *e)
{
    static const char sparse[] = "GNU.sparse.";
    char digits[24] = "";
    if (r->key_len >= sizeof(sparse) - 1 && memcmp(r->key, sparse, sizeof(sparse) - 1) == 0)
        return err_set(e, ERR_INPUT, "the archive has a sparse file: only whole ones are taken");
    bool path = is_key(r, "path"), size = is_key(r, "size");
    if ((path || size) && t->kind == 'g')
        return err_set(e, ERR_INPUT, "the archive gives all its files one name or size");
    if (path) {
        t->has_name = true;
        return put_name(&t->said, r->value, r->value_len, e);
    }
    if (!size)
        return true;
    t->has_size = true;
    if (r->value_len < sizeof(digits))
        memcpy(digits, r->value, r->value_len);
    return (strlen(digits) == r->value_len && text_number(digits, 0, INT64_MAX, &t->said.size)) ||
           err_set(e, ERR_INPUT, "the archive has a size that is no number");
}

static bool take_pax(struct tar *t, struct err *e)
{
    const char *p = buf_str(&t->extension);
    size_t len = t->extension.len;
    while (len) {
        struct record r;
        if (!read_record(p, len, &r))
            return err_set(e, ERR_INPUT, "the archive has an extended header that can't be read");
        if (!take_record(t, &r, e))
            return false;
        p += r.len;
        len -= r.len;
    }
    return true;
}

static bool take_extension(struct tar *t, struct err *e)
{
    if (t->kind != 'L')
        return take_pax(t, e);
    t->has_name = true; /* up to its NUL */
    return put_name(&t->said, buf_str(&t->extension), strnlen(buf_str(&t->extension), t->extension.len), e);
}

static enum tar_event begin_extension(struct tar *t, char kind, uint64_t size, struct err *e)
{
    if (size > TAR_EXTENSION_MAX || ++t->extensions > TAR_EXTENSIONS_MAX) {
        (void)err_set(e, ERR_LIMIT, "a file of the archive has more than %d extended headers, or one larger than %d bytes", TAR_EXTENSIONS_MAX,
                      TAR_EXTENSION_MAX);
        return TAR_BAD;
    }
    t->kind = kind;
    t->extension_left = size;
    t->padding = tar_padding(size);
    buf_clear(&t->extension);
    t->at = TAR_AT_EXTENSION;
    return TAR_MORE;
}

/* ---- headers ---- */

/* A prefix makes a path of a name. GNU's headers have other things there. */
static bool read_name(struct tar *t, const uint8_t *b, bool posix, struct err *e)
{
    if (t->has_name) {
        memcpy(t->file.name, t->said.name, sizeof(t->file.name));
        return true;
    }
    if (posix && b[PREFIX])
        return err_set(e, ERR_INPUT, "a name in the archive leads out of its place: its files lie beside each other");
    return put_name(&t->file, (const char *)b + NAME, strnlen((const char *)b + NAME, NAME_LEN), e);
}

static enum tar_event begin_file(struct tar *t, uint64_t size, bool posix, struct err *e)
{
    if (!read_name(t, t->block, posix, e))
        return TAR_BAD;
    t->file.size = t->left = t->has_size ? t->said.size : size;
    t->padding = tar_padding(t->left);
    t->has_name = t->has_size = false;
    t->extensions = 0;
    t->at = t->left ? TAR_AT_DATA : TAR_AT_PADDING;
    return TAR_FILE;
}

static enum tar_event refuse(struct err *e, const char *why)
{
    (void)err_set(e, ERR_INPUT, "%s", why);
    return TAR_BAD;
}

static enum tar_event take_header(struct tar *t, struct err *e)
{
    const uint8_t *b = t->block;
    bool posix = memcmp(b + MAGIC, "ustar\00000", 8) == 0, gnu = memcmp(b + MAGIC, "ustar  ", 8) == 0;
    uint64_t size;
    if (is_zero(b, TAR_BLOCK)) {
        t->at = TAR_AT_ZEROS;
        return t->extensions ? refuse(e, "the archive ends behind an extended header") : TAR_MORE;
    }
    if (!posix && !gnu)
        return refuse(e, "this is no tar archive: a header of it has another form");
    if (!check_sum(b))
        return refuse(e, "a header of the archive does not add up to its checksum");
    if (!read_size(b + SIZE, &size, e))
        return TAR_BAD;
    switch (b[TYPE]) {
    case '0':
    case '\0': return begin_file(t, size, posix, e);
    case 'x':
    case 'g':
    case 'L': return begin_extension(t, (char)b[TYPE], size, e);
    default: return refuse(e, "the archive has something other than files: a link, a directory, a device, or a part of a file");
    }
}

/* Fills the block; true when it is there. */
static bool fill_block(struct tar *t, const uint8_t *p, size_t len, size_t *used)
{
    size_t n = TAR_BLOCK - t->block_len, there = len - *used;
    n = n < there ? n : there;
    memcpy(t->block + t->block_len, p + *used, n);
    t->block_len += n;
    *used += n;
    if (t->block_len < TAR_BLOCK)
        return false;
    t->block_len = 0;
    return true;
}

static enum tar_event read_extension(struct tar *t, const uint8_t *p, size_t len, size_t *used, struct err *e)
{
    size_t there = len - *used, n = t->extension_left < there ? (size_t)t->extension_left : there;
    if (!buf_append(&t->extension, p + *used, n, e))
        return TAR_BAD;
    *used += n;
    t->extension_left -= n;
    if (t->extension_left)
        return TAR_MORE;
    t->at = TAR_AT_PADDING;
    return take_extension(t, e) ? TAR_MORE : TAR_BAD;
}

static enum tar_event step(struct tar *t, const uint8_t *p, size_t len, size_t *used, struct err *e)
{
    size_t there = len - *used, n = there;
    switch (t->at) {
    case TAR_AT_HEADER: return fill_block(t, p, len, used) ? take_header(t, e) : TAR_MORE;
    case TAR_AT_EXTENSION: return read_extension(t, p, len, used, e);
    case TAR_AT_DATA: return TAR_DATA;
    case TAR_AT_PADDING:
        n = n < t->padding ? n : t->padding;
        *used += n;
        t->padding -= n;
        t->at = t->padding ? TAR_AT_PADDING : TAR_AT_HEADER;
        return TAR_MORE;
    case TAR_AT_ZEROS:
        if (!fill_block(t, p, len, used))
            return TAR_MORE;
        t->at = TAR_AT_END;
        return is_zero(t->block, TAR_BLOCK) ? TAR_MORE : refuse(e, "the archive has one block of zeros where two end it");
    case TAR_AT_END:
        *used = len;
        return is_zero(p + len - n, n) ? TAR_OVER : refuse(e, "something stands behind the archive's end");
    }
    return TAR_BAD;
}

enum tar_event tar_read(struct tar *t, const uint8_t *p, size_t len, size_t *ret_used, struct err *e)
{
    enum tar_event event = TAR_MORE;
    *ret_used = 0;
    while (event == TAR_MORE && *ret_used < len)
        event = step(t, p, len, ret_used, e);
    return event == TAR_MORE && t->at == TAR_AT_END ? TAR_OVER : event;
}

void tar_take(struct tar *t, uint64_t len)
{
    assert(t->at == TAR_AT_DATA && len <= t->left);
    t->left -= len;
    if (!t->left)
        t->at = TAR_AT_PADDING;
}

bool tar_ends(const struct tar *t, struct err *e)
{
    return t->at == TAR_AT_END || err_set(e, ERR_INPUT, "the archive is cut off: two blocks of zeros end one");
}
