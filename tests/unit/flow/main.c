int group_flow_runner(void);
int group_flow_publisher(void);

int main(void)
{
    return group_flow_runner() + group_flow_publisher();
}
