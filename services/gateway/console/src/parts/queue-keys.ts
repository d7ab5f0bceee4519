import { useEffect } from "react";

export interface Does {
  next: () => void;
  previous: () => void;
  same: () => void;
  different: () => void;
  undo: () => void;
}

const KEYS: Record<string, keyof Does> = { j: "next", k: "previous", s: "same", d: "different", u: "undo" };

// The queue by keyboard: j and k move, s same, d different, u undoes the last word.
export function useQueueKeys(does: Does): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
      const verb = KEYS[event.key];
      if (typing || !verb || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      event.preventDefault();
      does[verb]();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [does]);
}
