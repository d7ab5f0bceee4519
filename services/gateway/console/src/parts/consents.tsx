import type { Consent, Count } from "../api/types";
import { plain, when } from "../time/words";

// What the customer agreed to: what is not given (any more) stands out, since it forbids something.
export function Consents({ consents, more, now }: { consents: Consent[]; more?: Count; now: Date }) {
  return (
    <section aria-label="Consent">
      <h2>Consent</h2>
      <ul>
        {consents.map((consent) => {
          const state = standing(consent, now);
          const given = state === "given";
          return (
            <li key={`${consent.purpose}:${consent.channel}`} className={given ? "" : "overdue"}>
              {consent.purpose}
              {consent.channel ? ` by ${plain(consent.channel)}` : ""}: <strong>{state}</strong>
              {given && consent.expires_at ? ` until ${when(consent.expires_at, now)}` : ""}{" "}
              <small>
                {consent.source_id}
                {consent.trust === "claimed" ? ", only claimed" : ""}
              </small>
            </li>
          );
        })}
      </ul>
      {Number(more ?? 0) > 0 && <p>And {String(more)} more.</p>}
    </section>
  );
}

// given, withdrawn or expired: one that was given has expired once its end has passed.
export function standing(consent: Consent, now: Date): string {
  const over = consent.expires_at !== undefined && Date.parse(consent.expires_at) <= now.getTime();
  return consent.state === "given" && over ? "expired" : (consent.state ?? "");
}
