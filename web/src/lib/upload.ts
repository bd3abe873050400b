// Uploads as every client of the cell makes them (vcd-api.md 4.2, 4.3): the entity is made with a task, the files go in pieces to
// the addresses that it names, and the task says how it went. A piece that a broken connection lost is sent again
// from where the cell stands. What the cell says of a failure is the task's error, in full.
import { catalogPath, filesOf, findLink, pathOf, tasksOf, type Entity, type Link, type TransferFile } from './catalogs';
import { onChange } from './live';
import { Refusal, change, get, sendPiece } from './rest';
import type { Member } from './tar';
import { finished, type Task } from './types';

const PIECE = 8 * 1024 * 1024;
const TRIES = 30;              // of one piece: minutes, as a network that changes takes
const PAUSE_MS = 1000;         // after the first; then longer ..
const PAUSE_MAX_MS = 10000;    // .. up to this
const TEMPLATE = 'application/vnd.vmware.vcloud.uploadVAppTemplateParams';
const MEDIA = 'application/vnd.vmware.vcloud.media';

export interface Progress {
  said: string;
  sent: number;
  total: number;               // 0: not known yet
}

export interface Upload {
  signal: AbortSignal;
  told: (p: Progress) => void;
}

class TaskFailed extends Error {}

/** Asks again whenever the cell says that something changed, until `done` gives a value. */
function until<T>(u: Upload, done: () => Promise<T | null>): Promise<T> {
  return new Promise((resolve, reject) => {
    let asking = false;
    let again = false;
    const end = (how: () => void) => {
      leave();
      u.signal.removeEventListener('abort', stop);
      how();
    };
    const stop = () => end(() => reject(u.signal.reason));
    const ask = () => {
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      done().then((value) => {
        asking = false;
        if (value !== null) end(() => resolve(value));
        else if (again) {
          again = false;
          ask();
        }
      }, (why: unknown) => end(() => reject(why)));
    };
    const leave = onChange(['catalog', 'task'], ask);
    u.signal.addEventListener('abort', stop);
    ask();
  });
}

