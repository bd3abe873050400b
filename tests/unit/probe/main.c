int group_probe_chain(void);

int main(void)
{
    return group_probe_chain();
}
