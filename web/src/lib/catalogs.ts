// Catalogs, vApp templates and media as the query service and the legacy face give them.
import { readRecords } from './tasks';
import type { Page } from './rest';
import type { Task } from './types';

export interface Link {
  rel: string;
  href: string;
  type?: string;
}

type Some<T> = T | T[] | undefined;

export interface TransferFile {
  name: string;
  size: number;
  bytesTransferred: number;
  link: Some<Link>;
}

/** A template or a medium, as far as the pages read it. */
export interface Entity {
  id: string;
  name: string;
  href: string;
  status: number;
  size?: number;
  description?: string;
  link?: Some<Link>;
  files?: { file?: Some<TransferFile> } | null;
  tasks?: { task?: Some<Task> } | null;
}

/** One element alone may stand where several would be a list. */
function all<T>(some: Some<T>): T[] {
  return some === undefined ? [] : Array.isArray(some) ? some : [some];
}

/** An href of the cell as this page reaches it. */
export function pathOf(href: string): string {
  return new URL(href, location.href).pathname;
}

export function findLink(of: { link?: Some<Link> }, rel: string, type = ''): string | null {
  const found = all(of.link).find((l) => l.rel === rel && (l.type ?? '').includes(type));
  return found ? pathOf(found.href) : null;
}

export function filesOf(e: Entity): TransferFile[] {
  return all(e.files?.file);
}

export function tasksOf(e: Entity): Task[] {
  return all(e.tasks?.task);
}

export interface CatalogRow {
  urn: string;
  name: string;
  description: string;
  org: string;
  owner: string;
  made: string;
  templates: number;
  media: number;
}

export interface EntityRow {
  path: string;
  name: string;
  status: string;
  catalog: string;
  vdc: string;
  owner: string;
  made: string;
  size: number | null;
}

const text = (v: unknown) => (typeof v === 'string' ? v : '');
const number = (v: unknown) => Number(v ?? 0);

export function readCatalogs(answer: unknown): Page<CatalogRow> {
  return readRecords(answer, (r) => ({
    urn: `urn:vcloud:catalog:${text(r['href']).split('/').pop() ?? ''}`, name: text(r['name']), description: text(r['description']), org: text(r['orgName']),
    owner: text(r['ownerName']), made: text(r['creationDate']), templates: number(r['numberOfVAppTemplates']), media: number(r['numberOfMedia']),
  }));
}

export function readEntities(answer: unknown): Page<EntityRow> {
  return readRecords(answer, (r) => ({
    path: pathOf(text(r['href'])), name: text(r['name']), status: text(r['status']), catalog: text(r['catalogName']), vdc: text(r['vdcName']),
    owner: text(r['ownerName']), made: text(r['creationDate']), size: r['storageB'] === undefined ? null : number(r['storageB']),
  }));
}

export function catalogPath(urn: string): string {
  return `/api/catalog/${urn.slice(urn.lastIndexOf(':') + 1)}`;
}
