// Tasks as the query service lists them: records, newest first.
import type { Page } from './rest';

export interface TaskRow {
  href: string;
  name: string;
  status: string;
  objectName: string;
  ownerName: string;
  startDate: string;
  endDate: string;
}

interface Records {
  record?: Record<string, unknown>[];
  total?: number;
  page?: number;
  pageSize?: number;
}

const text = (v: unknown) => (typeof v === 'string' ? v : '');

export function readRecords<T>(answer: unknown, row: (r: Record<string, unknown>) => T): Page<T> {
  const a = answer as Records;
  const pageSize = a.pageSize ?? 25;
  return {
    resultTotal: a.total ?? 0, page: a.page ?? 1, pageSize, pageCount: Math.max(1, Math.ceil((a.total ?? 0) / pageSize)),
    values: (a.record ?? []).map(row),
  };
}

export function readTasks(answer: unknown): Page<TaskRow> {
  return readRecords(answer, (r) => ({
    href: text(r['href']), name: text(r['name']), status: text(r['status']), objectName: text(r['objectName']), ownerName: text(r['ownerName']),
    startDate: text(r['startDate']), endDate: text(r['endDate']),
  }));
}
