// One vCenter Server: its state, its endpoint's trust, its VMCA, and what every host presents.
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { CLOUD, OWN, urlPart } from '../lib/rest';
import { sentence, utc } from '../lib/text';
import type { VCenter, VcenterTrust } from '../lib/types';
import { EditVcenterDialog } from '../dialogs/editvcenter';
import { refreshVcenter } from '../dialogs/attach';
import { Alert, Failure, Loading } from '../parts/alert';
import { CertificateView, plain } from '../parts/certificate';
import { HostGrid } from '../parts/hostgrid';
import { Link } from '../parts/link';
import { Modal } from '../parts/modal';
import { TaskStep } from '../parts/taskstep';
import { stillWords, VmcaStep, trustBadge } from '../parts/vmcastep';
import { USE, connection } from './vcenters';

export function VcenterPage({ urn }: { urn: string }) {
  const v = useData<VCenter>(`${CLOUD}/virtualCenters/${urlPart(urn)}`, ['vcenter']);
  const t = useData<VcenterTrust>(`${OWN}/vcenters/${urlPart(urn)}/trust`, ['vcenter', 'grant', 'host']);
  const [editing, setEditing] = useState(false);
  const [trusting, setTrusting] = useState(false);
  const [task, setTask] = useState<string | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  if (v.error && !v.data) return <><h1>vCenter Server</h1><Failure why={v.error} again={v.again} /></>;
  if (!v.data) return <><h1>vCenter Server</h1><Loading what="the vCenter Server" /></>;
  const still = t.data && t.data.hosts.verified < t.data.hosts.total;
  return (
    <>
      <Link to={['resources', 'vcenters']} class="vs-up">vCenter Server Instances</Link>
      <h1>{plain(v.data.name)} {connection(v.data)} {t.data && trustBadge(t.data)}</h1>
      <div class="vs-tools">
        <button type="button" class="btn btn-sm" onClick={() => setEditing(true)}>Edit</button>
        <button type="button" class="btn btn-sm" disabled={!v.data.isEnabled} onClick={() => refreshVcenter(urn).then(setTask, setWhy)}>Refresh</button>
        <button type="button" class="btn btn-sm" onClick={() => setTrusting(true)}>
          {t.data?.state === 'needs-7.0' ? 'Find the VMCA' : 'Review the VMCA'}
        </button>
      </div>
      <Failure why={why} />
      {v.data.connectionProblem && <Alert tone="danger">{plain(v.data.connectionProblem)}</Alert>}
      {still && t.data && <Alert tone="warning">{plain(sentence(t.data.text))} {t.data.state !== 'trusted' && stillWords(t.data.text)}</Alert>}
      <dl class="vs-facts">
        <dt>URL</dt><dd>{plain(v.data.url)}</dd>
        <dt>Version</dt><dd>{plain(v.data.vcVersion ?? 'unknown')} build {plain(v.data.buildNumber ?? 'unknown')}</dd>
        <dt>User</dt><dd>{plain(v.data.username)}</dd>
        <dt>Use</dt><dd>{USE[v.data.mode] ?? v.data.mode}</dd>
        <dt>NSX-V Manager</dt><dd>{v.data.nsxVManager ? plain(v.data.nsxVManager.url) : 'none, and none can be added later'}</dd>
        <dt>Names verified</dt><dd>{v.data.verifyNames === 'inherit' ? 'as the general settings say' : v.data.verifyNames}</dd>
        <dt>Looked at</dt><dd>{utc(t.data?.looked) || 'never'}</dd>
      </dl>
      <h2>VMCA</h2>
      {t.data?.vmca ? <CertificateView cert={t.data.vmca} /> : <p>{t.data ? plain(sentence(t.data.text)) : '…'}</p>}
      <h2>Hosts</h2>
      <HostGrid urn={urn} />
      {editing && <EditVcenterDialog vcenter={v.data} onClose={() => setEditing(false)} />}
      {trusting && <Modal title={`VMCA of ${v.data.name}`} size="large" onClose={() => setTrusting(false)}>
        <VmcaStep urn={urn} name={v.data.name} onDone={() => setTrusting(false)} /></Modal>}
      {task && <Modal title="Refresh" onClose={() => setTask(null)}><TaskStep path={task} onSuccess={() => setTask(null)} /></Modal>}
    </>
  );
}
