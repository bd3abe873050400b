import { useSession } from '../lib/session';
import { readVms, type VmRow } from '../lib/vms';
import { Badge } from '../parts/badge';
import { plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';
import { Link } from '../parts/link';

export function powerBadge(status: string) {
  const on = status === 'POWERED_ON';
  return <Badge mood={on ? 'good' : 'plain'}>{status.replaceAll('_', ' ').toLowerCase()}</Badge>;
}

export function VmsPage() {
  const provider = useSession().provider;
  const columns: Column<VmRow>[] = [
    { title: 'Name', sort: 'name', cell: (r) => <Link to={['resources', 'vms', r.urn]}>{plain(r.name)}</Link> },
    { title: 'State', sort: 'status', narrow: true, cell: (r) => powerBadge(r.status) },
    { title: 'vApp', sort: 'containerName', cell: (r) => plain(r.vapp) },
    { title: 'VDC', sort: 'vdcName', cell: (r) => plain(r.vdc) },
    { title: 'Guest', sort: 'guestOs', cell: (r) => plain(r.guestOs) },
    ...(provider ? [{ title: 'Host', sort: 'hostName', cell: (r: VmRow) => plain(r.host) }] : []),
  ];
  return (
    <>
      <h1>Virtual Machines</h1>
      <Grid label="Virtual machines" path={`/api/query?type=${provider ? 'adminVM' : 'vm'}&format=records`} kinds={['vm']} columns={columns} rowKey={(r) => r.urn}
        sort="name" search="name" filter="isVAppTemplate==false" read={readVms}
        empty={provider ? 'No machine stands in an organization VDC yet. Make a VDC of a vCenter’s resource pool: vouchsafe vdc add.' : 'Your organization has no machines yet.'} />
    </>
  );
}
