// How times, sizes and fingerprints are written, everywhere the same.

export function utc(text: string | null | undefined): string {
  return text ? new Date(text).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC') : '';
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86400], ['month', 30 * 86400], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export function fromNow(text: string | null | undefined): string {
  if (!text) return '';
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= 2 * size) return relative.format(Math.trunc(seconds / size), unit); // 13 months, not "next year"
  return 'now';
}

export function daysLeft(text: string): number {
  return Math.floor((new Date(text).getTime() - Date.now()) / 86400000);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** The first and last pairs of a fingerprint, for tables; the whole one stands where it is decided about. */
export function short(fingerprint: string): string {
  return fingerprint.length > 23 ? `${fingerprint.slice(0, 11)}…${fingerprint.slice(-11)}` : fingerprint;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

/** What the cell says begins a line here. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function messageOf(why: unknown): string {
  return why instanceof Error ? why.message : String(why);
}
