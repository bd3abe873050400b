int group_flow_runner(void);

int main(void)
{
    return group_flow_runner();
}
