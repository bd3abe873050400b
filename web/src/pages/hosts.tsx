// Hosts of all vCenters: choose one, see its hosts.
import { useEffect } from 'preact/hooks';
import { useData } from '../lib/data';
import { CLOUD, type Page } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import type { VCenter } from '../lib/types';
import { Empty, Failure, Loading } from '../parts/alert';
import { SelectField } from '../parts/form';
import { HostGrid } from '../parts/hostgrid';
import { plain } from '../parts/certificate';

export function HostsPage({ place }: { place: Place }) {
  const { data, error, again } = useData<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128&sortAsc=name`, ['vcenter']);
  const urn = place.query.get('vcenter') ?? '';
  const to = (id: string) => `${href('resources', 'hosts')}?vcenter=${encodeURIComponent(id)}`;
  useEffect(() => {
    const first = data?.values[0];
    if (!urn && first) go(to(first.vcId), true);
  }, [data, urn]);
  return (
    <>
      <h1>Hosts</h1>
      <Failure why={error} again={again} />
      {!data && !error && <Loading what="vCenter Servers" />}
      {data?.values.length === 0 && <Empty>No vCenter Server is registered, so there are no hosts.</Empty>}
      {data && data.values.length > 0 && (
        <form class="clr-form">
          <SelectField label="vCenter Server" value={urn} onInput={(id) => go(to(id))} options={data.values.map((v) => [v.vcId, plain(v.name)])} />
        </form>
      )}
      {urn && <HostGrid key={urn} urn={urn} />}
    </>
  );
}
