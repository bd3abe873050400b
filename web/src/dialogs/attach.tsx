// Attach a vCenter Server: one dialog, the article's three steps. It stays open over the task; when the browser is opened
// anew, it goes on at the step where it stood, because the task and the vCenter are the cell's and not the page's.
import { useCallback, useEffect, useState } from 'preact/hooks';
import { useDeed } from '../lib/deed';
import { CLOUD, change, get, start, urlPart, type Page } from '../lib/rest';
import { useSession } from '../lib/session';
import { messageOf } from '../lib/text';
import type { Inspected, Task, VCenter } from '../lib/types';
import { Alert, Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Check, Radio, TextArea, TextField } from '../parts/form';
import { Modal } from '../parts/modal';
import { Steps } from '../parts/steps';
import { TaskStep } from '../parts/taskstep';
import { TrustStep, aliasOf, inspect } from '../parts/trustview';
import { VmcaStep } from '../parts/vmcastep';

const OPEN_KEY = 'vouchsafe.attach'; // what is open and whose, without any secret

export interface OpenAttach {
  user: string;                  // another person at this browser begins anew
  at: Stage['at'];
  form: Partial<Form>;
  task?: string;
  urn?: string;
}

export function openAttach(): OpenAttach | null {
  try {
    return JSON.parse(localStorage.getItem(OPEN_KEY) ?? 'null') as OpenAttach | null;
  } catch {
    return null;
  }
}

function keepOpen(what: OpenAttach | null): void {
  if (what) localStorage.setItem(OPEN_KEY, JSON.stringify(what));
  else localStorage.removeItem(OPEN_KEY);
}

export function endpointOf(url: string): { host: string; port: number; url: string } {
  const text = url.includes('://') ? url.trim() : `https://${url.trim()}`;
  const parsed = new URL(text);
  if (parsed.protocol !== 'https:' || !parsed.hostname) throw new Error('The URL must be https://host or https://host:port.');
  return { host: parsed.hostname.replace(/^\[|\]$/g, ''), port: parsed.port ? Number(parsed.port) : 443, url: `https://${parsed.host}` };
}

interface Form {
  name: string;
  description: string;
  url: string;
  username: string;
  password: string;
  enabled: boolean;
  use: 'iaas' | 'sddc';
  nsxv: boolean;
  nsxvUrl: string;
  nsxvUser: string;
  nsxvPassword: string;
}

const EMPTY: Form = {
  name: '', description: '', url: '', username: '', password: '', enabled: true, use: 'iaas', nsxv: false, nsxvUrl: '', nsxvUser: '', nsxvPassword: '',
};

const NOTHING = (({ password, nsxvPassword, ...rest }) => JSON.stringify(rest))(EMPTY);

type Stage =
  | { at: 'address' }
  | { at: 'certificate'; seen: Inspected; nsxv: boolean }
  | { at: 'account' }
  | { at: 'task'; path: string }
  | { at: 'vmca'; urn: string };

const STEP: Record<Stage['at'], number> = { address: 0, certificate: 0, account: 1, task: 1, vmca: 2 };

/** Where a reopened dialog begins: before the task it looks at the endpoint again. */
function beginning(resume: OpenAttach | null): Stage {
  if (resume?.urn) return { at: 'vmca', urn: resume.urn };
  return resume?.task ? { at: 'task', path: resume.task } : { at: 'address' };
}

