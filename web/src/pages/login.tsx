import { useState } from 'preact/hooks';
import { login, type Session } from '../lib/rest';
import { Alert, Failure } from '../parts/alert';
import { TextField } from '../parts/form';

export function Login({ said, onLogin }: { said: string; onLogin: (session: Session) => void }) {
  const [org, setOrg] = useState(new URLSearchParams(location.search).get('org') ?? 'System');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<unknown>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setWhy(null);
    login(`${user}@${org}`, password).then(onLogin, (failure: unknown) => {
      setPassword('');
      setBusy(false);
      setWhy(failure);
    });
  };
  return (
    <main class="vs-login">
      <h1>Vouchsafe</h1>
      <p>Log in to the cell's console.</p>
      {said && <Alert tone="info">{said}</Alert>}
      <form class="clr-form" onSubmit={submit}>
        <TextField label="Organization" value={org} onInput={setOrg} required autocomplete="organization" help="System is the provider's." />
        <TextField label="User name" value={user} onInput={setUser} required autoFocus autocomplete="username" />
        <TextField label="Password" type="password" value={password} onInput={setPassword} required autocomplete="current-password" />
        <Failure why={why} />
        <div class="vs-buttons">
          <button type="submit" class="btn btn-primary" disabled={busy || !user || !password || !org}>Log in</button>
        </div>
      </form>
    </main>
  );
}
