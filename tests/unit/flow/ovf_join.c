#include "flow/ovf_join.h"

#include <stdio.h>

#include "base/arena.h"
#include "flow/ovf.h"
#include "flow/ovf_split.h"
#include "unit/check.h"
#include "wire/xml.h"

#define NS "http://schemas.dmtf.org/ovf/envelope/1"
#define RASD "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"

/* As vCenter Servers write them; each has the same ids. name: of the machine; file: of its disk. */
static const char *machine(struct arena *a, const char *name, const char *file, const char *network, const char *more)
{
    return arena_printf(a, "<?xml version=\"1.0\"?><Envelope xmlns=\"" NS "\" xmlns:ovf=\"" NS "\" xmlns:r=\"" RASD "\" xmlns:odd=\"urn:odd\" "
                        "xmlns:xsi=\"" XML_XSI "\"><References><File ovf:id=\"file1\" ovf:href=\"%s\" ovf:size=\"7\"/></References>"
                        "<DiskSection><Info>d</Info><Disk ovf:diskId=\"vmdisk1\" ovf:fileRef=\"file1\"/>"
                        "<Disk ovf:diskId=\"vmdisk2\" ovf:parentRef=\"vmdisk1\"/></DiskSection>"
                        "<NetworkSection><Info/><Network ovf:name=\"%s\"/></NetworkSection><odd:Section ovf:required=\"false\">%s</odd:Section>"
                        "<VirtualSystem ovf:id=\"%s\"><Name>%s</Name><Item xsi:type=\"r:Setting\"><r:HostResource>ovf:/disk/vmdisk1</r:HostResource></Item>"
                        "<odd:Config odd:value=\"ovf:/file/file1\" plain=\"/disk/none\" xml:lang=\"en\">a &lt; b</odd:Config>%s</VirtualSystem></Envelope>",
                        file, network, name, name, name, more);
}

static const struct xml_element *at(const struct xml_element *el, const char *const *way)
{
    for (; *way; way++)
        el = xml_child(el, NULL, *way);
    return el;
}
#define AT(el, ...) at(el, (const char *const[]){ __VA_ARGS__, NULL })

static const char *join(struct arena *a, const char *const *texts, size_t len)
{
    const char *text;
    struct err e;
    CHECK_OK(ovf_join("all & more", texts, len, a, &text, &e), &e);
    return text;
}

static void ids_are_told_apart_and_the_rest_keeps_its_meaning(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    const char *const texts[] = { machine(&a, "web", "disk-0.vmdk", "inside", ""), machine(&a, "db", "disk-1.vmdk", "inside", "") };
    const char *text = join(&a, texts, 2);
    struct xml_element *root;
    struct err e;
    CHECK_OK(xml_parse(text, strlen(text), NULL, &a, &root, &e), &e);
    const struct xml_element *all = xml_child(root, NS, "VirtualSystemCollection"), *web = AT(all, "VirtualSystem"), *db = xml_next(web, NS, "VirtualSystem");
    CHECK_STR(xml_attribute(all, NS, "id"), "all & more");
    CHECK_STR(xml_attribute(web, NS, "id"), "web");
    CHECK_STR(AT(web, "Item", "HostResource")->text, "ovf:/disk/vm1-vmdisk1");
    CHECK_STR(AT(db, "Item", "HostResource")->text, "ovf:/disk/vm2-vmdisk1");
    CHECK(xml_is(AT(db, "Item", "HostResource"), RASD, "HostResource") && !strcmp(AT(db, "Item")->type, "Setting") && !strcmp(AT(db, "Item")->type_ns, RASD));
    CHECK_STR(xml_attribute(AT(db, "Config"), "urn:odd", "value"), "ovf:/file/vm2-file1");
    CHECK_STR(xml_attribute(AT(db, "Config"), NULL, "plain"), "/disk/none"); /* leads nowhere */
    CHECK_STR(AT(db, "Config")->text, "a < b");
    const struct xml_element *disk = AT(root, "DiskSection", "Disk");
    CHECK_STR(xml_attribute(disk, NS, "fileRef"), "vm1-file1");
    CHECK_STR(xml_attribute(xml_next(disk, NS, "Disk"), NS, "parentRef"), "vm1-vmdisk1");
    CHECK(!xml_next(AT(root, "NetworkSection", "Network"), NS, "Network")); /* of one name: one */
    CHECK_STR(AT(root, "Section")->text, "web");
    CHECK(!xml_next(AT(root, "Section"), "urn:odd", "Section"));
}

