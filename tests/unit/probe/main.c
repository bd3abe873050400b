int group_probe_chain(void);
int group_probe_endpoint(void);
int group_probe_probe(void);
int group_probe_scan(void);

int main(void)
{
    return group_probe_chain() + group_probe_endpoint() + group_probe_probe() + group_probe_scan();
}
