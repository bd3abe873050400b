// The cell's API as the pages speak to it: JSON over fetch, one session in a cookie that no script can read. Every change
// carries the session's token in a field that only this page can set; errors carry the cell's own words.

const ACCEPT = 'application/json;version=37.0';
const LEGACY_ACCEPT = 'application/*+json;version=37.0';
export const OWN = '/cloudapi/vouchsafe/1.0.0';
export const CLOUD = '/cloudapi/1.0.0';

export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

export interface Session {
  user: { name: string; id: string };
  org: { name: string; id: string };
  roles: string[];
  rights: string[];
  provider: boolean;
  sessionIdleTimeoutMinutes: number;
  csrf: string;
  cell: { name: string; version: string };
}

const USED_KEY = 'vouchsafe.used'; // when the person last did something, in whichever tab
const TOUCH_MS = 60000;            // so often the cell hears of a person who types and asks it nothing

let csrf = '';
let whenLoggedOut: () => void = () => undefined;
let told = 0; // when the cell was last asked anything for the person

/** Called when the cell says that there is no session any more. */
export function onLoggedOut(call: () => void): void {
  whenLoggedOut = call;
}

/** When the person last did something in any tab of this session; live updates don't count. */
export function lastUsed(): number {
  return Number(localStorage.getItem(USED_KEY) ?? 0);
}

export function used(): void {
  localStorage.setItem(USED_KEY, String(Date.now()));
}

/** A key, the mouse: the cell hears of it now and then, so that a console in use or a long form outlives the idle time. */
export function usedHere(): void {
  used();
  if (Date.now() - told < TOUCH_MS) return;
  told = Date.now();
  sessionStands().catch(() => undefined);
}

async function refusal(answer: Response): Promise<Refusal> {
  const text = await answer.text();
  try {
    const body = JSON.parse(text) as { message?: string; minorErrorCode?: string };
    return new Refusal(answer.status, body.minorErrorCode ?? '', body.message ?? answer.statusText);
  } catch {
    return new Refusal(answer.status, '', answer.statusText || `HTTP ${answer.status}`);
  }
}

interface Call {
  method?: string;
  body?: unknown;          // JSON, unless it is a Blob
  type?: string;
  background?: boolean;    // asked by a live update, not by the person
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

async function send(path: string, call: Call = {}): Promise<Response> {
  const method = call.method ?? 'GET';
  const headers: Record<string, string> = { Accept: path.startsWith('/api/') ? LEGACY_ACCEPT : ACCEPT, ...call.headers };
  if (method !== 'GET') headers['X-Vouchsafe-Csrf'] = csrf;
  const init: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error' };
  if (call.signal) init.signal = call.signal;
  if (call.body !== undefined) {
    const raw = call.body instanceof Blob;
    headers['Content-Type'] = call.type ?? 'application/json';
    init.body = raw ? (call.body as Blob) : JSON.stringify(call.body);
  }
  if (!call.background) {
    used();
    told = Date.now();
  }
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (failure) {
    if (call.signal?.aborted) throw failure;
    throw new Refusal(0, 'UNREACHABLE', 'The cell does not answer.');
  }
  if (answer.ok) return answer;
  const why = await refusal(answer);
  if (answer.status === 401 && !path.endsWith('/webSession')) whenLoggedOut();
  throw why;
}

export async function get<T>(path: string, call: Call = {}): Promise<T> {
  return (await (await send(path, call)).json()) as T;
}

async function answered<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return (text ? JSON.parse(text) : null) as T;
}

/** An answer and how long each of its stages took in the cell, in milliseconds (Server-Timing). */
export async function timed<T>(path: string, body: unknown): Promise<{ answer: T; ms: Record<string, number> }> {
  const raw = await send(path, { method: 'POST', body });
  const stages = [...(raw.headers.get('Server-Timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g)].map((m) => [m[1]!, Number(m[2])]);
  return { answer: await answered<T>(raw), ms: Object.fromEntries(stages) as Record<string, number> };
}

export async function change<T = unknown>(method: string, path: string, body?: unknown, call: Call = {}): Promise<T> {
  return answered<T>(await send(path, { ...call, method, body }));
}

/** What answers 202: the path of its task. */
export async function start(method: string, path: string, body?: unknown): Promise<string> {
  const answer = await send(path, { method, body });
  const where = answer.headers.get('Location');
  if (!where) throw new Refusal(answer.status, '', 'The cell named no task.');
  return new URL(where, location.href).pathname;
}

/** A piece of a file to a transfer's address, with how much of it is gone; range: Content-Range. fetch tells no progress. */
export function sendPiece(path: string, piece: Blob, range: string | null, signal: AbortSignal, told: (sent: number) => void,
  type = 'application/octet-stream'): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    const stop = () => call.abort();
    const end = (how: () => void) => {
      signal.removeEventListener('abort', stop);
      how();
    };
    call.open('PUT', path);
    call.setRequestHeader('Accept', LEGACY_ACCEPT);
    call.setRequestHeader('Content-Type', type);
    call.setRequestHeader('X-Vouchsafe-Csrf', csrf);
    if (range) call.setRequestHeader('Content-Range', range);
    call.upload.addEventListener('progress', (event) => {
      used();
      told(event.loaded);
    });
    call.addEventListener('load', () => end(() => {
      if (call.status >= 200 && call.status < 300) resolve();
      else void refusal(new Response(call.responseText, { status: call.status, statusText: call.statusText })).then(reject);
    }));
    call.addEventListener('error', () => end(() => reject(new Refusal(0, 'UNREACHABLE', 'The connection to the cell broke.'))));
    call.addEventListener('abort', () => end(() => reject(signal.reason)));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    else call.send(piece);
  });
}

export interface Page<T> {
  resultTotal: number;
  pageCount: number;
  page: number;
  pageSize: number;
  values: T[];
}

export interface Query {
  page?: number;
  pageSize?: number;
  filter?: string;
  sort?: string;
  down?: boolean;
}

export function queryText(q: Query): string {
  const p = new URLSearchParams();
  p.set('page', String(q.page ?? 1));
  p.set('pageSize', String(q.pageSize ?? 25));
  if (q.sort) p.set(q.down ? 'sortDesc' : 'sortAsc', q.sort);
  return p.toString() + (q.filter ? `&filter=${q.filter}` : ''); // its values are encoded already, and only once
}

/** A value inside a filter: FIQL keeps its own signs out by their codes (vcd-api.md 2). */
export function filterValue(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function urlPart(text: string): string {
  return encodeURIComponent(text);
}

export async function login(user: string, password: string): Promise<Session> {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const basic = btoa(String.fromCharCode(...bytes));
  const session = await answered<Session>(
    await send(`${OWN}/webSession`, { method: 'POST', headers: { Authorization: `Basic ${basic}` } }),
  );
  csrf = session.csrf;
  return session;
}

/** The session that the cookie names; null when there is none. */
export async function resume(background = false): Promise<Session | null> {
  try {
    const session = await get<Session>(`${OWN}/webSession`, { background });
    csrf = session.csrf;
    return session;
  } catch (why) {
    if (why instanceof Refusal && why.status === 401) return null;
    throw why;
  }
}

/** Tells the page when the session has ended meanwhile; fails when the cell can't be reached. */
export async function sessionStands(): Promise<void> {
  if (!(await resume(true))) whenLoggedOut();
}

export async function logout(): Promise<void> {
  try {
    await change('DELETE', `${OWN}/webSession`, undefined, { background: true }); // to leave is no use: other tabs say why they end
  } finally {
    csrf = '';
  }
}
