#include "lab/zip.h"

#include "unit/check.h"
#include "wire/archive.h"

static bool see(void *self, const struct wire_archive_file *f, struct err *e)
{
    return buf_printf(self, e, "%s:%s;", f->path, (const char *)f->data);
}

/* What another reader, libarchive, makes of it. */
static void what_is_written_reads_the_same(void **state)
{
    (void)state;
    struct buf out, seen;
    struct lab_zip z;
    struct err e;
    buf_init(&out, LAB_ZIP_MAX);
    buf_init(&seen, 1000);
    lab_zip_start(&z, &out);
    CHECK_OK(lab_zip_add(&z, "certs/lin/0a.0", "one", 3, &e), &e);
    CHECK_OK(lab_zip_add(&z, "certs/lin/0a.r0", "", 0, &e), &e);
    CHECK_OK(lab_zip_add(&z, "certs/win/0a.0.crt", "three\n", 6, &e), &e);
    CHECK_OK(lab_zip_end(&z, &e), &e);
    CHECK_OK(wire_archive_read(out.data, out.len, NULL, see, &seen, &e), &e);
    CHECK_STR(buf_str(&seen), "certs/lin/0a.0:one;certs/lin/0a.r0:;certs/win/0a.0.crt:three\n;");
    buf_done(&out);
    buf_done(&seen);
}

static void it_is_capped(void **state)
{
    (void)state;
    struct buf out;
    struct lab_zip z;
    struct err e;
    char name[LAB_ZIP_NAME + 2];
    buf_init(&out, LAB_ZIP_MAX);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    lab_zip_start(&z, &out);
    CHECK_FAILS(lab_zip_add(&z, name, "", 0, &e), &e, ERR_LIMIT);
    for (int i = 0; i < LAB_ZIP_FILES; i++)
        CHECK_OK(lab_zip_add(&z, name + 1, "", 0, &e), &e);
    CHECK_FAILS(lab_zip_add(&z, "a", "", 0, &e), &e, ERR_LIMIT);
    CHECK_OK(lab_zip_end(&z, &e), &e);
    buf_done(&out);
}

GROUP(lab_zip, cmocka_unit_test(what_is_written_reads_the_same), cmocka_unit_test(it_is_capped))
