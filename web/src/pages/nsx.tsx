// NSX Managers: looked at before a password leaves, then registered in one call.
import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { useDeed } from '../lib/deed';
import { change } from '../lib/rest';
import { useMay } from '../lib/session';
import type { Inspected, Nsx } from '../lib/types';
import { endpointOf } from '../dialogs/attach';
import { Empty, Failure, Loading } from '../parts/alert';
import { plain } from '../parts/certificate';
import { Confirm } from '../parts/confirm';
import { TextField } from '../parts/form';
import { Modal } from '../parts/modal';
import { Steps } from '../parts/steps';
import { TrustStep, aliasOf, inspect } from '../parts/trustview';

const PATH = '/api/admin/extension/nsxtManagers';
const TYPE = 'application/*+json;version=37.0';

function AddNsx({ edit, onClose }: { edit: Nsx | null; onClose: () => void }) {
  const [form, setForm] = useState({ name: edit?.name ?? '', url: edit?.url ?? '', username: edit?.username ?? '', password: '' });
  const [seen, setSeen] = useState<Inspected | null>(null);
  const [at, setAt] = useState<'address' | 'certificate' | 'account'>('address');
  const { busy, why, run } = useDeed();
  const look = () => run(async () => {
    const { host, port } = endpointOf(form.url);
    setSeen(await inspect(host, port));
    setAt('certificate');
  });
  const save = () => run(async () => {
    const { password, ...rest } = form;
    const body = { ...rest, url: endpointOf(form.url).url, ...(password ? { password } : {}) };
    await change(edit ? 'PUT' : 'POST', edit ? `${PATH}/${edit.id.split(':').pop()!}` : PATH, body, { type: TYPE });
    onClose();
  });
  return (
    <Modal title={edit ? `Edit NSX Manager ${edit.name}` : 'Add NSX Manager'} size="large" busy={busy} onClose={onClose}>
      <Steps titles={['Certificate', 'Register']} at={at === 'account' ? 1 : 0} />
      {at === 'address' && (
        <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); look(); }}>
          <TextField label="Name" value={form.name} onInput={(name) => setForm({ ...form, name })} required autoFocus />
          <TextField label="URL" value={form.url} onInput={(url) => setForm({ ...form, url })} required placeholder="https://nsx.example" />
          <Failure why={why} />
          <div class="vs-buttons">
            <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
            <button type="submit" class="btn btn-primary" disabled={busy || !form.name || !form.url}>Next</button>
          </div>
        </form>
      )}
      {at === 'certificate' && seen && (
        <TrustStep key={seen.challenge ?? 'x'} seen={seen} alias={aliasOf(seen.host)} onCancel={onClose} onAgain={look} onTrusted={() => setAt('account')} />
      )}
      {at === 'account' && (
        <form class="clr-form clr-form-horizontal" onSubmit={(event) => { event.preventDefault(); save(); }}>
          <TextField label="User name" value={form.username} onInput={(username) => setForm({ ...form, username })} required autoFocus />
          <TextField label="Password" type="password" value={form.password} onInput={(password) => setForm({ ...form, password })} required={!edit}
            autocomplete="new-password" help={edit ? 'Empty: the password that is kept stays.' : undefined} />
          <Failure why={why} />
          <div class="vs-buttons">
            <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
            <button type="submit" class="btn btn-primary" disabled={busy || !form.username || (!edit && !form.password)}>{edit ? 'Save' : 'Add'}</button>
          </div>
        </form>
      )}
    </Modal>
  );
}

export function NsxPage() {
  const may = useMay('vCenter: Manage');
  const { data, error, again } = useData<{ nsxTManager?: Nsx[]; values?: Nsx[] }>(PATH, ['nsx']);
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<Nsx | null>(null);
  const [removing, setRemoving] = useState<Nsx | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  const rows = data?.nsxTManager ?? data?.values ?? [];
  const remove = (n: Nsx) => change('DELETE', `${PATH}/${n.id.split(':').pop()!}`).then(again, setWhy);
  return (
    <>
      <h1>NSX Managers</h1>
      <Failure why={why} />
      <Failure why={error} again={again} />
      <div class="vs-tools">{may && <button type="button" class="btn btn-sm" onClick={() => setAdding(true)}>Add</button>}</div>
      {!data && !error && <Loading what="NSX Managers" />}
      {data && (
        <div class="vs-scroll" tabIndex={0} role="region" aria-label="NSX Managers, table">
          <table class="table table-compact">
            <thead><tr>{['Name', 'URL', 'Version', 'User', 'Action'].map((t) => <th key={t} scope="col" class="left">{t}</th>)}</tr></thead>
            <tbody>
              {rows.length === 0 && <tr><td colSpan={5}><Empty>No NSX Manager is registered.</Empty></td></tr>}
              {rows.map((r) => (
                <tr key={r.id}>
                  <td class="left">{plain(r.name)}</td><td class="left">{plain(r.url)}</td><td class="left">{plain(r.version ?? '')}</td><td class="left">{plain(r.username)}</td>
                  <td class="left vs-narrow">{may && <>
                    <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`Edit ${r.name}`} onClick={() => setEditing(r)}>Edit</button>{' '}
                    <button type="button" class="btn btn-sm btn-link vs-inline" aria-label={`Unregister ${r.name}`} onClick={() => setRemoving(r)}>Unregister</button>
                  </>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {removing && (
        <Confirm title={`Unregister ${plain(removing.name)}`} verb="Unregister" onClose={() => setRemoving(null)} onConfirm={() => void remove(removing)}>
          What was trusted for it alone goes with it.
        </Confirm>
      )}
      {(adding || editing) && <AddNsx edit={editing} onClose={() => { setAdding(false); setEditing(null); again(); }} />}
    </>
  );
}
