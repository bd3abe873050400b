import type { ComponentChildren } from 'preact';
import { follow, href } from '../lib/route';

interface Props {
  to: string[];
  query?: string;
  class?: string;
  current?: boolean;
  children: ComponentChildren;
}

export function Link({ to, query, current, children, ...rest }: Props) {
  return (
    <a href={href(...to) + (query ? `?${query}` : '')} onClick={follow} aria-current={current ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
