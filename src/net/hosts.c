#include "net/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

struct pair {
    const char *name; /* lower case, no dot at the end; in the arena */
    size_t order;     /* in the file */
    struct address address;
};

struct hosts {
    struct arena names;
    struct pair *pairs; /* sorted by name, then by order */
    size_t len, cap;
};

static bool label_char(char c)
{
    c = text_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Would a resolver take a name with this last label for a number? */
static bool label_is_number(const char *label, size_t len)
{
    if (len >= 2 && label[0] == '0' && text_lower(label[1]) == 'x')
        return strspn(label + 2, "0123456789abcdefABCDEF") >= len - 2;
    return strspn(label, "0123456789") >= len;
}

bool hosts_name_valid(const char *name)
{
    size_t len = strlen(name), start = 0;
    if (len && name[len - 1] == '.')
        len--;
    if (!len || len > HOSTS_NAME_MAX)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] != '.') {
            if (!label_char(name[i]))
                return false;
            continue;
        }
        size_t label = i - start;
        if (!label || label > 63 || name[start] == '-' || name[i - 1] == '-')
            return false;
        if (i == len)
            return !label_is_number(name + start, label);
        start = i + 1;
    }
    return false;
}

/* Lower case, without a dot at the end. */
static void normalize(char *name)
{
    size_t len = strlen(name);
    if (len && name[len - 1] == '.')
        name[len - 1] = '\0';
    for (; *name; name++)
        *name = text_lower(*name);
}

static bool add(struct hosts *h, const char *name, const struct address *a, struct err *e)
{
    if (!hosts_name_valid(name)) {
        char shown[64];
        text_escape(shown, sizeof(shown), name, strlen(name));
        return err_set(e, ERR_INPUT, "\"%s\" is not a host name", shown);
    }
    if (h->len == HOSTS_NAMES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d names", HOSTS_NAMES_MAX);
    GROW(h->pairs, h->len, h->cap);
    char *copy = arena_strdup(&h->names, name);
    normalize(copy);
    h->pairs[h->len] = (struct pair){ .name = copy, .order = h->len, .address = *a };
    h->len++;
    return true;
}

/* One line, NUL-terminated; changed by reading it. */
static bool read_line(struct hosts *h, char *line, struct err *e)
{
    static const char blank[] = " \t";
    line[strcspn(line, "#")] = '\0';
    char *rest = line + strspn(line, blank);
    struct address a;
    size_t words = 0;
    while (*rest) {
        char *word = rest;
        rest += strcspn(rest, blank);
        if (*rest)
            *rest++ = '\0';
        rest += strspn(rest, blank);
        if (words++ ? !add(h, word, &a, e) : !address_parse(word, 0, &a, e))
            return false;
    }
    return words != 1 || err_set(e, ERR_INPUT, "an address without a name");
}

static int compare(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

static bool read_lines(struct hosts *h, const char *text, size_t len, struct err *e)
{
    if (len > HOSTS_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d bytes", HOSTS_BYTES_MAX);
    AUTO(freep) char *copy = xstrndup(text, len);
    char *next = copy;
    for (size_t number = 1; next < copy + len; number++) {
        char *line = next;
        next = memchr(line, '\n', len - (size_t)(line - copy));
        next = next ? next + 1 : copy + len + 1;
        size_t line_len = (size_t)(next - 1 - line);
        line[line_len] = '\0';
        if (strlen(line) != line_len)
            return err_set(e, ERR_INPUT, "line %zu: a NUL byte", number);
        if (line_len && line[line_len - 1] == '\r')
            line[line_len - 1] = '\0';
        if (!read_line(h, line, e))
            return err_in(e, "line %zu", number);
    }
    if (h->len)
        qsort(h->pairs, h->len, sizeof(*h->pairs), compare);
    return true;
}

struct hosts *hosts_parse(const char *text, size_t len, struct err *e)
{
    struct hosts *h = xcalloc(1, sizeof(*h));
    return read_lines(h, text, len, e) ? h : hosts_destroy(h);
}

static bool read_all(int fd, struct buf *b, struct err *e)
{
    for (;;) {
        uint8_t *at;
        if (!buf_reserve(b, 4096, &at, e))
            return false;
        ssize_t n = read(fd, at, 4096);
        if (n < 0)
            return err_sys(e, ERR_INPUT, errno, "reading");
        if (n == 0)
            return true;
        buf_commit(b, (size_t)n);
    }
}

struct hosts *hosts_load(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, errno, "hosts file %s", path);
        return NULL;
    }
    struct buf text;
    buf_init(&text, HOSTS_BYTES_MAX + 4096);
    struct hosts *h = read_all(fd, &text, e) ? hosts_parse(buf_str(&text), text.len, e) : NULL;
    if (!h)
        err_in(e, "hosts file %s", path);
    buf_done(&text);
    (void)close(fd);
    return h;
}

struct hosts *hosts_destroy(struct hosts *h)
{
    if (!h)
        return NULL;
    arena_done(&h->names);
    free(h->pairs);
    free(h);
    return NULL;
}

size_t hosts_find(const struct hosts *h, const char *name, struct address *ret, size_t max)
{
    char key[HOSTS_NAME_MAX + 2];
    if (!h || !text_copy(key, sizeof(key), name))
        return 0;
    normalize(key);
    size_t low = 0, high = h->len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(h->pairs[mid].name, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    size_t found = 0;
    for (; found < max && low < h->len && !strcmp(h->pairs[low].name, key); low++)
        ret[found++] = h->pairs[low].address;
    return found;
}
