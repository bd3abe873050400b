// A question before something is gone; the button that changes nothing has the focus.
import type { ComponentChildren } from 'preact';
import { Modal } from './modal';
import { SafeButton } from './safe';

export function Confirm({ title, verb, onConfirm, onClose, children }:
  { title: string; verb: string; onConfirm: () => void; onClose: () => void; children: ComponentChildren }) {
  return (
    <Modal title={title} onClose={onClose}>
      <p>{children}</p>
      <div class="vs-buttons">
        <SafeButton onClick={onClose}>Cancel</SafeButton>
        <button type="button" class="btn btn-danger" onClick={() => { onClose(); onConfirm(); }}>{verb}</button>
      </div>
    </Modal>
  );
}
