import { useEffect, useState } from "react";
import type { Problem } from "../api/client";
import { watch } from "../api/stream";
import type { Watched } from "../api/types";

export interface Live {
  change?: Watched;
  connected: boolean;
  refused?: Problem;
}

// The look-up as it is now, updating while the component stands.
export function useWatched(path: string | null): Live {
  const [live, setLive] = useState<Live>({ connected: false });
  useEffect(() => {
    setLive({ connected: false });
    if (!path) return;
    return watch(path, {
      onChange: (change) => setLive((before) => ({ ...before, change, connected: true })),
      onState: (connected) => setLive((before) => ({ ...before, connected })),
      onRefused: (refused) => setLive((before) => ({ ...before, refused, connected: false })),
    });
  }, [path]);
  return live;
}
