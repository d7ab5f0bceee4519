import type { Candidate } from "../api/types";
import { plain, when } from "../time/words";
import { Link } from "./link";

// Enough to tell them apart, and no more. Choosing is one key for a person on the phone.
export function Candidates({
  candidates,
  now,
  onChoose,
}: {
  candidates: Candidate[];
  now: Date;
  onChoose?: (customerId: string) => void;
}) {
  return (
    <ol className="candidates">
      {candidates.map((candidate) => (
        <li key={candidate.customer_id}>
          <Link to={`/customers/${encodeURIComponent(candidate.customer_id)}`}>
            {candidate.name || "Name not known"}
          </Link>
          <p>{candidate.sentence}</p>
          <dl>
            {candidate.told_apart_by?.map((fact) => (
              <div key={fact.name}>
                <dt>{plain(fact.name)}</dt>
                <dd>{fact.value}</dd>
              </div>
            ))}
          </dl>
          <small>
            {candidate.why}
            {candidate.last_contact_at ? ` · last contact ${when(candidate.last_contact_at, now)}` : ""}
          </small>
          {onChoose && (
            <button type="button" onClick={() => onChoose(candidate.customer_id)}>
              This is the caller
            </button>
          )}
        </li>
      ))}
    </ol>
  );
}
