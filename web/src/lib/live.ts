// Live updates: one stream of server-sent events for the whole page says which kinds of things changed; what shows such
// things asks again. No stream, no polling storm: it is opened again with growing pauses, and then everything is asked once.
import { useEffect, useState } from 'preact/hooks';
import { OWN, sessionStands } from './rest';

export type Kind =
  | 'advisory' | 'audit' | 'catalog' | 'console' | 'event' | 'grant' | 'host' | 'inbox' | 'nsx' | 'session' | 'settings' | 'task'
  | 'vcenter' | 'vm';

const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 30000;

type Listener = { kinds: ReadonlySet<Kind> | null; call: () => void };
const listeners = new Set<Listener>();
const watchers = new Set<(up: boolean) => void>();
let source: EventSource | null = null;
let timer = 0;
let pause = FIRST_PAUSE_MS;
let up = true;
let lost = false;

function say(now: boolean): void {
  if (up === now) return;
  up = now;
  for (const call of watchers) call(up);
}

function tell(kinds: Set<string> | null): void {
  for (const l of [...listeners])
    if (!kinds || !l.kinds || [...l.kinds].some((k) => kinds.has(k))) l.call();
}

function open(): void {
  source = new EventSource(`${OWN}/changes`);
  source.addEventListener('open', () => {
    pause = FIRST_PAUSE_MS;
    say(true);
    if (lost) tell(null);
    lost = false;
  });
  source.addEventListener('change', (event) => tell(new Set((event as MessageEvent<string>).data.split(' '))));
  // The cell asks anew who listens: the next stream is opened before this one ends.
  source.addEventListener('again', () => {
    const old = source;
    open();
    old?.close();
  });
  source.addEventListener('error', (event) => {
    if (event.target !== source) return;
    source?.close();
    source = null;
    lost = true;
    timer = window.setTimeout(open, pause);
    pause = Math.min(pause * 2, LAST_PAUSE_MS);
    sessionStands().catch(() => lost && say(false)); // a session that ended is no lost connection
  });
}

export function liveStart(): void {
  if (!source) open();
}

export function liveStop(): void {
  clearTimeout(timer);
  source?.close();
  source = null;
  lost = false;
  say(true);
}

/** Calls back until what it returns is called. */
export function onChange(kinds: readonly Kind[], call: () => void): () => void {
  const listener: Listener = { kinds: new Set(kinds), call };
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function useChanges(kinds: readonly Kind[], call: () => void): void {
  const key = kinds.join(' ');
  useEffect(() => onChange(key.split(' ') as Kind[], call), [key, call]);
}

/** False while the cell can't be heard. */
export function useConnected(): boolean {
  const [now, setNow] = useState(up);
  useEffect(() => {
    watchers.add(setNow);
    return () => void watchers.delete(setNow);
  }, []);
  return now;
}
