// Advisories above everything, the most urgent first, one at a time; those that may be snoozed or dismissed say so.
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { CLOUD, change, urlPart, type Page } from '../lib/rest';
import { useMay } from '../lib/session';
import { messageOf } from '../lib/text';
import type { Advisory } from '../lib/types';
import { plain } from './certificate';
import { Link } from './link';

const ORDER = ['MANDATORY', 'CRITICAL', 'IMPORTANT', 'NOTICE'];
const CLASS: Record<Advisory['priority'], string> = {
  MANDATORY: 'alert alert-app-level alert-danger', CRITICAL: 'alert alert-app-level alert-danger',
  IMPORTANT: 'alert alert-app-level alert-warning', NOTICE: 'alert alert-app-level alert-info',
};
const SNOOZE_MS = 24 * 3600 * 1000;

/** Where the walk begins that an advisory of the cell's own speaks of. */
function leadsTo(a: Advisory): { to: string[]; query?: string; text: string } | null {
  if (a.source !== 'INTERNAL') return null;
  if (/VMCA|78885/.test(a.message)) return { to: ['resources', 'vcenters'], query: 'review=1', text: 'Review untrusted' };
  if (/inbox|changed/i.test(a.message)) return { to: ['monitor', 'inbox'], text: 'Open the inbox' };
  if (/expire/i.test(a.message)) return { to: ['administration', 'certificates'], text: 'Trusted certificates' };
  return null;
}

export function AdvisoryBanner() {
  const { data, again } = useData<Page<Advisory>>(`${CLOUD}/advisories?page=1&pageSize=50`, ['advisory', 'vcenter', 'inbox']);
  const may = useMay('Advisory Definitions: Create and Delete');
  const [at, setAt] = useState(0);
  const [why, setWhy] = useState('');
  const all = [...(data?.values ?? [])].sort((a, b) => ORDER.indexOf(a.priority) - ORDER.indexOf(b.priority));
  if (!all.length) return null;
  const a = all[Math.min(at, all.length - 1)]!;
  const edit = (what: Partial<Advisory>) => {
    setWhy('');
    change('PUT', `${CLOUD}/advisories/${urlPart(a.id)}`, { ...a, ...what }).then(again, (failure: unknown) => setWhy(messageOf(failure)));
  };
  const lead = leadsTo(a);
  return (
    <section class={CLASS[a.priority]} aria-label="Advisory">
      <div class="vs-advisory">
        <span class="alert-text"><strong>{a.priority}</strong> {plain(a.message)} {why}</span>
        {lead && <Link to={lead.to} query={lead.query} class="vs-advisory-link">{lead.text}</Link>}
        {may && (a.priority === 'CRITICAL' || a.priority === 'IMPORTANT') &&
          <button type="button" class="btn btn-sm" onClick={() => edit({ displayStart: new Date(Date.now() + SNOOZE_MS).toISOString() })}>Snooze for a day</button>}
        {a.priority !== 'MANDATORY' &&
          <button type="button" class="btn btn-sm" onClick={() => edit({ displayEnd: new Date().toISOString() })}>Dismiss</button>}
        {all.length > 1 && (
          <span class="vs-advisory-pager">
            <button type="button" class="btn btn-sm" aria-label="Previous advisory" disabled={at === 0} onClick={() => setAt(at - 1)}>‹</button>
            {Math.min(at, all.length - 1) + 1} / {all.length}
            <button type="button" class="btn btn-sm" aria-label="Next advisory" disabled={at >= all.length - 1} onClick={() => setAt(at + 1)}>›</button>
          </span>
        )}
      </div>
    </section>
  );
}
