import type { Promised } from "../api/types";
import { when } from "../time/words";

export function Promises({ promises, now }: { promises: Promised[]; now: Date }) {
  return (
    <section aria-label="Promises">
      <h2>Promised</h2>
      <ul className="promises">
        {promises.map((held) => (
          <li key={`${held.promise?.what}${held.promise?.made_at}`} className={held.overdue ? "overdue" : ""}>
            <strong>{held.promise?.what || "Promise"}</strong>
            {held.promise?.due_at ? `, due ${when(held.promise.due_at, now)}` : ""}
            {held.overdue ? " · overdue" : ""}
            {held.promise?.kept_at ? ` · kept ${when(held.promise.kept_at, now)}` : ""}
            {held.promise?.by ? ` · by ${held.promise.by}` : ""}
          </li>
        ))}
      </ul>
    </section>
  );
}
