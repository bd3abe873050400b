// Hosts: those of all vCenters, or of one.
import { useData } from '../lib/data';
import { CLOUD, type Page } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import type { VCenter } from '../lib/types';
import { Failure } from '../parts/alert';
import { SelectField } from '../parts/form';
import { HostGrid } from '../parts/hostgrid';
import { plain } from '../parts/certificate';

export function HostsPage({ place }: { place: Place }) {
  const { data, error, again } = useData<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128&sortAsc=name`, ['vcenter']);
  const urn = place.query.get('vcenter') ?? '';
  const to = (id: string) => href('resources', 'hosts') + (id ? `?vcenter=${encodeURIComponent(id)}` : '');
  return (
    <>
      <h1>Hosts</h1>
      <Failure why={error} again={again} />
      <form class="clr-form">
        <SelectField label="vCenter Server" value={urn} onInput={(id) => go(to(id))}
          options={[['', 'all'], ...(data?.values ?? []).map((v): [string, string] => [v.vcId, plain(v.name)])]} />
      </form>
      <HostGrid key={urn} {...(urn ? { urn } : {})} />
    </>
  );
}
