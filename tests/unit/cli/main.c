int group_cli_args(void);
int group_cli_output(void);
int group_cli_input(void);
int group_cli_cli(void);
int group_cli_batch(void);
int group_cli_remote(void);
int group_cli_answer(void);
int group_cli_tool(void);

int main(void)
{
    return group_cli_args() + group_cli_output() + group_cli_input() + group_cli_cli() + group_cli_batch() +
           group_cli_remote() + group_cli_answer() + group_cli_tool();
}
