// Who is logged in, and which consoles are open.
import { useState } from 'preact/hooks';
import { CLOUD, OWN, change, urlPart } from '../lib/rest';
import { useMay, useSession } from '../lib/session';
import { Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { bytes, short, utc } from '../lib/text';
import { Grid, type Column } from '../parts/grid';

interface Row {
  id: string;
  user: { name: string; id: string };
  org: { name: string };
  roles: string[];
}

interface ConsoleRow {
  id: string;
  user: { name?: string };
  org: { name?: string };
  vm: { name?: string };
  clientAddress: string;
  since: string;
  bytesFromClient: number;
  bytesToClient: number;
  host?: string;
  anchor?: string;
}

function Consoles() {
  const [why, setWhy] = useState<unknown>(null);
  const provider = useSession().provider;
  const columns: Column<ConsoleRow>[] = [
    { title: 'Machine', cell: (r) => plain(r.vm.name ?? '') },
    { title: 'User', cell: (r) => plain(`${r.user.name ?? ''}@${r.org.name ?? ''}`) },
    { title: 'From', cell: (r) => plain(r.clientAddress ?? '') },
    { title: 'Since', narrow: true, cell: (r) => utc(r.since) },
    { title: 'Bytes', narrow: true, cell: (r) => `${bytes(r.bytesToClient)} out, ${bytes(r.bytesFromClient)} in` },
    ...(provider ? [
      { title: 'Host', cell: (r: ConsoleRow) => plain(r.host ?? '') },
      { title: 'Vouched for by', narrow: true, cell: (r: ConsoleRow) => <code title={r.anchor}>{short(r.anchor ?? '')}</code> },
    ] : []),
    {
      title: 'Action', narrow: true,
      cell: (r) => <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`End the console of ${r.vm.name ?? ''}`}
        onClick={() => change('DELETE', `${OWN}/consoleSessions/${urlPart(r.id)}`).catch(setWhy)}>End</button>,
    },
  ];
  return (
    <>
      <h2>Consoles</h2>
      <Failure why={why} />
      <Grid label="Consoles" path={`${OWN}/consoleSessions`} kinds={['console']} columns={columns} rowKey={(r) => r.id} sort="since" down empty="No console is open." />
    </>
  );
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
      <Consoles />
    </>
  );
}
