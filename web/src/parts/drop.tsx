// Where files are dropped, or chosen.
import { useState } from 'preact/hooks';

export function Drop({ label, accept, multiple, disabled, onFiles }:
  { label: string; accept?: string; multiple?: boolean; disabled?: boolean; onFiles: (files: File[]) => void }) {
  const [over, setOver] = useState(false);
  return (
    <div class={over ? 'vs-drop vs-drop-over' : 'vs-drop'}
      onDragOver={(event) => { event.preventDefault(); setOver(!disabled); }} onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) onFiles([...(event.dataTransfer?.files ?? [])]);
      }}>
      <label>{label}{' '}
        <input type="file" accept={accept} multiple={multiple} disabled={disabled} onChange={(event) => onFiles([...(event.currentTarget.files ?? [])])} />
      </label>
    </div>
  );
}
