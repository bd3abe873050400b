// What a grant counts for, in words: the cell writes URNs, people know names.
import { useData } from '../lib/data';
import { CLOUD, type Page } from '../lib/rest';
import type { VCenter } from '../lib/types';
import { plain } from './certificate';

const WHICH: Record<string, string> = { hosts: 'hosts of ', endpoint: 'endpoint of ' };

/** Gives the words for a scope; a name that isn't known stays a URN. */
export function useScopeText(): (scope: string) => string {
  const { data } = useData<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128&sortAsc=name`, ['vcenter']);
  return (scope) => {
    if (scope === 'any') return 'any endpoint';
    const [kind, rest] = [scope.slice(0, scope.indexOf(':')), scope.slice(scope.indexOf(':') + 1)];
    if (kind === 'host') return plain(rest);
    if (kind !== 'vcenter') return plain(scope);
    const [urn, which] = rest.split('/') as [string, string?];
    const name = data?.values.find((v) => v.vcId === urn)?.name ?? urn;
    return `${(which && WHICH[which]) ?? ''}${plain(name)}`;
  };
}
