// A dialog: the browser's own, which holds the focus, gives it back, and closes on Escape.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { plain } from './certificate';
import { Icon } from './icon';

interface Props {
  title: string;
  onClose: () => void;         // Escape, the cross, Cancel
  size?: 'medium' | 'large';
  busy?: boolean;              // an answer is waited for: Escape does nothing
  children: ComponentChildren;
  footer?: ComponentChildren;
}

export function Modal({ title, onClose, size = 'medium', busy, children, footer }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => { // before anything is typed that was meant for it
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} class={size === 'large' ? 'vs-dialog vs-dialog-large' : 'vs-dialog'} aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onClose();
      }}>
      <div class="vs-dialog-head">
        <h2 id={id}>{plain(title)}</h2>
        <button type="button" class="btn btn-link btn-sm" aria-label="Close" disabled={busy} onClick={onClose}><Icon shape="close" /></button>
      </div>
      <div class="vs-dialog-body">{children}</div>
      {footer && <div class="vs-dialog-foot">{footer}</div>}
    </dialog>
  );
}
