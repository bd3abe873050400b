// The audit: which trusted certificates are needed, spare, unproven or unneeded, with what proves it; only what is unneeded can be
// taken away from here, as it was shown.
import { useState } from 'preact/hooks';
import { OWN, change, start, type Page } from '../lib/rest';
import { useMay } from '../lib/session';
import { fromNow, plural, utc } from '../lib/text';
import { Alert, Failure } from '../parts/alert';
import type { AuditState as State } from '../lib/types';
import { Badge } from '../parts/badge';
import { AUDIT_MOOD } from './certificates';
import { Dn, plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';
import { Modal } from '../parts/modal';
import { SafeButton } from '../parts/safe';
import { useScopeText } from '../parts/scope';
import { TaskStep } from '../parts/taskstep';

interface Endpoint {
  key: string;
  name: string;
  use: string;
  seen: string | null;
  unknown: string | null;
  standsStill: string;
}

interface Row {
  id: string;
  alias: string;
  subject: string;
  scope: string;
  notAfter: string | null;
  state: State;
  text: string;
  needs: number;
  endpoints: Endpoint[];
  notKnown: Endpoint[];
  evidence: { last: string | null; connections: number };
}

interface Report extends Page<Row> {
  ended: string | null;
  looked: boolean;
  shown: string;
  states: Record<State, number>;
  unknown: number;
}

const COLUMNS: Column<Row>[] = [
  { title: 'Alias', sort: 'alias', cell: (r) => plain(r.alias) },
  { title: 'State', sort: 'state', narrow: true, cell: (r) => <Badge mood={AUDIT_MOOD[r.state]}>{r.state}</Badge> },
  { title: 'Subject', cell: (r) => <Dn text={r.subject} /> },
  { title: 'Used by', narrow: true, cell: (r) => plural(r.needs, 'endpoint') },
  { title: 'Last used', narrow: true, cell: (r) => <span title={utc(r.evidence?.last)}>{fromNow(r.evidence?.last) || 'never'}</span> },
  { title: 'Why', cell: (r) => plain(r.text) },
];

function Detail({ row }: { row: Row }) {
  const scope = useScopeText();
  return (
    <div>
      <p>Counts for {scope(row.scope)}; carried {plural(row.evidence?.connections ?? 0, 'connection')}.</p>
      <ul>
        {row.endpoints.map((e) => <li key={e.key}>{plain(e.name)} ({e.use}){e.use === 'needs' && e.standsStill && `: without it ${plain(e.standsStill)} stand still`}</li>)}
        {row.notKnown.map((e) => <li key={`?${e.key}`}>{plain(e.name)}: not known, {plain(e.unknown ?? '')}</li>)}
      </ul>
    </div>
  );
}

export function TrustAuditPage() {
  const may = useMay('Truststore: Manage');
  const [task, setTask] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Report | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [said, setSaid] = useState('');
  const [why, setWhy] = useState<unknown>(null);
  const run = () => {
    setWhy(null);
    start('POST', `${OWN}/trustAudit`, { look: true }).then(setTask, setWhy);
  };
  const remove = (r: Report) => {
    change<{ removed: string[] }>('POST', `${OWN}/trustAudit/removeUnneeded`, { shown: r.shown }).then((a) => {
      setRemoving(null);
      setSaid(`${plural(a.removed.length, 'certificate')} taken away; every endpoint is verified as before.`);
      run();
    }, (failure: unknown) => {
      setRemoving(null);
      setWhy(failure);
    });
  };
  return (
    <>
      <h1>Trust audit</h1>
      <Failure why={why} />
      {said && <Alert tone="success">{said}</Alert>}
      {task && <TaskStep path={task} onSuccess={() => setTask(null)} />}
      <Grid<Row, Report> label="Trust audit" path={`${OWN}/trustAudit`} kinds={['task', 'grant']} columns={COLUMNS} rowKey={(r) => r.id} sort="alias" search="alias"
        filters={[{ label: 'State', options: [['state==needed', 'needed'], ['state==spare', 'spare'], ['state==unproven', 'unproven'], ['state==unneeded', 'unneeded']] }]}
        empty="No audit has run yet." detail={(r) => <Detail row={r} />}
        above={(page) => {
          if (report?.shown !== page.shown || report?.ended !== page.ended) queueMicrotask(() => setReport(page));
          return page.ended && (
            <p>
              Looked {utc(page.ended)}: {page.states.needed} needed, {page.states.spare} spare, {page.states.unproven} unproven, {page.states.unneeded} unneeded.
              {page.unknown > 0 && ` Of ${plural(page.unknown, 'endpoint')} nothing is known: unknown is not safe.`}
            </p>
          );
        }}
        tools={may && (
          <>
            <button type="button" class="btn btn-sm" disabled={task !== null} onClick={run}>Run the audit</button>
            <button type="button" class="btn btn-sm" disabled={!report?.states?.unneeded} onClick={() => report && setRemoving(report)}>Remove unneeded</button>
          </>
        )} />
      {removing && (
        <Modal title="Remove unneeded certificates" onClose={() => setRemoving(null)}>
          <p>{plural(removing.states.unneeded, 'certificate')} will be taken away. Every endpoint was decided again without them, and looked at.</p>
          <div class="vs-buttons">
            <SafeButton onClick={() => setRemoving(null)}>Cancel</SafeButton>
            <button type="button" class="btn btn-danger" onClick={() => remove(removing)}>Remove</button>
          </div>
        </Modal>
      )}
    </>
  );
}
