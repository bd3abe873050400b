// Settings > General: whose names are checked, and how long sessions live.
import { useEffect, useState } from 'preact/hooks';
import { useData } from '../lib/data';
import { change } from '../lib/rest';
import { useMay } from '../lib/session';
import { Alert, Failure, Loading } from '../parts/alert';
import { Check, TextField } from '../parts/form';

const PATH = '/api/admin/extension/settings/general';

interface General {
  verifyVcCertificates: boolean;
  verifyVsmCertificates: boolean;
  sessionTimeoutMinutes: number;
  absoluteSessionTimeoutMinutes: number;
  syncIntervalInHours: number;
  hostCheckTimeoutSeconds: number;
}

const NUMBERS: [keyof General & ('sessionTimeoutMinutes' | 'absoluteSessionTimeoutMinutes' | 'syncIntervalInHours' | 'hostCheckTimeoutSeconds'), string, string][] = [
  ['sessionTimeoutMinutes', 'Idle session timeout', 'Minutes without a request after which a session ends.'],
  ['absoluteSessionTimeoutMinutes', 'Longest session', 'Minutes after which it ends, however busy.'],
  ['syncIntervalInHours', 'Synchronization interval', 'Hours between two looks at what every vCenter and host presents.'],
  ['hostCheckTimeoutSeconds', 'Host check timeout', 'Seconds that one host may take to answer.'],
];

export function SettingsPage() {
  const { data, error, again } = useData<General>(PATH, ['settings']);
  const may = useMay('System Settings: Manage');
  const [form, setForm] = useState<General | null>(null);
  const [why, setWhy] = useState<unknown>(null);
  const [saved, setSaved] = useState(false);
  useEffect(() => setForm(data), [data]);
  if (error) return <Failure why={error} again={again} />;
  if (!form) return <Loading what="the settings" />;
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    setWhy(null);
    setSaved(false);
    change('PUT', PATH, form, { type: 'application/*+json;version=37.0' }).then(() => setSaved(true), setWhy);
  };
  return (
    <>
      <h1>General</h1>
      <form class="clr-form" onSubmit={save}>
        <fieldset class="vs-fieldset" disabled={!may}>
          <legend>Host name verification</legend>
          <Check label="Verify the names in certificates of vCenter Servers and their hosts" checked={form.verifyVcCertificates}
            onChange={(on) => setForm({ ...form, verifyVcCertificates: on })} />
          <Check label="Verify the names in certificates of NSX Managers" checked={form.verifyVsmCertificates}
            onChange={(on) => setForm({ ...form, verifyVsmCertificates: on })} />
          {(!form.verifyVcCertificates || !form.verifyVsmCertificates) && (
            <Alert tone="warning">
              Off, whoever holds any certificate of a trusted authority could stand in for these servers. The chain is verified all the same, and an
              endpoint that receives a password must present the very key that was confirmed.
            </Alert>
          )}
        </fieldset>
        <fieldset class="vs-fieldset" disabled={!may}>
          <legend>Times</legend>
          {NUMBERS.map(([key, label, help]) => (
            <TextField key={key} label={label} type="number" value={String(form[key] ?? '')} help={help}
              onInput={(v) => setForm({ ...form, [key]: Number(v) })} />
          ))}
        </fieldset>
        <Failure why={why} />
        {saved && <Alert tone="success">Saved, and in force.</Alert>}
        {may && <button type="submit" class="btn btn-primary">Save</button>}
      </form>
    </>
  );
}
