int group_probe_chain(void);
int group_probe_endpoint(void);

int main(void)
{
    return group_probe_chain() + group_probe_endpoint();
}
