// Few shapes, drawn here: no font of icons, no request for one.
const SHAPES = {
  check: 'm3 9 4 4 8-9',
  warning: 'M9 2 1 16h16zM9 7v5M9 14v.5',
  error: 'M9 1a8 8 0 1 0 0 16A8 8 0 0 0 9 1zM9 5v5M9 13v.5',
  info: 'M9 1a8 8 0 1 0 0 16A8 8 0 0 0 9 1zM9 8v5M9 5v.5',
  copy: 'M6 6h10v10H6zM12 6V2H2v10h4',
  close: 'm4 4 10 10M14 4 4 14',
  down: 'm3 6 6 6 6-6',
  up: 'm3 12 6-6 6 6',
  sun: 'M9 5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM9 1v2M9 15v2M1 9h2M15 9h2',
  unknown: 'M9 1a8 8 0 1 0 0 16A8 8 0 0 0 9 1zM6 7c0-4 6-4 6 0 0 2-3 2-3 4M9 13v.5',
} as const;

export type Shape = keyof typeof SHAPES;

export function Icon({ shape, label }: { shape: Shape; label?: string }) {
  return (
    <svg class={`vs-icon vs-icon-${shape}`} viewBox="0 0 18 18" role={label ? 'img' : undefined} aria-label={label}
      aria-hidden={label ? undefined : true} focusable="false">
      <path d={SHAPES[shape]} />
    </svg>
  );
}
