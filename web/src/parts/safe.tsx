// The button that changes nothing; it has the focus when its step appears, so that Return alone trusts nobody.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export function SafeButton({ disabled, primary, onClick, children }:
  { disabled?: boolean; primary?: boolean; onClick: () => void; children: ComponentChildren }) {
  const ref = useRef<HTMLButtonElement>(null);
  const had = useRef(false);
  useLayoutEffect(() => { // and by its attribute, when its dialog opens with it
    if (disabled || had.current) return;
    had.current = true;
    ref.current?.focus();
  }, [disabled]);
  return <button ref={ref} autofocus type="button" class={primary ? 'btn btn-primary' : 'btn btn-outline'} disabled={disabled} onClick={onClick}>{children}</button>;
}
