// Trusted certificates: which there are, for what each counts, what it carries, and what would break without it.
import { useState } from 'preact/hooks';
import { CLOUD, OWN, change, urlPart } from '../lib/rest';
import { go, href, type Place } from '../lib/route';
import { useMay } from '../lib/session';
import { fromNow, plural, utc } from '../lib/text';
import { useData } from '../lib/data';
import type { Page } from '../lib/rest';
import type { AuditState, Evidence, Grant } from '../lib/types';
import { DeleteCertificateDialog } from '../dialogs/deletecertificate';
import { EditCertificateDialog } from '../dialogs/editcertificate';
import { ImportDialog } from '../dialogs/importcertificate';
import { TestConnectionDialog } from '../dialogs/testconnection';
import { Badge, type Mood } from '../parts/badge';
import { Breakable, CertificateView, Dn, SOON_DAYS, Validity, plain } from '../parts/certificate';
import { Grid, type Column } from '../parts/grid';
import { Link } from '../parts/link';
import { useScopeText } from '../parts/scope';

function Carries({ sha256 }: { sha256: string }) {
  const { data } = useData<Page<Evidence>>(`${OWN}/anchors/${sha256.replaceAll(':', '').toLowerCase()}/evidence?page=1&pageSize=128`, ['grant']);
  if (!data) return null;
  if (!data.values.length) return <p>No connection was ever verified by it.</p>;
  return (
    <table class="table table-compact">
      <thead><tr>{['Carries', 'Purpose', 'Since', 'Last', 'Times'].map((t) => <th key={t} scope="col" class="left">{t}</th>)}</tr></thead>
      <tbody>
        {data.values.map((e) => (
          <tr key={`${e.endpoint} ${e.purpose}`}>
            <td class="left">{plain(e.endpoint)}</td><td class="left">{plain(e.purpose)}</td><td class="left">{utc(e.first)}</td><td class="left">{utc(e.last)}</td><td class="left">{e.count}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const AUDIT_MOOD: Record<AuditState, Mood> = { needed: 'good', spare: 'plain', unproven: 'warn', unneeded: 'bad' };

/** How many endpoints are verified only because of it: the last audit knows. */
function usedBy({ audit }: Grant) {
  if (!audit) return <Link to={['administration', 'audit']}>not audited</Link>;
  return <span title={`${plural(audit.carries, 'endpoint')} stand on it`}>{plural(audit.usedBy, 'endpoint')}<br /><Badge mood={AUDIT_MOOD[audit.state]}>{audit.state}</Badge></span>;
}

const DAY_MS = 86400000;

function filters() {
  const now = new Date().toISOString().slice(0, 19);
  const soon = new Date(Date.now() + SOON_DAYS * DAY_MS).toISOString().slice(0, 19);
  return [
    { label: 'Audit', options: (Object.keys(AUDIT_MOOD) as AuditState[]).map((s): [string, string] => [`audit.state==${s}`, s]) },
    { label: 'Validity', options: [
      [`notAfter=lt=${now}Z`, 'expired'], [`notAfter=ge=${now}Z;notAfter=lt=${soon}Z`, `expiring within ${SOON_DAYS} days`],
    ] as [string, string][] },
  ];
}

function download(g: Grant): void {
  const url = URL.createObjectURL(new Blob([g.certificate.certificate], { type: 'application/x-pem-file' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = `${g.alias.replace(/[^A-Za-z0-9._-]+/g, '_')}.pem`;
  a.click();
  URL.revokeObjectURL(url);
}

export function CertificatesPage({ place }: { place: Place }) {
  const may = useMay('Truststore: Manage');
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [rows, setRows] = useState<Grant[]>([]);
  const [dialog, setDialog] = useState<'import' | 'edit' | 'delete' | null>(null);
  const testing = place.query.get('test') !== null;
  const picked = rows.filter((r) => chosen.has(r.id));
  const one = picked.length === 1 ? picked[0]! : null;
  const close = () => {
    setDialog(null);
    setChosen(new Set());
  };
  const scope = useScopeText();
  const [choices] = useState(filters);
  const columns: Column<Grant>[] = [
    { title: 'Alias', sort: 'alias', cell: (r) => <Breakable text={plain(r.alias)} behind="." /> },
    { title: 'Subject', cell: (r) => <Dn text={r.certificate.subject} /> },
    { title: 'Issuer', cell: (r) => (r.certificate.issuer === r.certificate.subject ? 'itself' : <Dn text={r.certificate.issuer} />) },
    { title: 'Valid until', sort: 'notAfter', narrow: true, cell: (r) => <>{utc(r.certificate.notAfter).slice(0, 10)}<br /><Validity cert={r.certificate} /></> },
    { title: 'Type', narrow: true, cell: (r) => (r.certificate.isCa ? 'CA' : <>end<br />entity</>) },
    { title: 'SHA-256', sort: 'sha256', narrow: true, cell: (r) => <code title={r.sha256}>{r.sha256.slice(0, 11)}…</code> },
    { title: 'Scope', sort: 'scope', cell: (r) => scope(r.scope) },
    { title: 'Used by', sort: 'audit.state', narrow: true, cell: usedBy },
    { title: 'Last used', narrow: true, cell: (r) => <span title={utc(r.lastUsed)}>{fromNow(r.lastUsed) || 'never'}</span> },
    { title: 'Added', sort: 'made', narrow: true, cell: (r) => <span title={`${utc(r.made)} by ${plain(r.madeBy)}, ${plain(r.flow)}`}>{fromNow(r.made)}</span> },
  ];
  return (
    <>
      <h1>Trusted Certificates</h1>
      <Grid label="Trusted certificates" path={`${OWN}/grants`} kinds={['grant', 'task']} columns={columns} rowKey={(r) => r.id} sort="alias" search="alias" filters={choices}
        selected={chosen} onSelect={(keys, all) => { setChosen(keys); setRows(all); }}
        empty="Nothing is trusted yet. Attach a vCenter Server, or import a certificate."
        detail={(r) => (
          <div>
            <CertificateView cert={r.certificate} />
            <p>Counts for {scope(r.scope)}; added by {plain(r.madeBy)} through {plain(r.flow)}, {utc(r.made)}.</p>
            <Carries sha256={r.sha256} />
          </div>
        )}
        tools={(
          <>
            {may && <button type="button" class="btn btn-sm" onClick={() => setDialog('import')}>Import</button>}
            {may && <button type="button" class="btn btn-sm" disabled={!one} onClick={() => setDialog('edit')}>Edit</button>}
            <button type="button" class="btn btn-sm" disabled={!picked.length} onClick={() => picked.forEach(download)}>Download</button>
            {may && <button type="button" class="btn btn-sm" disabled={!one} onClick={() => setDialog('delete')}>Delete</button>}
            <button type="button" class="btn btn-sm" onClick={() => go(`${href('administration', 'certificates')}?test=1`)}>Test Remote Connection</button>
          </>
        )} />
      {dialog === 'import' && <ImportDialog onClose={close} />}
      {dialog === 'edit' && one && <EditCertificateDialog grant={one} onClose={close} />}
      {dialog === 'delete' && one && <DeleteCertificateDialog grant={one} onClose={close} />}
      {testing && <TestConnectionDialog onClose={() => go(href('administration', 'certificates'))} />}
    </>
  );
}

export function removeGrant(g: Grant, sessions: 'end' | 'finish'): Promise<unknown> {
  return change('DELETE', `${CLOUD}/ssl/trustedCertificates/${urlPart(g.id)}?sessions=${sessions}`);
}
