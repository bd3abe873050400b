import type { ComponentChildren } from 'preact';
import { messageOf } from '../lib/text';
import { Icon } from './icon';

export type Tone = 'success' | 'info' | 'warning' | 'danger';
const CLASS: Record<Tone, string> = {
  success: 'alert alert-success', info: 'alert alert-info', warning: 'alert alert-warning', danger: 'alert alert-danger',
};
const SHAPE = { success: 'check', info: 'info', warning: 'warning', danger: 'error' } as const;

export function Alert({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={CLASS[tone]} role={tone === 'danger' || tone === 'warning' ? 'alert' : 'status'}>
      <div class="alert-items">
        <div class="alert-item static">
          <div class="alert-icon-wrapper"><Icon shape={SHAPE[tone]} /></div>
          <span class="alert-text">{children}</span>
        </div>
      </div>
    </div>
  );
}

export function Failure({ why, again }: { why: unknown; again?: () => void }) {
  if (why === null || why === undefined) return null;
  return (
    <Alert tone="danger">
      {messageOf(why)}{' '}
      {again && <button type="button" class="btn btn-sm btn-link vs-inline" onClick={again}>Try again</button>}
    </Alert>
  );
}

export function Loading({ what }: { what: string }) {
  return <p class="vs-quiet" role="status"><span class="spinner spinner-inline" aria-hidden="true" /> Loading {what} …</p>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="vs-empty">{children}</div>;
}