export function AttachDialog({ resume, onClose }: { resume: OpenAttach | null; onClose: () => void }) {
  const user = useSession().user.id;
  const [form, setForm] = useState<Form>({ ...EMPTY, ...resume?.form });
  const [stage, setStage] = useState<Stage>(() => beginning(resume));
  const { busy, why, setWhy, run } = useDeed();
  const [failed, setFailed] = useState(false);
  const set = <K extends keyof Form>(key: K) => (value: Form[K]) => setForm((f) => ({ ...f, [key]: value }));

  const done = () => {
    keepOpen(null);
    onClose();
  };
  const close = () => (stage.at !== 'task' || failed ? done() : onClose());
  const look = (url: string, nsxv: boolean, onward = false) => run(async () => {
    const { host, port } = endpointOf(url);
    const seen = await inspect(host, port);
    setStage(onward && seen.verdict.ok ? { at: 'account' } : { at: 'certificate', seen, nsxv });
  });
  useEffect(() => {
    if (resume && !resume.task && resume.at !== 'address' && resume.form.url) void look(resume.form.url, false, resume.at === 'account');
  }, []);
  useEffect(() => {
    const { password, nsxvPassword, ...rest } = form;
    if (!failed && JSON.stringify(rest) !== NOTHING)
      keepOpen({ user, at: stage.at, form: rest, ...(stage.at === 'task' ? { task: stage.path } : {}), ...(stage.at === 'vmca' ? { task: '-', urn: stage.urn } : {}) });
  }, [stage, form, failed]);
  const register = () => run(async () => {
    const path = await start('POST', `${CLOUD}/virtualCenters`, {
      name: form.name, description: form.description, url: endpointOf(form.url).url, username: form.username, password: form.password,
      isEnabled: form.enabled,
      ...(form.nsxv ? { nsxVManager: { url: endpointOf(form.nsxvUrl).url, username: form.nsxvUser, password: form.nsxvPassword } } : {}),
    });
    setForm((f) => ({ ...f, password: '', nsxvPassword: '' }));
    setStage({ at: 'task', path });
  });
  const account = async () => {
    if (form.nsxv && form.nsxvUrl) {
      const { host, port } = endpointOf(form.nsxvUrl);
      const seen = await inspect(host, port);
      if (!seen.verdict.ok) {
        setStage({ at: 'certificate', seen, nsxv: true });
        return;
      }
    }
    await register();
  };
  const registered = useCallback(async (task: Task) => {
    const urn = task.owner?.id ?? (await get<Page<VCenter>>(`${CLOUD}/virtualCenters?page=1&pageSize=128`)).values.find((v) => v.name === form.name)?.vcId;
    if (!urn) return setWhy(new Error('The vCenter Server is registered, and gone already.'));
    setStage({ at: 'vmca', urn });
  }, [form.name]);

  return (
    <Modal title="Attach vCenter Server" size="large" busy={busy} onClose={close}>
      <Steps titles={['Certificate', 'Register', 'VMCA']} at={STEP[stage.at]} />
      {stage.at === 'address' && (
        <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); void look(form.url, false); }}>
          <TextField label="Name" value={form.name} onInput={set('name')} required autoFocus maxLength={128} />
          <TextArea label="Description" value={form.description} onInput={set('description')} />
          <TextField label="URL" value={form.url} onInput={set('url')} required placeholder="https://vcenter.example"
            help="https://FQDN-or-address[:port]. The cell looks at its certificate now; no password is asked for yet." />
          <Failure why={why} />
          <div class="vs-buttons">
            <button type="button" class="btn btn-outline" onClick={close}>Cancel</button>
            <button type="submit" class="btn btn-primary" disabled={busy || !form.name.trim() || !form.url.trim()}>Next</button>
          </div>
        </form>
      )}
      {stage.at === 'certificate' && (
        <>
          <h3>{stage.nsxv ? "The NSX-V Manager's certificate" : "The endpoint's certificate"}</h3>
          <TrustStep key={stage.seen.challenge ?? 'trusted'} seen={stage.seen} alias={aliasOf(stage.seen.host)} onCancel={close}
            onAgain={() => void look(stage.nsxv ? form.nsxvUrl : form.url, stage.nsxv)}
            onTrusted={() => (stage.nsxv ? void register() : setStage({ at: 'account' }))} />
          <Failure why={why} />
        </>
      )}
      {stage.at === 'account' && (
        <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); void run(account); }}>
          <TextField label="User name" value={form.username} onInput={set('username')} required autoFocus placeholder="administrator@vsphere.local" />
          <TextField label="Password" type="password" value={form.password} onInput={set('password')} required autocomplete="new-password"
            help={`Goes to ${form.url} only after its certificate was verified, and is kept sealed.`} />
          <Check label="Enabled" checked={form.enabled} onChange={set('enabled')} help="Off: it is registered, and nobody connects to it." />
          <fieldset class="vs-fieldset">
            <legend>Use</legend>
            <Radio name="use" label="IaaS" checked={form.use === 'iaas'} onChange={() => set('use')('iaas')}
              help="Organization VDCs take their resources from it; its mode says IAAS once one does." />
            <Radio name="use" label="SDDC" checked={form.use === 'sddc'} onChange={() => set('use')('sddc')}
              help="Published as a whole to an organization; its mode says SDDC once it is." />
          </fieldset>
          <fieldset class="vs-fieldset">
            <legend>NSX-V Manager</legend>
            <Radio name="nsxv" label="None" checked={!form.nsxv} onChange={() => set('nsxv')(false)}
              help="Never later: a vCenter attached without its NSX-V Manager has to be unregistered and attached again to get one." />
            <Radio name="nsxv" label="Register one with it now" checked={form.nsxv} onChange={() => set('nsxv')(true)} />
          </fieldset>
          {form.nsxv && (
            <>
              <TextField label="NSX-V URL" value={form.nsxvUrl} onInput={set('nsxvUrl')} required placeholder="https://nsxv.example" />
              <TextField label="NSX-V user" value={form.nsxvUser} onInput={set('nsxvUser')} required />
              <TextField label="NSX-V password" type="password" value={form.nsxvPassword} onInput={set('nsxvPassword')} required autocomplete="new-password" />
            </>
          )}
          <Failure why={why} />
          <div class="vs-buttons">
            <button type="button" class="btn btn-outline" disabled={busy} onClick={close}>Cancel</button>
            <button type="submit" class="btn btn-primary" disabled={busy || !form.username || !form.password}>Attach</button>
          </div>
        </form>
      )}
      {stage.at === 'task' && (
        <>
          <TaskStep path={stage.path} onSuccess={(task) => void registered(task)} onFailure={() => { setFailed(true); keepOpen(null); }} />
          {why !== null && <Alert tone="danger">{plain(messageOf(why))}</Alert>}
          <div class="vs-buttons">
            {failed
              ? <button type="button" class="btn btn-primary" onClick={() => { setFailed(false); setStage({ at: form.url ? 'account' : 'address' }); }}>Back</button>
              : <span class="vs-quiet">This window may be closed: the task goes on, and this dialog with it when it is opened again.</span>}
            <button type="button" class="btn btn-outline" onClick={close}>Close</button>
          </div>
        </>
      )}
      {stage.at === 'vmca' && <VmcaStep urn={stage.urn} name={form.name} onDone={done} />}
    </Modal>
  );
}

/** What a reopened browser goes on with: what it had open, as far as the cell still knows of it. */
export function useOpenAttach(): [OpenAttach | null, () => void] {
  const [open, setOpen] = useState<OpenAttach | null>(null);
  const user = useSession().user.id;
  useEffect(() => {
    const kept = openAttach();
    if (kept?.user !== user) return;
    if (!kept.task) return setOpen(kept);
    const path = kept.urn ? `${CLOUD}/virtualCenters/${urlPart(kept.urn)}` : new URL(kept.task, location.href).pathname;
    get(path, { background: true }).then(() => setOpen(kept), () => keepOpen(null));
  }, []);
  return [open, () => setOpen(null)];
}

export async function refreshVcenter(urn: string): Promise<string> {
  const id = urn.slice(urn.lastIndexOf(':') + 1);
  const task = await change<Task>('POST', `/api/admin/extension/vimServer/${id}/action/refresh`);
  return new URL(task.href, location.href).pathname;
}
