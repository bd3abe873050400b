int group_cell_config(void);

int main(void)
{
    return group_cell_config();
}
