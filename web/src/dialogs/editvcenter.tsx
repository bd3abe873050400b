// Edit a vCenter Server. Saved without changes it looks again, and asks for what isn't trusted: the walk after an upgrade.
import { useState } from 'preact/hooks';
import { useDeed } from '../lib/deed';
import { CLOUD, start, urlPart } from '../lib/rest';
import type { Inspected, VCenter } from '../lib/types';
import { Alert, Failure } from '../parts/alert';
import { Check, SelectField, TextArea, TextField } from '../parts/form';
import { Modal } from '../parts/modal';
import { TaskStep } from '../parts/taskstep';
import { TrustStep, aliasOf, inspect } from '../parts/trustview';
import { VmcaStep } from '../parts/vmcastep';
import { endpointOf } from './attach';

type Stage = { at: 'form' } | { at: 'certificate'; seen: Inspected } | { at: 'task'; path: string } | { at: 'vmca' };

export function EditVcenterDialog({ vcenter, onClose }: { vcenter: VCenter; onClose: () => void }) {
  const [form, setForm] = useState({
    name: vcenter.name, description: vcenter.description ?? '', url: vcenter.url, username: vcenter.username, password: '',
    isEnabled: vcenter.isEnabled, verifyNames: vcenter.verifyNames,
  });
  const [stage, setStage] = useState<Stage>({ at: 'form' });
  const [failed, setFailed] = useState(false);
  const { busy, why, run } = useDeed();
  const set = <K extends keyof typeof form>(key: K) => (value: (typeof form)[K]) => setForm((f) => ({ ...f, [key]: value }));
  const put = async () => {
    const { password, ...rest } = form;
    const path = await start('PUT', `${CLOUD}/virtualCenters/${urlPart(vcenter.vcId)}`, {
      ...rest, url: endpointOf(form.url).url, ...(password ? { password } : {}),
    });
    setForm((f) => ({ ...f, password: '' }));
    setStage({ at: 'task', path });
  };
  const save = () => run(async () => {
    if (form.isEnabled) {
      const { host, port } = endpointOf(form.url);
      const seen = await inspect(host, port);
      if (!seen.verdict.ok) {
        setStage({ at: 'certificate', seen });
        return;
      }
    }
    await put();
  });
  return (
    <Modal title={`Edit vCenter Server ${vcenter.name}`} size="large" busy={busy} onClose={onClose}>
      {stage.at === 'form' && (
        <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          <TextField label="Name" value={form.name} onInput={set('name')} required autoFocus />
          <TextArea label="Description" value={form.description} onInput={set('description')} />
          <TextField label="URL" value={form.url} onInput={set('url')} required />
          <TextField label="User name" value={form.username} onInput={set('username')} required />
          <TextField label="Password" type="password" value={form.password} onInput={set('password')} autocomplete="new-password"
            help="Empty: the password that is kept stays." />
          <Check label="Enabled" checked={form.isEnabled} onChange={set('isEnabled')} />
          <SelectField label="Verify host names" value={form.verifyNames} onInput={set('verifyNames')}
            options={[['inherit', 'as the general settings say'], ['on', 'on'], ['off', 'off']]} />
          {vcenter.nsxVManager === null && <p class="vs-quiet">No NSX-V Manager: one can't be added later.</p>}
          <Failure why={why} />
          <div class="vs-buttons">
            <button type="button" class="btn btn-outline" disabled={busy} onClick={onClose}>Cancel</button>
            <button type="submit" class="btn btn-primary" disabled={busy}>Save</button>
          </div>
        </form>
      )}
      {stage.at === 'certificate' && (
        <>
          <TrustStep key={stage.seen.challenge ?? 'x'} seen={stage.seen} alias={aliasOf(stage.seen.host)} onCancel={onClose}
            onAgain={() => void save()} onTrusted={() => void run(put)} />
          <Failure why={why} />
        </>
      )}
      {stage.at === 'task' && (
        <>
          <TaskStep path={stage.path} onSuccess={() => (form.isEnabled ? setStage({ at: 'vmca' }) : onClose())} onFailure={() => setFailed(true)} />
          {failed && <Alert tone="info">Nothing was changed.</Alert>}
          <div class="vs-buttons">
            {failed && <button type="button" class="btn btn-primary" onClick={() => { setFailed(false); setStage({ at: 'form' }); }}>Back</button>}
            <button type="button" class="btn btn-outline" onClick={onClose}>Close</button>
          </div>
        </>
      )}
      {stage.at === 'vmca' && <VmcaStep urn={vcenter.vcId} name={form.name} onDone={onClose} />}
    </Modal>
  );
}
