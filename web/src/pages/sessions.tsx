// Who is logged in, and which consoles are open.
import { useState } from 'preact/hooks';
import { CLOUD, change, urlPart } from '../lib/rest';
import { useMay, useSession } from '../lib/session';
import { Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';

interface Row {
  id: string;
  user: { name: string; id: string };
  org: { name: string };
  roles: string[];
}

export function SessionsPage() {
  const [why, setWhy] = useState<unknown>(null);
  const me = useSession().user.id;
  const may = useMay('General: Manage User');
  const columns: Column<Row>[] = [
    { title: 'User', sort: 'user.name', cell: (r) => `${plain(r.user.name)}${r.user.id === me ? ' (you)' : ''}` },
    { title: 'Organization', sort: 'org.name', cell: (r) => plain(r.org.name) },
    { title: 'Role', sort: 'roles', cell: (r) => plain(r.roles.join(', ')) },
    {
      title: 'Action', narrow: true, cell: (r) => (may || r.user.id === me) && (
        <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`End the session of ${r.user.name}`}
          onClick={() => change('DELETE', `${CLOUD}/sessions/${urlPart(r.id)}`).catch(setWhy)}>End</button>
      ),
    },
  ];
  return (
    <>
      <h1>Sessions</h1>
      <Failure why={why} />
      <Grid label="Sessions" path={`${CLOUD}/sessions`} kinds={['session']} columns={columns} rowKey={(r) => r.id} sort="user.name" search="user.name"
        empty="Nobody is logged in." />
    </>
  );
}
