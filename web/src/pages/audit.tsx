// The audit trail: who granted or removed what, from where, by which flow.
import { CLOUD } from '../lib/rest';
import { utc } from '../lib/text';
import type { AuditEvent } from '../lib/types';
import { plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';

const COLUMNS: Column<AuditEvent>[] = [
  { title: 'Time', sort: 'timestamp', narrow: true, cell: (r) => utc(r.timestamp) },
  { title: 'What', sort: 'eventType', cell: (r) => plain(r.eventType) },
  { title: 'Who', cell: (r) => plain(r.user?.name ?? '') },
  { title: 'Object', cell: (r) => plain(r.eventEntity?.name ?? r.eventEntity?.id ?? '') },
  { title: 'Description', cell: (r) => plain(r.description) },
];

function Detail({ row }: { row: AuditEvent }) {
  return (
    <dl class="vs-facts">
      {Object.entries(row.additionalProperties ?? {}).map(([key, value]) => (
        <><dt key={key}>{plain(key)}</dt><dd>{plain(typeof value === 'string' ? value : JSON.stringify(value))}</dd></>
      ))}
    </dl>
  );
}

export function AuditPage() {
  return (
    <>
      <h1>Audit trail</h1>
      <p class="vs-quiet">Append-only and hash-chained; <code>vouchsafe audit verify</code> proves it.</p>
      <Grid label="Audit trail" path={`${CLOUD}/auditTrail`} kinds={['audit']} columns={COLUMNS} rowKey={(r) => r.eventId} sort="timestamp" down
        empty="Nothing has happened yet." detail={(r) => <Detail row={r} />} />
    </>
  );
}
