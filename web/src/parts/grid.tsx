// A list whose filter, order and pages are the cell's work: what is shown is one page, however long the list.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useData } from '../lib/data';
import type { Kind } from '../lib/live';
import { filterValue, queryText, type Page } from '../lib/rest';
import { Empty, Failure, Loading } from './alert';
import { Icon } from './icon';

const PAGE_SIZES = [25, 50, 100];
const TYPING_MS = 250; // a filter is asked when nothing was typed for so long

export interface Column<T> {
  title: string;
  sort?: string;                       // the field by which the cell sorts
  cell: (row: T) => ComponentChildren;
  narrow?: boolean;
}

interface Props<T, P extends Page<T>> {
  label: string;
  path: string;                        // of the list; may have a query of its own
  kinds: readonly Kind[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  sort: string;
  down?: boolean;
  search?: string;                     // the field that the filter box searches
  filters?: { label: string; options: [fiql: string, text: string][] }[];
  filter?: string;                     // always there, beside what a person chooses
  empty: ComponentChildren;
  tools?: ComponentChildren;
  before?: ComponentChildren;          // the filters: a choice that the page itself keeps
  above?: (page: P) => ComponentChildren;
  detail?: (row: T) => ComponentChildren;
  selected?: Set<string>;
  onSelect?: (keys: Set<string>, rows: T[]) => void;
  /** Answers of the legacy face have other members. */
  read?: (answer: unknown) => P;
}

export function Grid<T, P extends Page<T> = Page<T>>(p: Props<T, P>) {
  const [page, setPage] = useState(1);
  const [size, setSize] = useState(PAGE_SIZES[0]!);
  const [sort, setSort] = useState(p.sort);
  const [down, setDown] = useState(p.down ?? false);
  const [typed, setTyped] = useState('');
  const [wanted, setWanted] = useState('');
  const [chosen, setChosen] = useState<string[]>(() => (p.filters ?? []).map(() => ''));
  const [open, setOpen] = useState<string | null>(null);
  const timer = useRef(0);

  useEffect(() => {
    timer.current = window.setTimeout(() => {
      setWanted(typed.trim());
      setPage(1);
    }, TYPING_MS);
    return () => clearTimeout(timer.current);
  }, [typed]);

  const parts = [p.filter ?? '', ...chosen, wanted && p.search ? `${p.search}==*${filterValue(wanted)}*` : ''].filter(Boolean);
  const query = queryText({ page, pageSize: size, filter: parts.length ? parts.join(';') : undefined, sort, down });
  const raw = useData<unknown>(`${p.path}${p.path.includes('?') ? '&' : '?'}${query}`, p.kinds);
  const data = raw.data === null ? null : p.read ? p.read(raw.data) : (raw.data as P);

  const order = (field: string) => {
    setPage(1);
    setDown(field === sort ? !down : false);
    setSort(field);
  };
  const rows = data?.values ?? [];
  const keys = rows.map(p.rowKey);
  // The last page may have gone; what is selected is what is shown, as it is now and not as it was when it was chosen.
  useEffect(() => {
    if (data && data.page > data.pageCount) setPage(Math.max(1, data.pageCount));
    if (data && p.selected?.size) p.onSelect?.(new Set(keys.filter((k) => p.selected?.has(k))), rows);
  }, [raw.data]);
  const pick = (key: string, on: boolean) => {
    const next = new Set(p.selected);
    if (on) next.add(key);
    else next.delete(key);
    p.onSelect?.(next, rows);
  };
  const columns = p.columns.length + (p.onSelect ? 1 : 0) + (p.detail ? 1 : 0);
  const first = data ? (data.page - 1) * data.pageSize + 1 : 0;
  const filtered = parts.length > (p.filter ? 1 : 0);

  return (
    <section aria-label={p.label} aria-busy={raw.loading}>
      {data && p.above?.(data)}
      <div class="vs-tools">
        {p.tools}
        <span class="vs-grow" />
        {p.before}
        {(p.filters ?? []).map((f, i) => (
          <label key={f.label} class="vs-filter">{f.label}{' '}
            <select class="clr-select" value={chosen[i]} onChange={(event) => {
              const value = event.currentTarget.value;
              setChosen(chosen.map((c, j) => (j === i ? value : c)));
              setPage(1);
            }}>
              <option value="">all</option>
              {f.options.map(([fiql, text]) => <option key={fiql} value={fiql}>{text}</option>)}
            </select>
          </label>
        ))}
        {p.search && (
          <label class="vs-filter">Filter{' '}
            <input class="clr-input" type="search" value={typed} spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
        )}
      </div>
      <Failure why={raw.error} again={raw.again} />
      {!data && raw.loading && <Loading what={p.label.toLowerCase()} />}
      {data && (
        <>
          <div class="vs-scroll" tabIndex={0} role="region" aria-label={`${p.label}, table`}>
            <table class="table table-compact">
              <thead>
                <tr>
                  {p.onSelect && (
                    <th scope="col" class="vs-pick">
                      <input type="checkbox" aria-label="Select all on this page" checked={keys.length > 0 && keys.every((k) => p.selected?.has(k))}
                        onChange={(event) => p.onSelect?.(event.currentTarget.checked ? new Set(keys) : new Set(), rows)} />
                    </th>
                  )}
                  {p.columns.map((c) => (
                    <th key={c.title} scope="col" class={c.narrow ? 'left vs-narrow' : 'left'}
                      aria-sort={c.sort === sort && c.sort ? (down ? 'descending' : 'ascending') : undefined}>
                      {c.sort
                        ? <button type="button" class="vs-sort" onClick={() => order(c.sort!)}>{c.title}{c.sort === sort && <Icon shape={down ? 'down' : 'up'} />}</button>
                        : c.title}
                    </th>
                  ))}
                  {p.detail && <th scope="col" class="vs-pick"><span class="vs-hidden">More</span></th>}
                </tr>
              </thead>
              <tbody>
                {rows.length === 0 && (
                  <tr><td colSpan={columns}>{filtered ? <Empty>Nothing fits this filter.</Empty> : <Empty>{p.empty}</Empty>}</td></tr>
                )}
                {rows.flatMap((row, i) => {
                  const key = p.rowKey(row);
                  const line = (
                    <tr key={key}>
                      {p.onSelect && (
                        <td class="vs-pick"><input type="checkbox" aria-label={`Select row ${i + 1}`} checked={p.selected?.has(key) ?? false}
                          onChange={(event) => pick(key, event.currentTarget.checked)} /></td>
                      )}
                      {p.columns.map((c) => <td key={c.title} class={c.narrow ? 'left vs-narrow' : 'left'}>{c.cell(row)}</td>)}
                      {p.detail && (
                        <td class="vs-pick"><button type="button" class="btn btn-sm btn-link vs-inline" aria-expanded={open === key} aria-label="Details"
                          onClick={() => setOpen(open === key ? null : key)}><Icon shape={open === key ? 'up' : 'down'} /></button></td>
                      )}
                    </tr>
                  );
                  return open === key && p.detail
                    ? [line, <tr key={`${key}+`}><td colSpan={columns} class="left vs-detail">{p.detail(row)}</td></tr>]
                    : [line];
                })}
              </tbody>
            </table>
          </div>
          <nav class="vs-pages" aria-label={`Pages of ${p.label.toLowerCase()}`}>
            <label>Rows{' '}
              <select value={String(size)} onChange={(event) => { setSize(Number(event.currentTarget.value)); setPage(1); }}>
                {PAGE_SIZES.map((n) => <option key={n} value={String(n)}>{n}</option>)}
              </select>
            </label>
            <span role="status">{rows.length ? `${first.toLocaleString('en')} - ${(first + rows.length - 1).toLocaleString('en')} of ` : ''}{data.resultTotal.toLocaleString('en')} row(s)</span>
            <button type="button" class="btn btn-sm" disabled={page <= 1} onClick={() => setPage(page - 1)}>Previous</button>
            <button type="button" class="btn btn-sm" disabled={page >= data.pageCount} onClick={() => setPage(page + 1)}>Next</button>
          </nav>
        </>
      )}
    </section>
  );
}