static void what_was_joined_is_a_package_that_can_be_taken_apart(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    const char *texts[OVF_MACHINES_MAX];
    struct ovf_package p;
    struct ovf_machines m;
    struct err e;
    for (size_t i = 0; i < OVF_MACHINES_MAX; i++)
        texts[i] = machine(&a, "same", arena_printf(&a, "disk-%zu.vmdk", i), arena_printf(&a, "n%zu", i % 3), "");
    const char *text = join(&a, texts, OVF_MACHINES_MAX);
    CHECK_OK(ovf_parse(text, strlen(text), &a, &p, &e) && ovf_machines(text, strlen(text), &a, &m, &e), &e);
    CHECK(p.files_len == OVF_MACHINES_MAX && p.networks_len == 3 && m.systems_len == OVF_MACHINES_MAX);
    for (size_t i = 0; i < m.systems_len; i++) {
        const char *one;
        CHECK_OK(ovf_machine_text(&m, i, &a, &one, &e) && ovf_parse(one, strlen(one), &a, &p, &e), &e);
        CHECK(p.files_len == 1 && !strcmp(p.files[0].href, arena_printf(&a, "disk-%zu.vmdk", i)) && p.files[0].size == 7);
        for (size_t n = 0; n < i; n++)
            CHECK(strcmp(xml_attribute(m.systems[i], NS, "id"), xml_attribute(m.systems[n], NS, "id")) != 0);
    }
}

static void what_is_no_machine_is_refused(void **state)
{
    (void)state;
    AUTO(arena_done) struct arena a = { 0 };
    static const char *const bad[] = { "", "<Envelope/>", "<Envelope xmlns=\"" NS "\"/>", "<a xmlns=\"" NS "\"><VirtualSystem/></a>" };
    const char *text, *many = "";
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *const texts[] = { machine(&a, "a", "a", "a", ""), bad[i] };
        CHECK(!ovf_join("x", texts, 2, &a, &text, &e));
    }
    for (int i = 0; i < OVF_SPACES_MAX; i++)
        many = arena_printf(&a, "%s<n xmlns=\"urn:%d\"/>", many, i);
    const char *const spaces[] = { machine(&a, "a", "a", "a", many) };
    CHECK_FAILS(ovf_join("x", spaces, 1, &a, &text, &e), &e, ERR_LIMIT);
    const char *texts[OVF_MACHINES_MAX + 1] = { 0 };
    CHECK_FAILS(ovf_join("x", texts, OVF_MACHINES_MAX + 1, &a, &text, &e), &e, ERR_LIMIT);
    char *large = arena_alloc(&a, OVF_JOINED_MAX / 4);
    memset(large, 'x', OVF_JOINED_MAX / 4 - 1);
    large[OVF_JOINED_MAX / 4 - 1] = '\0';
    const char *text_of = arena_printf(&a, "<odd:Text>%s</odd:Text>", large);
    const char *const fat[] = { machine(&a, "a", "a", "a", text_of), machine(&a, "b", "b", "b", text_of), machine(&a, "c", "c", "c", text_of),
                                machine(&a, "d", "d", "d", text_of) };
    CHECK_FAILS(ovf_join("x", fat, 4, &a, &text, &e), &e, ERR_LIMIT);
}

GROUP(flow_ovf_join, cmocka_unit_test(ids_are_told_apart_and_the_rest_keeps_its_meaning),
      cmocka_unit_test(what_was_joined_is_a_package_that_can_be_taken_apart), cmocka_unit_test(what_is_no_machine_is_refused))
