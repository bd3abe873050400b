import type { ComponentChildren } from 'preact';
import { Icon, type Shape } from './icon';

export type Mood = 'good' | 'bad' | 'warn' | 'plain' | 'busy';
const CLASS: Record<Mood, string> = {
  good: 'label label-success', bad: 'label label-danger', warn: 'label label-warning', plain: 'label', busy: 'label label-info',
};
const SHAPE: Record<Mood, Shape | null> = { good: 'check', bad: 'error', warn: 'warning', plain: null, busy: null };

/** A state in a word: its colour never stands alone. */
export function Badge({ mood, children, title }: { mood: Mood; children: ComponentChildren; title?: string }) {
  const shape = SHAPE[mood];
  return <span class={CLASS[mood]} title={title}>{shape && <Icon shape={shape} />}{children}</span>;
}
