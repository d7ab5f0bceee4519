import type { Explained } from "../api/types";
import { plain } from "../time/words";

export interface Step {
  name: string;
  level: string;
  weight: number;
  // Where the bar lies on the scale, from 0 to 1.
  from: number;
  width: number;
}

export function bits(weight: number): string {
  return `${weight < 0 ? "−" : "+"}${Math.abs(weight).toFixed(1)}`;
}

// Each piece begins where the one before ends; the last one ends at the whole.
export function steps(explained: Explained): Step[] {
  const pieces = explained.pieces ?? [];
  let at = 0;
  const spans = pieces.map((piece) => {
    const start = at;
    at += piece.weight ?? 0;
    return [Math.min(start, at), Math.max(start, at)] as const;
  });
  const low = Math.min(0, ...spans.map(([from]) => from));
  const scale = Math.max(0, ...spans.map(([, to]) => to)) - low || 1;
  return pieces.map((piece, index) => {
    const [from, to] = spans[index] ?? [0, 0];
    return {
      name: plain(piece.attribute),
      level: piece.level ?? "",
      weight: piece.weight ?? 0,
      from: (from - low) / scale,
      width: (to - from) / scale,
    };
  });
}

export function Waterfall({ explained }: { explained: Explained }) {
  return (
    <table className="waterfall">
      <caption>
        {bits(explained.weight ?? 0)} bits in all
        {explained.cut === undefined ? "" : `; joined without asking above ${bits(explained.cut)}`}
        {explained.veto ? `. Kept apart: ${explained.veto}` : ""}
      </caption>
      <thead className="hidden">
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">How far it agrees</th>
          <th scope="col">Weight in bits</th>
        </tr>
      </thead>
      <tbody>
        {steps(explained).map((step) => (
          <tr key={step.name}>
            <th scope="row">{step.name}</th>
            <td>{step.level}</td>
            <td>
              <svg width="160" height="10" aria-hidden="true" className={step.weight < 0 ? "against" : "for"}>
                <rect x={160 * step.from} width={Math.max(1, 160 * step.width)} height="10" rx="2" />
              </svg>{" "}
              {bits(step.weight)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
