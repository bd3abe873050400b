int group_wire_http1(void);
int group_wire_url(void);

int main(void)
{
    return group_wire_http1() + group_wire_url();
}
