// The button that changes nothing; it has the focus when its step appears, so that Return alone trusts nobody.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function SafeButton({ disabled, onClick, children }: { disabled?: boolean; onClick: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return <button ref={ref} type="button" class="btn btn-outline" disabled={disabled} onClick={onClick}>{children}</button>;
}
