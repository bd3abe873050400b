int group_flow_runner(void);
int group_flow_config(void);
int group_flow_init(void);
int group_flow_jwt(void);
int group_flow_role(void);
int group_flow_throttle(void);
int group_flow_session(void);

int main(void)
{
    return group_flow_runner() | group_flow_config() | group_flow_init() | group_flow_role() | group_flow_jwt() | group_flow_throttle() | group_flow_session();
}
