#include "lab/vmdk.h"

#include <string.h>

enum {
    MAGIC = 0x564d444b, /* "KDMV" */
    COMPRESSED = 1 << 16, MARKERS = 1 << 17, VALID_NEWLINES = 1,
    GRAIN = 128, GTES = 512, DEFLATE = 1,
    MARK_END = 0, MARK_TABLE = 1, MARK_DIRECTORY = 2, MARK_FOOTER = 3,
    DESCRIPTOR = 20, OVERHEAD = GRAIN, GRAIN_BYTES = GRAIN * LAB_VMDK_SECTOR, STORED_MAX = 65535,
};

static uint64_t get(const uint8_t *p, size_t bytes)
{
    uint64_t n = 0;
    while (bytes--)
        n = n << 8 | p[bytes];
    return n;
}

static void put(uint8_t *p, size_t bytes, uint64_t n)
{
    for (size_t i = 0; i < bytes; i++, n >>= 8)
        p[i] = (uint8_t)n;
}

static bool take_header(struct lab_vmdk *v, struct err *e)
{
    const uint8_t *p = v->sector;
    uint64_t version = get(p + 4, 4), flags = get(p + 8, 4), overhead = get(p + 64, 8);
    v->capacity = get(p + 12, 8);
    v->grain = get(p + 20, 8);
    if (get(p, 4) != MAGIC)
        return err_set(e, ERR_INPUT, "not a VMDK: it does not begin with KDMV");
    if (version < 1 || version > 3 || !(flags & COMPRESSED) || !(flags & MARKERS) || get(p + 77, 2) != DEFLATE)
        return err_set(e, ERR_INPUT, "a VMDK that is not stream-optimised");
    if (!v->capacity || !v->grain || v->grain > 4096 || overhead < 1 || overhead > LAB_VMDK_OVERHEAD_MAX)
        return err_set(e, ERR_INPUT, "a VMDK whose header makes no sense");
    v->skip = overhead - 1;
    v->state = LAB_VMDK_MARKERS;
    return true;
}

static bool take_marker(struct lab_vmdk *v, struct err *e)
{
    uint64_t value = get(v->sector, 8), size = get(v->sector + 8, 4), type = get(v->sector + 12, 4);
    if (size) {
        if (value < v->next_lba || value >= v->capacity || value % v->grain)
            return err_set(e, ERR_INPUT, "a VMDK with a grain that is not in its place");
        if (size > 2 * v->grain * LAB_VMDK_SECTOR)
            return err_set(e, ERR_INPUT, "a VMDK with a grain that is too long");
        v->next_lba = value + v->grain;
        v->grains++;
        v->skip = (12 + size + LAB_VMDK_SECTOR - 1) / LAB_VMDK_SECTOR - 1;
        return true;
    }
    if (type > MARK_FOOTER || value > UINT32_MAX)
        return err_set(e, ERR_INPUT, "a VMDK with an unknown marker");
    v->skip = value;
    if (type == MARK_END)
        v->state = LAB_VMDK_END;
    return true;
}

bool lab_vmdk_feed(struct lab_vmdk *v, const uint8_t *p, size_t len, struct err *e)
{
    while (len) {
        if (v->state == LAB_VMDK_END)
            return true; /* padding */
        size_t want = LAB_VMDK_SECTOR - v->have, piece = len < want ? len : want;
        memcpy(v->sector + v->have, p, piece);
        v->have += piece;
        p += piece;
        len -= piece;
        if (v->have < LAB_VMDK_SECTOR)
            return true;
        v->have = 0;
        if (v->skip)
            v->skip--;
        else if (!(v->state == LAB_VMDK_HEADER ? take_header(v, e) : take_marker(v, e)))
            return false;
    }
    return true;
}

bool lab_vmdk_finish(const struct lab_vmdk *v, struct err *e)
{
    return v->state == LAB_VMDK_END || err_set(e, ERR_INPUT, "a VMDK that was cut off");
}

uint64_t lab_vmdk_populated(const struct lab_vmdk *v)
{
    return v->grains * v->grain * LAB_VMDK_SECTOR;
}

/* ---- writing ---- */

static bool zeros(struct buf *out, size_t len, struct err *e)
{
    uint8_t *at;
    if (!buf_reserve(out, len, &at, e))
        return false;
    memset(at, 0, len);
    buf_commit(out, len);
    return true;
}

static bool pad(struct buf *out, size_t start, struct err *e)
{
    size_t over = (out->len - start) % LAB_VMDK_SECTOR;
    return !over || zeros(out, LAB_VMDK_SECTOR - over, e);
}

