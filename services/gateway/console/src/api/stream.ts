import { HEADERS, Problem } from "./client";
import type { Watched } from "./types";

// Server-sent events over fetch: EventSource cannot send headers. Resumes after the last id seen.

export interface Frame {
  id: string;
  data: string;
}

// Splits what has arrived into whole frames and the rest. Comments (heartbeats) yield nothing.
export function frames(text: string): { whole: Frame[]; rest: string } {
  const parts = text.replace(/\r\n/g, "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const whole = parts
    .map((part) => {
      const lines = part.split("\n");
      const field = (name: string) =>
        lines.filter((l) => l.startsWith(`${name}:`)).map((l) => l.slice(name.length + 1).replace(/^ /, ""));
      return { id: field("id").at(-1) ?? "", data: field("data").join("\n") };
    })
    .filter((frame) => frame.data !== "");
  return { whole, rest };
}

export interface Watcher {
  onChange: (change: Watched) => void;
  onState: (connected: boolean) => void;
  onRefused: (problem: Problem) => void;
}

const WAIT_MS = [250, 500, 1000, 2000, 5000];

async function once(path: string, last: string, watcher: Watcher, signal: AbortSignal): Promise<string> {
  const headers: Record<string, string> = { ...HEADERS, Accept: "text/event-stream" };
  if (last) headers["Last-Event-ID"] = last;
  const response = await fetch(path, { headers, credentials: "same-origin", signal });
  if (!response.ok || !response.body)
    throw new Problem(response.status, "", `The stream answered ${response.status}.`);
  watcher.onState(true);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return last;
    const split = frames(text + value);
    text = split.rest;
    for (const frame of split.whole) {
      if (frame.id) last = frame.id;
      watcher.onChange(JSON.parse(frame.data) as Watched);
    }
  }
}

// Watches until the returned function is called. Reconnects with growing pauses; a refusal (4xx) ends it.
export function watch(path: string, watcher: Watcher): () => void {
  const stop = new AbortController();
  let last = "";
  const run = async () => {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        last = await once(
          path,
          last,
          {
            ...watcher,
            onChange: (change) => {
              attempt = 0;
              last = change.event_id ?? last;
              watcher.onChange(change);
            },
          },
          stop.signal,
        );
      } catch (error) {
        if (stop.signal.aborted) return;
        const refused =
          error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
        if (refused) return watcher.onRefused(error);
      }
      watcher.onState(false);
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS[Math.min(attempt, WAIT_MS.length - 1)]));
    }
  };
  void run();
  return () => stop.abort();
}
