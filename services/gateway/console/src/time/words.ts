// Times and amounts in words. Pure: the moment "now" is always an argument.

const DAY = 86_400_000;

export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return "not measured";
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600)
    return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`;
  if (s < 2 * 86_400) return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
  return `${Math.round(s / 86_400)} days`;
}

export function clock(iso: string | undefined): string {
  if (!iso) return "";
  return new Date(iso).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day(iso: string | undefined, now: Date): string {
  if (!iso) return "";
  const then = new Date(iso);
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(then)) / DAY);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  if (days === -1) return "tomorrow";
  return then.toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" });
}

export function when(iso: string | undefined, now: Date): string {
  return iso ? `${day(iso, now)} ${clock(iso)}` : "";
}

export function number(value: number | undefined, unit: string | undefined): string {
  if (value === undefined) return "–";
  if (unit === "share") return `${(value * 100).toFixed(1)} %`;
  if (unit === "s") return duration(value);
  if (unit === "count" || Number.isInteger(value)) return Math.round(value).toLocaleString();
  return value.toFixed(1);
}

// in_progress, TOUCH_CUSTOMER_ACTIVE, failed_self_service → plain words.
export function plain(key: string | undefined, prefix = ""): string {
  const bare = (key ?? "").replace(new RegExp(`^${prefix}`), "");
  return bare.replace(/_/g, " ").toLowerCase();
}
