// What every host of a vCenter really presents, and what works or not because of it.
import type { ComponentChildren } from 'preact';
import { OWN, urlPart } from '../lib/rest';
import { sentence, utc } from '../lib/text';
import type { HostRow, HostsPage } from '../lib/types';
import { Badge } from './badge';
import { Breakable, CertificateView, plain } from './certificate';
import { Grid, type Column } from './grid';
import { Link } from './link';

/** What a host presents, in words. */
const CLASS: Record<string, string> = {
  'vmca': 'VMCA', 'other-ca': 'another CA', 'self-signed': 'self-signed', 'installer': 'installer', 'expired': 'expired', 'misnamed': 'misnamed',
  'unreachable': 'unreachable', 'no-evidence': 'not looked at',
};

const VCENTER: Column<HostRow> = {
  title: 'vCenter Server', sort: 'virtualCenter.name',
  cell: (r) => <Link to={['resources', 'vcenters', r.virtualCenter.id]}>{plain(r.virtualCenter.name)}</Link>,
};
const COLUMNS: Column<HostRow>[] = [
  { title: 'Host', sort: 'name', cell: (r) => <Breakable text={plain(r.name)} behind="." /> },
  { title: 'Presents', sort: 'class', cell: (r) => <Badge mood={r.verified ? 'good' : r.class === 'no-evidence' ? 'plain' : 'bad'}>{CLASS[r.class] ?? r.class}</Badge> },
  { title: 'Because of it', cell: (r) => (r.verified ? 'Console, transfers and guest customization work' : `Console, transfers and guest customization stand still: it ${r.means}`) },
  { title: 'Rule', sort: 'rule', narrow: true, cell: (r) => r.verdict && <code>{r.verdict.rule}</code> },
  { title: 'Last seen', sort: 'lastSeen', narrow: true, cell: (r) => utc(r.lastSeen) || 'never' },
];

function HostDetail({ row }: { row: HostRow }) {
  return (
    <div>
      <p>Looked at {plain(row.dialled)}:{row.port}; may be named {row.names.map(plain).join(', ') || 'nothing'}.</p>
      {row.error && <p>{plain(row.error)}</p>}
      {row.verdict && <p>{plain(sentence(row.verdict.text ?? ''))} {plain(row.verdict.next ?? '')}</p>}
      {row.leaf && <CertificateView cert={row.leaf} />}
    </div>
  );
}

/** urn: one vCenter's hosts; without it all. */
export function HostGrid({ urn, before }: { urn?: string; before?: ComponentChildren }) {
  return (
    <Grid<HostRow, HostsPage> label="Hosts" path={urn ? `${OWN}/vcenters/${urlPart(urn)}/hosts` : `${OWN}/hosts`} kinds={['host', 'grant', 'vcenter']}
      columns={urn ? COLUMNS : [COLUMNS[0]!, VCENTER, ...COLUMNS.slice(1)]} rowKey={(r) => `${r.virtualCenter.id}/${r.id}`} sort="name" search="name"
      empty={urn ? 'This vCenter lists no hosts.' : 'No vCenter Server is registered, or none lists a host.'}
      filters={[
        { label: 'Presents', options: Object.entries(CLASS).map(([key, words]): [string, string] => [`class==${key}`, words]) },
        { label: 'Verified', options: [['verified==true', 'yes'], ['verified==false', 'no']] },
      ]}
      {...(before ? { before } : {})} above={(page) => <p><strong>{plain(page.text)}</strong></p>} detail={(r) => <HostDetail row={r} />} />
  );
}
