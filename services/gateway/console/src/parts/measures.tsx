import type { Measure } from "../api/types";
import { number, plain } from "../time/words";
import { Link } from "./link";

// Which journeys stand behind a measure: the filter of the list it opens.
const HAVING: Record<string, string> = {
  abandon_rate: "abandoned",
  transfer_rate: "transferred",
  hop_rate: "hopped",
  hops: "hopped",
  hop_cost: "hopped",
  repeats_within_window: "repeated",
  containment: "contained",
};
const GROUPED_BY: Record<string, string> = { contacts_by_channel: "channel", contacts_by_reason: "reason" };

export function opens(measure: Measure, query: string): string {
  const parts = new URLSearchParams(query);
  const having = HAVING[measure.name ?? ""];
  if (having) parts.set("having", having);
  const by = GROUPED_BY[measure.name ?? ""];
  if (by && measure.group) parts.set(by, measure.group);
  return `/journeys?${parts}`;
}

const key = (measure: Measure) => `${measure.name}|${measure.group ?? ""}`;

// Each measure of today with its n and interval, and the same a week before.
export function Beside({ today, before, query }: { today: Measure[]; before: Measure[]; query: string }) {
  const past = new Map(before.map((measure) => [key(measure), measure]));
  const names = [...new Map([...today, ...before].map((measure) => [key(measure), measure])).values()];
  const now = new Map(today.map((measure) => [key(measure), measure]));
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Measure</th>
          <th scope="col">Today</th>
          <th scope="col">A week before</th>
        </tr>
      </thead>
      <tbody>
        {names.map((measure) => (
          <tr key={key(measure)}>
            <th scope="row">
              <abbr title={measure.definition}>{plain(measure.name)}</abbr>
              {measure.group ? `: ${plain(measure.group)}` : ""}
            </th>
            <td>
              <Figure measure={now.get(key(measure))} to={opens(measure, query)} />
            </td>
            <td>
              <Figure measure={past.get(key(measure))} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Figure({ measure, to }: { measure?: Measure; to?: string }) {
  if (!measure || measure.value === undefined) return <span>nothing measured</span>;
  const value = number(measure.value, measure.unit);
  return (
    <span>
      {to ? <Link to={to}>{value}</Link> : value}{" "}
      <small>
        n = {String(measure.n ?? 0)}
        {measure.low !== undefined && measure.high !== undefined
          ? `, 95 %: ${number(measure.low, measure.unit)} to ${number(measure.high, measure.unit)}`
          : ""}
      </small>
    </span>
  );
}
