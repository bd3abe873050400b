int group_api_accept(void);
int group_api_error(void);
int group_api_fiql(void);
int group_api_legacy_orgs(void);
int group_api_openapi(void);
int group_api_page(void);
int group_api_people(void);
int group_api_query(void);
int group_api_serve(void);
int group_api_sessions(void);
int group_api_site(void);
int group_api_tokens(void);
int group_api_trail(void);
int group_api_trusted_certificates(void);
int group_api_web(void);

int main(void)
{
    return group_api_accept() +
           group_api_error() +
           group_api_fiql() +
           group_api_legacy_orgs() +
           group_api_openapi() +
           group_api_page() +
           group_api_people() +
           group_api_query() +
           group_api_serve() +
           group_api_sessions() +
           group_api_site() +
           group_api_tokens() +
           group_api_trail() +
           group_api_trusted_certificates() +
           group_api_web();
}
