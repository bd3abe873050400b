int group_wire_archive(void);
int group_wire_http1(void);
int group_wire_json(void);
int group_wire_lines(void);
int group_wire_soap(void);
int group_wire_tar(void);
int group_wire_tar_write(void);
int group_wire_url(void);
int group_wire_ws(void);
int group_wire_xml(void);

int main(void)
{
    return group_wire_archive() + group_wire_http1() + group_wire_json() + group_wire_lines() + group_wire_soap() + group_wire_tar() + group_wire_tar_write() + group_wire_url() +
           group_wire_ws() + group_wire_xml();
}
