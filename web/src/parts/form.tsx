import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useId, useRef } from 'preact/hooks';

interface Field {
  label: string;
  value: string;
  onInput: (value: string) => void;
  help?: string;
  error?: string | null;
  required?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
}

function Frame({ id, label, help, error, required, children }: Omit<Field, 'value' | 'onInput'> & { id: string; children: ComponentChildren }) {
  return (
    <div class="clr-form-control">
      <label class={required ? 'clr-control-label vs-required' : 'clr-control-label'} for={id}>{label}</label>
      <div class={error ? 'clr-control-container clr-error' : 'clr-control-container'}>
        {children}
        {(error || help) && <span class="clr-subtext" id={`${id}-help`}>{error ?? help}</span>}
      </div>
    </div>
  );
}

interface TextProps extends Field {
  type?: 'text' | 'password' | 'url' | 'number' | 'search' | 'datetime-local';
  autocomplete?: string;
  placeholder?: string;
  maxLength?: number;
}

export function TextField(p: TextProps) {
  const id = useId();
  const ref = useRef<HTMLInputElement>(null);
  // The attribute counts when a dialog opens; each later step has its first field as well.
  useLayoutEffect(() => {
    if (p.autoFocus) ref.current?.focus();
  }, []);
  return (
    <Frame {...p} id={id}>
      <div class="clr-input-wrapper">
        <input ref={ref} id={id} class="clr-input vs-wide" type={(p.type ?? 'text') as 'text'} value={p.value} required={p.required} disabled={p.disabled}
          placeholder={p.placeholder} maxLength={p.maxLength} autocomplete={p.autocomplete ?? 'off'} spellcheck={false}
          aria-invalid={p.error ? true : undefined} aria-describedby={p.error || p.help ? `${id}-help` : undefined}
          autofocus={p.autoFocus} onInput={(event) => p.onInput(event.currentTarget.value)} />
      </div>
    </Frame>
  );
}

export function TextArea(p: Field & { rows?: number }) {
  const id = useId();
  return (
    <Frame {...p} id={id}>
      <textarea id={id} class="clr-textarea vs-wide" rows={p.rows ?? 3} value={p.value} required={p.required} disabled={p.disabled}
        spellcheck={false} aria-describedby={p.error || p.help ? `${id}-help` : undefined}
        onInput={(event) => p.onInput(event.currentTarget.value)} />
    </Frame>
  );
}

export function SelectField(p: Field & { options: [value: string, text: string][] }) {
  const id = useId();
  return (
    <Frame {...p} id={id}>
      <div class="clr-select-wrapper">
        <select id={id} class="clr-select" value={p.value} disabled={p.disabled}
          aria-describedby={p.error || p.help ? `${id}-help` : undefined}
          onChange={(event) => p.onInput(event.currentTarget.value)}>
          {p.options.map(([value, text]) => <option key={value} value={value} selected={value === p.value}>{text}</option>)}
        </select>
      </div>
    </Frame>
  );
}

export function Check({ label, checked, onChange, disabled, help }:
  { label: string; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean; help?: string }) {
  const id = useId();
  return (
    <div class="clr-form-control">
      <div class="clr-control-container">
        <div class="clr-checkbox-wrapper">
          <input type="checkbox" id={id} class="clr-checkbox" checked={checked} disabled={disabled}
            aria-describedby={help ? `${id}-help` : undefined} onChange={(event) => onChange(event.currentTarget.checked)} />
          <label class="clr-control-label" for={id}>{label}</label>
        </div>
        {help && <span class="clr-subtext" id={`${id}-help`}>{help}</span>}
      </div>
    </div>
  );
}

export function Radio({ name, label, checked, onChange, help }:
  { name: string; label: string; checked: boolean; onChange: () => void; help?: string }) {
  const id = useId();
  return (
    <div class="clr-radio-wrapper vs-radio">
      <input type="radio" id={id} name={name} class="clr-radio" checked={checked} onChange={onChange}
        aria-describedby={help ? `${id}-help` : undefined} />
      <label class="clr-control-label" for={id}>{label}</label>
      {help && <span class="clr-subtext" id={`${id}-help`}>{help}</span>}
    </div>
  );
}
