import type { Age, CustomerView } from "../api/types";
import { useNow } from "../time/use-now";
import { plain, when } from "../time/words";
import { Consents } from "./consents";
import { EffortLine } from "./effort";
import { JourneyCard } from "./journey-card";
import { Link } from "./link";
import { Promises } from "./promises";
import { Waterfall } from "./waterfall";

const SHOWN_FACTS = ["date_of_birth", "dob", "email", "phone", "address", "city", "campus", "program"];

// The one view: the sentence first, then who, effort, promises, journeys, why one.
export function CustomerPanel({ view, age }: { view: CustomerView; age?: Age }) {
  const now = useNow(15_000);
  const facts = (view.facts ?? []).filter((fact) => SHOWN_FACTS.includes(fact.name ?? ""));
  return (
    <article aria-label="Customer">
      <header className="customer">
        <h1>{view.name || (view.unidentified ? "Nobody known yet" : "Name not known")}</h1>
        {view.identity_level && (
          <span className={`chip level-${view.identity_level}`}>{view.identity_level}</span>
        )}
        {view.language && <span className="chip">{view.language}</span>}
        {view.preferred_channel && <span className="chip">prefers {plain(view.preferred_channel)}</span>}
        {view.flags?.map((flag) => (
          <span key={flag} className="chip flag">
            {flag}
          </span>
        ))}
        {view.test && <span className="chip flag">test data</span>}
        {view.asked_for && <span className="chip">now known as this customer</span>}
      </header>
      <p className="sentence">{view.sentence || "Nothing is known about this customer yet."}</p>
      {age && <AgeLine age={age} />}
      <div className="columns">
        <div>
          {(view.promises?.length ?? 0) > 0 && <Promises promises={view.promises ?? []} now={now} />}
          <h2>In progress</h2>
          {view.journeys?.length ? (
            view.journeys.map((journey) => (
              <JourneyCard key={journey.journey_id} journey={journey} now={now} open />
            ))
          ) : (
            <p>No journey in progress.</p>
          )}
          {(view.closed_journeys?.length ?? 0) > 0 && <h2>Closed</h2>}
          {view.closed_journeys?.map((journey) => (
            <JourneyCard key={journey.journey_id} journey={journey} now={now} />
          ))}
          {Number(view.more_journeys ?? 0) > 0 && <p>And {String(view.more_journeys)} more journeys.</p>}
        </div>
        <aside aria-label="About this customer">
          <h2>Effort</h2>
          <EffortLine effort={view.effort} />
          {view.last_contact && (
            <>
              <h2>Last contact</h2>
              <p>
                {plain(view.last_contact.channel)}, {when(view.last_contact.start, now)}
                {view.last_contact.departments?.length
                  ? ` · ${view.last_contact.departments.join(", ")}`
                  : ""}
                {view.last_contact.outcome ? ` · ${plain(view.last_contact.outcome, "OUTCOME_")}` : ""}
              </p>
              {view.last_contact.note && <blockquote>{view.last_contact.note}</blockquote>}
              {view.last_contact.codes?.length ? (
                <p>Codes: {view.last_contact.codes.map((c) => plain(c)).join(", ")}</p>
              ) : null}
            </>
          )}
          {view.last_feedback?.length ? <h2>Feedback</h2> : null}
          {view.last_feedback?.map((answer) => (
            <p key={`${answer.scale}${answer.at}`}>
              {answer.value ?? 0} of {answer.scale_max} ({answer.scale})
              {answer.verbatim ? `, “${answer.verbatim}”` : ""}
            </p>
          ))}
          {view.open_cases?.length ? <h2>Open cases</h2> : null}
          {view.open_cases?.map((open) => (
            <p key={open.case_id}>
              {open.title || open.case_id} since {when(open.opened_at, now)}
              {open.escalated ? ", escalated" : ""}
            </p>
          ))}
          {facts.length ? <h2>Known</h2> : null}
          <dl>
            {facts.map((fact) => (
              <div key={fact.name}>
                <dt>{plain(fact.name)}</dt>
                <dd>
                  {fact.value}{" "}
                  <small>
                    {fact.source_id}
                    {fact.trust === "claimed" ? ", claimed" : ""}
                    {fact.pinned ? ", chosen by a steward" : ""}
                  </small>
                </dd>
              </div>
            ))}
          </dl>
          {view.consents?.length ? (
            <Consents consents={view.consents} more={view.more_consents} now={now} />
          ) : null}
          <Household view={view} />
          <h2>Known as {view.known_as?.length ?? 0} records</h2>
          <ul>
            {view.known_as?.map((record, i) => (
              <li key={i}>
                {record.source_namespace} ({record.kind}) since {when(record.first_seen, now)}
              </li>
            ))}
          </ul>
          {view.why_one?.length ? <h3>Why one person</h3> : null}
          <ul>
            {counted(view.why_one?.filter((why) => !why.pieces?.length)).map(([text, times]) => (
              <li key={text}>
                {text}
                {times > 1 ? ` (${times} times)` : ""}
              </li>
            ))}
            {view.why_one
              ?.filter((why) => why.pieces?.length)
              .map((why, i) => (
                <li key={i}>
                  <details>
                    <summary>{why.text}</summary>
                    <Waterfall explained={why} />
                  </details>
                </li>
              ))}
          </ul>
        </aside>
      </div>
    </article>
  );
}

// Who shares a phone or an address: names to open, nothing of what they did.
function Household({ view }: { view: CustomerView }) {
  if (!view.household?.length) return null;
  const more = Number(view.more_household ?? 0);
  return (
    <section aria-label="Household">
      <h2>Household</h2>
      <ul>
        {view.household.map((one) => (
          <li key={one.customer_id}>
            <Link to={`/customers/${encodeURIComponent(one.customer_id ?? "")}`}>
              {one.name || "Name not known"}
            </Link>{" "}
            <small>{one.why?.join("; ")}</small>
          </li>
        ))}
      </ul>
      {more > 0 && <p>And {more} more.</p>}
    </section>
  );
}

// Each reason once, with how many pairs of records it joins.
function counted(whys: CustomerView["why_one"]): [string, number][] {
  const times = new Map<string, number>();
  for (const why of whys ?? []) times.set(why.text ?? "", (times.get(why.text ?? "") ?? 0) + 1);
  return [...times];
}

function AgeLine({ age }: { age: Age }) {
  const late = age.updating || (age.lagging?.length ?? 0) > 0;
  if (!late) return null;
  return (
    <p className="age" role="status">
      Updating: {age.lagging?.length ? age.lagging.join(", ") : "something newer"} is on its way.
    </p>
  );
}
