import { useSyncExternalStore } from "react";

// The address is the state: paths for pages, the fragment for what must not reach a server's log.

const CHANGED = "pathloom:navigated";

function subscribe(listener: () => void): () => void {
  for (const name of ["popstate", "hashchange", CHANGED]) window.addEventListener(name, listener);
  return () => {
    for (const name of ["popstate", "hashchange", CHANGED]) window.removeEventListener(name, listener);
  };
}

export function useAddress(): URL {
  const href = useSyncExternalStore(subscribe, () => window.location.href);
  return new URL(href);
}

export function go(path: string): void {
  window.history.pushState(null, "", path);
  window.dispatchEvent(new Event(CHANGED));
}

// "#call=ID&ns=telephony" → {call: "ID", ns: "telephony"}
export function fragment(url: URL): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(url.hash.replace(/^#/, "")));
}