async function look(path: string): Promise<Entity> {
  const entity = await get<Entity>(path, { background: true });
  const failed = tasksOf(entity).find((t) => t.status === 'error' || t.status === 'aborted' || t.status === 'canceled');
  if (failed) throw new TaskFailed(failed.error?.message ?? `The task ended: ${failed.status}`);
  return entity;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** How far the cell is with a file. */
async function standing(entity: string, name: string): Promise<number> {
  return filesOf(await look(entity)).find((f) => f.name === name)?.bytesTransferred ?? 0;
}

async function sendFile(u: Upload, entity: string, file: TransferFile, blob: Blob, told: (sent: number, said?: string) => void): Promise<void> {
  const path = findLink(file, 'upload:default');
  if (!path) throw new Error(`The cell names no address for ${file.name}.`);
  let at = file.bytesTransferred;
  let tries = 0;
  let lost = false;
  do {
    try {
      if (lost) at = await standing(entity, file.name);
      lost = false;
      const end = Math.min(at + PIECE, blob.size);
      if (at < end || blob.size === 0)
        await sendPiece(path, blob.slice(at, end), blob.size ? `bytes ${at}-${end - 1}/${blob.size}` : null, u.signal, (n) => told(at + n));
      at = end;
      tries = 0;
    } catch (why) {
      lost = why instanceof Refusal && (why.status === 0 || why.status === 416);
      if (!lost || (tries += 1) === TRIES) throw why;
      told(at, 'The connection broke; trying again');
      await pause(Math.min(PAUSE_MS * tries, PAUSE_MAX_MS), u.signal);
    }
  } while (lost || at < blob.size);
}

/** Everything that the entity lists, each file from where it stands; what nobody has is said before a byte is sent. */
async function sendAll(u: Upload, entity: string, listed: TransferFile[], members: Member[]): Promise<void> {
  const parts = listed.filter((f) => !(f.size >= 0 && f.bytesTransferred === f.size)).map((file) => {
    const blob = members.find((m) => m.name === file.name)?.blob;
    if (!blob) throw new Error(`${file.name} belongs to it and was not chosen: choose all of its files together.`);
    if (file.size >= 0 && file.size !== blob.size) throw new Error(`${file.name} has ${blob.size} bytes, and its descriptor says ${file.size}.`);
    return { file, blob };
  });
  const total = parts.reduce((n, p) => n + p.blob.size, 0);
  let before = 0;
  for (const { file, blob } of parts) {
    const told = (sent: number, said = `Sending ${file.name}`) => u.told({ said, sent: before + sent, total });
    told(file.bytesTransferred);
    await sendFile(u, entity, file, blob, told);
    before += blob.size;
  }
  u.told({ said: 'The vCenter is finishing', sent: total, total });
}

async function follow(u: Upload, path: string): Promise<void> {
  await until(u, async () => {
    const task = await get<Task>(path, { background: true });
    if (!finished(task)) return null;
    if (task.status !== 'success') throw new TaskFailed(task.error?.message ?? `The task ended: ${task.status}`);
    return task;
  });
}

/** Runs `body` over a new entity; when it fails or is cancelled nothing is left behind. */
async function over(u: Upload, entity: string, body: () => Promise<void>): Promise<void> {
  const first = await get<Entity>(entity);
  const task = tasksOf(first)[0];
  if (!task) throw new Error('The cell names no task of this upload.');
  const path = pathOf(task.href);
  try {
    await body();
    await follow(u, path);
  } catch (why) {
    if (why instanceof TaskFailed) throw why;
    const now = await get<Task>(path, { background: true }).catch(() => null);
    if (now && !finished(now)) await change('POST', `${path}/action/cancel`).catch(() => undefined);
    if (now?.status === 'error' && now.error?.message) throw new Error(now.error.message); // the cell knows better what broke
    throw why;
  }
}

async function made(catalog: string, type: string, body: object): Promise<string> {
  const shelf = await get<{ link?: Link[] }>(catalogPath(catalog));
  const address = findLink(shelf, 'add', type);
  if (!address) throw new Error('You may not put anything into this catalog.');
  const item = await change<{ entity: { href: string } }>('POST', address, body, { type: `${type}+json;version=37.0` });
  return pathOf(item.entity.href);
}

/** members: the descriptor, a manifest where there is one, and all files that the descriptor names. */
export async function uploadTemplate(u: Upload, catalog: string, name: string, description: string, members: Member[]): Promise<void> {
  const descriptor = members.find((m) => m.name.toLowerCase().endsWith('.ovf'));
  if (!descriptor) throw new Error('There is no .ovf among the files.');
  const manifest = members.find((m) => m.name.toLowerCase().endsWith('.mf'));
  const entity = await made(catalog, TEMPLATE, { name, description, ...(manifest ? { manifestRequired: 'true' } : {}) });
  const has = manifest ? [...members, { name: 'descriptor.mf', blob: manifest.blob }] : members;
  await over(u, entity, async () => {
    u.told({ said: 'Sending the descriptor', sent: 0, total: 0 });
    const to = filesOf(await look(entity)).find((f) => f.name === 'descriptor.ovf');
    const path = to ? findLink(to, 'upload:default') : null;
    if (!path) throw new Error('The cell names no address for the descriptor.');
    await sendPiece(path, descriptor.blob, null, u.signal, () => undefined, 'text/xml');
    u.told({ said: 'The vCenter makes room for it', sent: 0, total: 0 });
    const listed = await until(u, async () => {
      const files = filesOf(await look(entity));
      return files.length > (manifest ? 2 : 1) ? files : null;
    });
    await sendAll(u, entity, listed.filter((f) => f.name !== 'descriptor.ovf'), has);
  });
}

export async function uploadMedium(u: Upload, catalog: string, name: string, description: string, file: Member): Promise<void> {
  const type = file.name.includes('.') ? file.name.slice(file.name.lastIndexOf('.') + 1).toLowerCase() : 'iso';
  const entity = await made(catalog, MEDIA, { name, description, imageType: type, size: file.blob.size });
  await over(u, entity, async () => {
    const files = filesOf(await look(entity));
    await sendAll(u, entity, files, files.map((f) => ({ name: f.name, blob: file.blob })));
  });
}
