import type { Measure } from "../api/types";
import { number, plain } from "../time/words";
import { Link } from "./link";

// Which journeys stand behind a measure: the filter of the list it opens.
const HAVING: Record<string, string> = {
  contacts: "contact",
  abandon_rate: "abandoned",
  transfer_rate: "transferred",
  hop_rate: "hopped",
  hops: "hopped",
  hop_cost: "hopped",
  repeats_within_window: "repeated",
  containment: "contained",
};
// In the order of the page; what is grouped by something else comes last, under its own name.
const TITLES: Record<string, string> = {
  channel: "Contacts by channel",
  reason: "Contacts by reason",
  touch: "Who touches whom",
  "": "All contacts",
};

// A day up to a moment: what its numbers count.
export interface Span {
  from: string;
  to: string;
}

export function opens(measure: Measure, span?: Span): string {
  const parts = new URLSearchParams(span && { from: span.from, to: span.to });
  const having = HAVING[measure.name ?? ""];
  if (having) parts.set("having", having);
  if (measure.group_by && measure.group) parts.set(measure.group_by, measure.group);
  return `/journeys?${parts}`;
}

export interface Row {
  measure: Measure;
  now?: Measure;
  past?: Measure;
}

const key = (measure: Measure) => `${measure.name}|${measure.group_by ?? ""}|${measure.group ?? ""}`;

// The rows of each group, today beside before; a group without a case on either day is left out, the whole never is.
export function sections(today: Measure[], before: Measure[]): { title: string; rows: Row[] }[] {
  const now = new Map(today.map((measure) => [key(measure), measure]));
  const past = new Map(before.map((measure) => [key(measure), measure]));
  const all = [...new Map([...past, ...now]).values()];
  const groups = [...new Set([...Object.keys(TITLES), ...all.map((measure) => measure.group_by ?? "")])];
  return groups.flatMap((group) => {
    const rows = all
      .filter((measure) => (measure.group_by ?? "") === group)
      .map((measure) => ({ measure, now: now.get(key(measure)), past: past.get(key(measure)) }))
      .filter((row) => !group || count(row.now) + count(row.past) > 0);
    // Within a group the most first, as today has it; the whole keeps the order in which it was asked.
    if (group) rows.sort((a, b) => count(b.now) - count(a.now) || count(b.past) - count(a.past));
    return rows.length ? [{ title: TITLES[group] ?? plain(group), rows }] : [];
  });
}

const count = (measure?: Measure) => Number(measure?.n ?? 0);

// Each measure of today with its n and interval, and the same a week before; every number opens its journeys.
export function Beside(props: { today: Measure[]; before: Measure[]; spans: { today: Span; before: Span } }) {
  return sections(props.today, props.before).map(({ title, rows }) => (
    <table className="rows" key={title}>
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">Measure</th>
          <th scope="col">Today</th>
          <th scope="col">A week before</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ measure, now, past }) => (
          <tr key={key(measure)}>
            <th scope="row">
              <abbr title={measure.definition}>{plain(measure.group || measure.name)}</abbr>
            </th>
            <td>
              <Figure measure={now} to={opens(measure, props.spans.today)} />
            </td>
            <td>
              <Figure measure={past} to={opens(measure, props.spans.before)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  ));
}

function Figure({ measure, to }: { measure?: Measure; to: string }) {
  if (!measure || measure.value === undefined) return <span>nothing measured</span>;
  return (
    <span>
      <Link to={to}>{number(measure.value, measure.unit)}</Link>{" "}
      <small>
        n = {String(measure.n ?? 0)}
        {measure.low !== undefined && measure.high !== undefined
          ? `, 95 %: ${number(measure.low, measure.unit)} to ${number(measure.high, measure.unit)}`
          : ""}
      </small>
    </span>
  );
}
