// The gate in front of every page: who is logged in. Then the frame with its two levels of navigation, and the page.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { liveStart, liveStop, onChange } from './lib/live';
import { lastUsed, logout, onLoggedOut, resume, sessionStands, usedHere, type Session } from './lib/rest';
import { usePlace } from './lib/route';
import { SessionContext } from './lib/session';
import { Failure, Loading } from './parts/alert';
import { ConsoleTab } from './pages/console';
import { Login } from './pages/login';
import { Shell } from './pages/shell';

const IDLE_CHECK_MS = 15000;

const unused = (session: Session): boolean => Date.now() - lastUsed() > session.sessionIdleTimeoutMinutes * 60000;
const withoutUse = (session: Session): string => `Logged out after ${session.sessionIdleTimeoutMinutes} minutes without use.`;

export function App() {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [why, setWhy] = useState<unknown>(null);
  const [said, setSaid] = useState('');
  const place = usePlace();

  const ask = useCallback(() => {
    setWhy(null);
    resume().then(setSession, setWhy);
  }, []);
  useEffect(ask, [ask]);
  // Several things find out at once that a session is over, here and in other tabs: what is said is why, not who was first.
  const leaving = useRef(false);
  const leave = useCallback((words: string) => {
    leaving.current = true;
    setSaid(words);
    logout().catch(() => undefined).finally(() => setSession(null));
  }, []);
  useEffect(() => onLoggedOut(() => {
    if (leaving.current) return;
    setSaid(session && unused(session) ? withoutUse(session) : 'Your session has ended. Log in again.');
    setSession(null);
  }), [session]);

  // Nobody there: live updates keep no session alive, so the page logs out with it.
  useEffect(() => {
    if (!session) return;
    liveStart();
    const leaveSessions = onChange(['session'], () => void sessionStands().catch(() => undefined)); // it may be this one that ended
    leaving.current = false;
    const timer = setInterval(() => {
      if (unused(session)) leave(withoutUse(session));
    }, IDLE_CHECK_MS);
    const uses = ['keydown', 'pointerdown', 'wheel'] as const;
    for (const use of uses) addEventListener(use, usedHere, { capture: true, passive: true });
    return () => {
      for (const use of uses) removeEventListener(use, usedHere, { capture: true });
      clearInterval(timer);
      leaveSessions();
      liveStop();
    };
  }, [session, leave]);

  if (why) return <main class="vs-alone"><Failure why={why} again={ask} /></main>;
  if (session === undefined) return <main class="vs-alone"><Loading what="the console" /></main>;
  if (session === null) return <Login said={said} onLogin={(s) => { setSaid(''); setSession(s); }} />;
  return (
    <SessionContext.Provider value={session}>
      {place.path[0] === 'console' && place.path[1] ? <ConsoleTab vm={place.path[1]} /> : <Shell place={place} onLogout={() => leave('')} />}
    </SessionContext.Provider>
  );
}