static bool header(struct buf *out, uint64_t capacity, uint64_t directory, struct err *e)
{
    uint8_t p[LAB_VMDK_SECTOR] = { 0 };
    put(p, 4, MAGIC);
    put(p + 4, 4, 3);
    put(p + 8, 4, COMPRESSED | MARKERS | VALID_NEWLINES);
    put(p + 12, 8, capacity);
    put(p + 20, 8, GRAIN);
    put(p + 28, 8, 1);
    put(p + 36, 8, DESCRIPTOR);
    put(p + 44, 4, GTES);
    put(p + 56, 8, directory);
    put(p + 64, 8, OVERHEAD);
    memcpy(p + 73, "\n \r\n", 4);
    put(p + 77, 2, DEFLATE);
    return buf_append(out, p, sizeof(p), e);
}

static bool descriptor(struct buf *out, uint64_t capacity, struct err *e)
{
    size_t start = out->len;
    return buf_printf(out, e, "# Disk DescriptorFile\nversion=1\nCID=7be5b6a1\nparentCID=ffffffff\ncreateType=\"streamOptimized\"\n\n"
                      "# Extent description\nRDONLY %llu SPARSE \"disk.vmdk\"\n\n# The Disk Data Base\n#DDB\n\n"
                      "ddb.adapterType = \"lsilogic\"\nddb.geometry.cylinders = \"%llu\"\nddb.geometry.heads = \"255\"\n"
                      "ddb.geometry.sectors = \"63\"\nddb.virtualHWVersion = \"13\"\n", (unsigned long long)capacity,
                      (unsigned long long)(capacity / (255 * 63))) &&
           zeros(out, (OVERHEAD - 1) * LAB_VMDK_SECTOR - (out->len - start), e);
}

static bool marker(struct buf *out, uint64_t sectors, unsigned type, struct err *e)
{
    uint8_t p[LAB_VMDK_SECTOR] = { 0 };
    put(p, 8, sectors);
    put(p + 12, 4, type);
    return buf_append(out, p, sizeof(p), e);
}

/* zlib with stored blocks (RFC 1950, RFC 1951 section 3.2.4): nothing is compressed, everything can read it. */
static bool grain(struct buf *out, const uint8_t *data, struct err *e)
{
    uint8_t head[12] = { 0 }, block[5], sum[4];
    uint32_t a = 1, b = 0;
    size_t start = out->len, first = STORED_MAX, second = GRAIN_BYTES - STORED_MAX;
    put(head + 8, 4, 2 + 5 + first + 5 + second + 4);
    for (size_t i = 0; i < GRAIN_BYTES; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    for (size_t i = 0; i < 4; i++)
        sum[i] = (uint8_t)((b << 16 | a) >> (24 - 8 * i));
    if (!buf_append(out, head, sizeof(head), e) || !buf_append(out, "\x78\x01", 2, e))
        return false;
    for (int i = 0; i < 2; i++) {
        size_t len = i ? second : first;
        block[0] = (uint8_t)i;
        put(block + 1, 2, len);
        put(block + 3, 2, ~(uint64_t)len & 0xffff);
        if (!buf_append(out, block, sizeof(block), e) || !buf_append(out, data + (i ? first : 0), len, e))
            return false;
    }
    return buf_append(out, sum, sizeof(sum), e) && pad(out, start, e);
}

bool lab_vmdk_write(struct buf *out, int64_t kb, const char *text, struct err *e)
{
    uint8_t data[GRAIN_BYTES] = { 0 }, table[GTES * 4] = { 0 };
    uint64_t capacity = (uint64_t)kb * 2, tables = (capacity + (uint64_t)GRAIN * GTES - 1) / ((uint64_t)GRAIN * GTES);
    size_t start = out->len, directory_sectors = ((size_t)tables * 4 + LAB_VMDK_SECTOR - 1) / LAB_VMDK_SECTOR;
    size_t len = strlen(text);
    memcpy(data, text, len < sizeof(data) ? len : sizeof(data));
    if (!header(out, capacity, UINT64_MAX, e) || !descriptor(out, capacity, e) || !grain(out, data, e) ||
        !marker(out, sizeof(table) / LAB_VMDK_SECTOR, MARK_TABLE, e))
        return false;
    put(table, 4, OVERHEAD);
    uint64_t table_at = (out->len - start) / LAB_VMDK_SECTOR;
    if (!buf_append(out, table, sizeof(table), e) || !marker(out, directory_sectors, MARK_DIRECTORY, e))
        return false;
    uint64_t directory_at = (out->len - start) / LAB_VMDK_SECTOR;
    uint8_t entry[4];
    put(entry, 4, table_at);
    return buf_append(out, entry, sizeof(entry), e) && zeros(out, directory_sectors * LAB_VMDK_SECTOR - sizeof(entry), e) &&
           marker(out, 1, MARK_FOOTER, e) && header(out, capacity, directory_at, e) && marker(out, 0, MARK_END, e);
}
