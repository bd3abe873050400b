// Shapes of the cell's answers, as its OpenAPI description has them; only what the pages read.

export interface Certificate {
  subject: string;
  issuer: string;
  sha256: string;
  sha1: string;
  serial: string;
  notBefore: string;
  notAfter: string;
  key: string;
  signature?: string;
  names: string;
  isCa: boolean;
  certificate: string;
}

export interface Verdict {
  ok: boolean;
  rule: string;
  text?: string;
  what?: string;
  why?: string;
  next?: string;
  expected?: string;
  seen?: string;
  anchor?: string;
  subject?: string;
  issuer?: string;
  sha256?: string;
  sha1?: string;
}

export interface Inspected {
  host: string;
  port: number;
  address: string;
  tls: string;
  cipher: string;
  verdict: Verdict;
  chain: Certificate[];
  alsoSent: Certificate[];
  undecodable: number;
  store: { sha256: string; pinsOneCertificate: boolean; words: string | null; scope: string; wouldBe: Verdict };
  challenge: string | null;
  expires: string | null;
}

export interface VCenter {
  vcId: string;
  name: string;
  description: string;
  username: string;
  url: string;
  isEnabled: boolean;
  isConnected: boolean;
  connectionProblem: string | null;
  mode: string;
  listenerState: string;
  vcVersion: string;
  buildNumber: string;
  uuid: string;
  verifyNames: string;
  nsxVManager: { url: string; username: string } | null;
}

export type TrustState = 'unreviewed' | 'trusted' | 'untrusted' | 'needs-7.0' | 'no-certificate-management' | 'none';

export interface VcenterTrust {
  state: TrustState;
  reviewed: boolean;
  text: string;
  vmca: Certificate | null;
  hosts: { total: number; verified: number; classes: Record<string, number> };
  looked: string | null;
}

export type VCenterWithTrust = VCenter & { trust: VcenterTrust };

export interface HostRow {
  id: string;
  name: string;
  dialled: string;
  port: number;
  names: string[];
  class: string;
  verified: boolean;
  means: string;
  verdict: Verdict | null;
  error: string | null;
  leaf: Certificate | null;
  lastSeen: string | null;
  virtualCenter: { name: string; id: string };
}

export interface HostsPage {
  resultTotal: number;
  pageCount: number;
  page: number;
  pageSize: number;
  values: HostRow[];
  total: number;
  verified: number;
  text: string;
  classes: Record<string, number>;
  looked: string | null;
}

export interface VmcaProposal {
  state: string;
  text: string;
  vmca: string | null;
  root: Certificate | null;
  from: string;
  granted: boolean;
  proposal: boolean;
  alsoInUse: Certificate[];
  hosts: { total: number; verified: number; classes: Record<string, number>; text: string };
}

export type AuditState = 'needed' | 'spare' | 'unproven' | 'unneeded';

export interface Grant {
  id: string;
  alias: string;
  owner: string;
  scope: string;
  sha256: string;
  madeBy: string;
  flow: string;
  made: string;
  certificate: Certificate;
  audit: { state: AuditState; usedBy: number; carries: number } | null; // null: the last audit did not see it
  lastUsed: string | null;
}

export interface Preview {
  certificates: {
    certificate: Certificate;
    grants: { id: string; alias: string; scope: string }[];
    verifies: { vcenter: { name: string; id: string }; hosts: number; endpoint: boolean }[];
  }[];
}

export interface Evidence {
  endpoint: string;
  purpose: string;
  first: string;
  last: string;
  count: number;
}

export interface Task {
  href: string;
  id: string;
  status: 'queued' | 'preRunning' | 'running' | 'success' | 'error' | 'canceled' | 'aborted';
  operation: string;
  operationName: string;
  startTime?: string;
  endTime?: string;
  progress?: number;
  details?: string;
  owner?: { name?: string; id?: string; href?: string };
  error?: { message?: string };
}

export interface Advisory {
  id: string;
  message: string;
  priority: 'MANDATORY' | 'CRITICAL' | 'IMPORTANT' | 'NOTICE';
  displayStart: string | null;
  displayEnd: string | null;
  source: 'USER' | 'INTERNAL';
}

export interface AuditEvent {
  eventId: string;
  eventType: string;
  description: string;
  user: { name: string; id: string };
  eventEntity: { name: string; id: string };
  timestamp: string;
  additionalProperties: Record<string, unknown>;
}

export interface Nsx {
  id: string;
  name: string;
  description?: string;
  url: string;
  username: string;
  version?: string;
}

export function finished(t: Task): boolean {
  return t.status !== 'queued' && t.status !== 'preRunning' && t.status !== 'running';
}
