// Virtual machines as the query service and the legacy face give them.
import { readRecords } from './tasks';
import type { Page } from './rest';

export interface VmRow {
  urn: string;
  name: string;
  status: string;
  vapp: string;
  vdc: string;
  guestOs: string;
  host: string;
}

interface Link {
  rel: string;
  href: string;
}

export interface Vm {
  id: string;
  name: string;
  href: string;
  status: number;
  deployed: boolean;
  needsCustomization?: boolean;
  link: Link[];
}

const STATUS: Record<number, string> = { 3: 'Suspended', 4: 'Powered on', 6: 'Unknown', 8: 'Powered off', 10: 'Mixed' };
const text = (v: unknown) => (typeof v === 'string' ? v : '');

function uuidOf(href: string): string {
  return href.slice(href.lastIndexOf('vm-') + 3);
}

export function readVms(answer: unknown): Page<VmRow> {
  return readRecords(answer, (r) => ({
    urn: `urn:vcloud:vm:${uuidOf(text(r['href']))}`, name: text(r['name']), status: text(r['status']), vapp: text(r['containerName']),
    vdc: text(r['vdcName']), guestOs: text(r['guestOs']), host: text(r['hostName']),
  }));
}

export function vmPath(urn: string): string {
  return `/api/vApp/vm-${urn.slice(urn.lastIndexOf(':') + 1)}`;
}

export function statusText(vm: Vm): string {
  return STATUS[vm.status] ?? `Status ${vm.status}`;
}

export function linkOf(vm: Vm, rel: string): string | null {
  const found = vm.link.find((l) => l.rel === rel);
  return found ? new URL(found.href, location.href).pathname : null;
}
