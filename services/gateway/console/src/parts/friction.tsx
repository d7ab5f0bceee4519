import type { Friction } from "../api/types";
import { duration, plain } from "../time/words";

export interface Bar {
  signal: string;
  points: number;
  amount: string;
}

// Contributions of one signal added up, the largest first; the bars sum to the whole.
export function bars(friction?: Friction): Bar[] {
  const by = new Map<string, { points: number; amount: number; unit: string }>();
  for (const part of friction?.contributions ?? []) {
    const key = part.signal ?? "";
    const sum = by.get(key) ?? { points: 0, amount: 0, unit: part.unit ?? "" };
    sum.points += part.points ?? 0;
    sum.amount += part.amount ?? 0;
    by.set(key, sum);
  }
  return [...by]
    .map(([signal, sum]) => ({
      signal: plain(signal),
      points: sum.points,
      amount: sum.unit === "s" ? duration(sum.amount) : `${Math.round(sum.amount)} ×`,
    }))
    .sort((a, b) => b.points - a.points);
}

export function FrictionBars({ friction }: { friction?: Friction }) {
  const rows = bars(friction);
  if (!friction) return <p>Being worked out.</p>;
  if (!rows.length) return <p>None measured.</p>;
  const most = Math.max(...rows.map((row) => row.points), 1);
  return (
    <table className="friction">
      <caption>{(friction.points ?? 0).toFixed(1)} points in all</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">What made it hard</th>
          <th scope="col">Measured</th>
          <th scope="col">Points</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.signal}>
            <th scope="row">{row.signal}</th>
            <td>{row.amount}</td>
            <td>
              <svg width="80" height="10" aria-hidden="true">
                <rect width={(80 * row.points) / most} height="10" rx="2" />
              </svg>{" "}
              {row.points.toFixed(1)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
