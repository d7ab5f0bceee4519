import type { MouseEvent, ReactNode } from "react";
import { go } from "../route";

// A real link that stays in the page for a plain click.
export function Link({ to, current, children }: { to: string; current?: boolean; children: ReactNode }) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} aria-current={current ? "page" : undefined}>
      {children}
    </a>
  );
}
