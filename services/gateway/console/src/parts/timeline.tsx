import type { Touchpoint } from "../api/types";
import { duration, plain, when } from "../time/words";

const ROW = 26;
const LEFT = 84;
const WIDTH = 640;

// Places along the line: by order rather than by time, since a week of silence would push everything else together.
export function places(touchpoints: Touchpoint[]): { touchpoint: Touchpoint; x: number; row: number }[] {
  const channels = lanes(touchpoints);
  const step = (WIDTH - LEFT - 24) / Math.max(touchpoints.length - 1, 1);
  return touchpoints.map((touchpoint, i) => ({
    touchpoint,
    x: LEFT + 12 + i * step,
    row: channels.indexOf(touchpoint.channel || "other"),
  }));
}

export function lanes(touchpoints: Touchpoint[]): string[] {
  return [...new Set(touchpoints.map((t) => t.channel || "other"))];
}

// How it ended, in words an agent would use.
export function ending(t: Touchpoint): string {
  if (t.ongoing) return "going on";
  const failed = (t.steps ?? []).filter((step) => step.failed);
  if (failed.length)
    return `${plain(failed.at(-1)?.step)} failed${failed.length > 1 ? ` ${failed.length} times` : ""}`;
  return plain(t.outcome, "OUTCOME_").replace("unspecified", "") || "ended";
}

export function spent(t: Touchpoint): string {
  const parts = [
    t.waiting_s ? `waited ${duration(t.waiting_s)}` : "",
    t.talking_s ? `talked ${duration(t.talking_s)}` : "",
    t.hold_s ? `on hold ${duration(t.hold_s)}` : "",
    t.transfers ? `${t.transfers} ${t.transfers === 1 ? "transfer" : "transfers"}` : "",
    t.policy_blocks?.length ? `blocked by ${t.policy_blocks.map((p) => plain(p)).join(", ")}` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

const BAD = new Set(["OUTCOME_ABANDONED", "OUTCOME_FAILED", "OUTCOME_UNRESOLVED"]);

export function Timeline({
  touchpoints,
  shares,
  now,
  label,
}: {
  touchpoints: Touchpoint[];
  shares: Map<string, number>;
  now: Date;
  label: string;
}) {
  if (!touchpoints.length) return null;
  const channels = lanes(touchpoints);
  const placed = places(touchpoints);
  const height = channels.length * ROW + 8;
  const y = (row: number) => row * ROW + ROW / 2 + 4;
  return (
    <>
      <svg
        className="timeline"
        viewBox={`0 0 ${WIDTH} ${height}`}
        role="img"
        aria-label={`Path across channels: ${label}`}
      >
        {channels.map((channel, row) => (
          <g key={channel}>
            <text x="0" y={y(row) + 4}>
              {plain(channel)}
            </text>
            <line x1={LEFT} x2={WIDTH} y1={y(row)} y2={y(row)} className="lane" />
          </g>
        ))}
        <polyline className="path" points={placed.map((p) => `${p.x},${y(p.row)}`).join(" ")} />
        {placed.map(({ touchpoint, x, row }) => (
          <circle
            key={touchpoint.touchpoint_id}
            cx={x}
            cy={y(row)}
            r={Math.min(5 + Math.sqrt(shares.get(touchpoint.touchpoint_id) ?? 0), 11)}
            className={touchpoint.ongoing ? "live" : BAD.has(touchpoint.outcome ?? "") ? "bad" : "fine"}
          />
        ))}
      </svg>
      <ol className="steps">
        {touchpoints.map((t) => {
          const share = shares.get(t.touchpoint_id);
          const reason = [...(t.stated_reasons ?? []), ...(t.coded_reasons ?? [])][0] ?? t.derived_reason;
          return (
            <li key={t.touchpoint_id} className={t.ongoing ? "live" : BAD.has(t.outcome ?? "") ? "bad" : ""}>
              <time dateTime={t.start}>{when(t.start, now)}</time>
              <span className="channel">
                {t.hop && <abbr title="The customer started again in another channel">↪ </abbr>}
                {plain(t.channel) || "other"}
              </span>
              <span>
                {reason ? plain(reason) : t.title}
                <span className="end"> {ending(t)}</span>
                {spent(t) && <small> {spent(t)}</small>}
                {t.note && <em> “{t.note}”</em>}
              </span>
              <span className="share">{share ? `+${share.toFixed(1)}` : ""}</span>
            </li>
          );
        })}
      </ol>
    </>
  );
}
