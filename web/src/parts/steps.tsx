export function Steps({ titles, at }: { titles: string[]; at: number }) {
  return (
    <ol class="vs-steps">
      {titles.map((title, i) => (
        <li key={title} aria-current={i === at ? 'step' : undefined} class={i < at ? 'vs-step vs-step-done' : i === at ? 'vs-step vs-step-now' : 'vs-step'}>
          <span class="vs-step-number">{i + 1}</span> {title}
        </li>
      ))}
    </ol>
  );
}
