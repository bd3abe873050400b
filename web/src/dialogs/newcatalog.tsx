import { useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { useDeed } from '../lib/deed';
import { CLOUD, change, type Page } from '../lib/rest';
import { useSession } from '../lib/session';
import { Failure } from '../parts/alert';
import { plain } from '../parts/certificate';
import { SelectField, TextField } from '../parts/form';
import { Modal } from '../parts/modal';

interface Org {
  id: string;
  name: string;
}

/** A provider says whose it is; a tenant's is his organization's. */
export function NewCatalogDialog({ onClose }: { onClose: () => void }) {
  const session = useSession();
  const orgs = useData<Page<Org>>(session.provider ? `${CLOUD}/orgs?page=1&pageSize=128&sortAsc=name` : null, []);
  const [form, setForm] = useState({ name: '', description: '', org: session.provider ? '' : session.org.id });
  const { busy, why, run } = useDeed();
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    void run(async () => {
      await change('POST', `/api/admin/org/${form.org.slice(form.org.lastIndexOf(':') + 1)}/catalogs`, { name: form.name.trim(), description: form.description },
        { type: 'application/vnd.vmware.admin.catalog+json;version=37.0' });
      onClose();
    });
  };
  return (
    <Modal title="New catalog" busy={busy} onClose={onClose}>
      <form class="clr-form" onSubmit={save}>
        {session.provider && (
          <SelectField label="Organization" value={form.org} onInput={(org) => setForm({ ...form, org })}
            options={[['', 'choose'], ...(orgs.data?.values ?? []).map((o): [string, string] => [o.id, plain(o.name)])]} />
        )}
        <TextField label="Name" value={form.name} onInput={(name) => setForm({ ...form, name })} required maxLength={128} autoFocus />
        <TextField label="Description" value={form.description} onInput={(description) => setForm({ ...form, description })} maxLength={1024} />
        <Failure why={why} />
        <div class="vs-buttons">
          <button type="button" class="btn btn-outline" onClick={onClose}>Cancel</button>
          <button type="submit" class="btn btn-primary" disabled={busy || !form.name.trim() || !form.org}>Create</button>
        </div>
      </form>
    </Modal>
  );
}
