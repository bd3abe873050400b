#include "lab/value.h"

#include "base/buf.h"
#include "unit/check.h"

static void written(void (*write)(struct xml_writer *, const char *, const struct lab_value *), const struct lab_value *v,
                    const char *want)
{
    struct buf out;
    struct xml_writer w;
    struct err e;
    buf_init(&out, 10000);
    xml_writer_start(&w, &out);
    xml_open(&w, "r");
    write(&w, "val", v);
    xml_close(&w);
    CHECK_OK(xml_writer_end(&w, &e), &e);
    CHECK_STR(buf_str(&out), want);
    buf_done(&out);
}

/* vsphere-api.md 1.2: traps 2 to 5. */
static void values_are_boxed_and_bare(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct lab_value *bytes = lab_bytes(&a, NULL, "certificate", "-\xff", 2);
    written(lab_value_boxed, bytes, "<r><val xsi:type=\"ArrayOfByte\"><byte>45</byte><byte>-1</byte></val></r>");
    written(lab_value_bare, bytes, "<r><val>45</val><val>-1</val></r>");
    struct lab_value *refs = lab_array(&a, NULL, NULL, "ManagedObjectReference");
    written(lab_value_boxed, refs, "<r><val xsi:type=\"ArrayOfManagedObjectReference\"/></r>");
    written(lab_value_bare, refs, "<r/>");
    (void)lab_ref(&a, refs, NULL, "HostSystem", "host-1");
    written(lab_value_boxed, refs, "<r><val xsi:type=\"ArrayOfManagedObjectReference\">"
            "<ManagedObjectReference type=\"HostSystem\">host-1</ManagedObjectReference></val></r>");
    written(lab_value_boxed, refs->first, "<r><val xsi:type=\"ManagedObjectReference\" type=\"HostSystem\">host-1</val></r>");
    struct lab_value *nic = lab_struct(&a, NULL, NULL, "HostVirtualNic");
    (void)lab_string(&a, nic, "device", "vmk<0>");
    (void)lab_poly(&a, nic, "spec", "HostVirtualNicSpec");
    written(lab_value_boxed, nic, "<r><val xsi:type=\"HostVirtualNic\"><device>vmk&lt;0&gt;</device>"
            "<spec xsi:type=\"HostVirtualNicSpec\"/></val></r>");
    written(lab_value_boxed, lab_time(&a, NULL, NULL, 0), "<r><val xsi:type=\"xsd:dateTime\">1970-01-01T00:00:00Z</val></r>");
    arena_done(&a);
}

static void paths_pick_a_part(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct lab_value *v = lab_struct(&a, NULL, NULL, "S"), *in = lab_struct(&a, v, "inner", "T");
    struct lab_value *leaf = lab_int(&a, in, "n", 5);
    (void)lab_array(&a, v, "list", "X");
    CHECK(lab_value_at(v, "") == v && lab_value_at(v, "inner") == in && lab_value_at(v, "inner.n") == leaf);
    CHECK(!lab_value_at(v, "inn") && !lab_value_at(v, "inner.n.x") && !lab_value_at(v, "list.0") && !lab_value_at(NULL, "x"));
    CHECK(!lab_value_at(v, ".") && !lab_value_at(v, "inner..n"));
    arena_done(&a);
}

GROUP(lab_value, cmocka_unit_test(values_are_boxed_and_bare), cmocka_unit_test(paths_pick_a_part))
