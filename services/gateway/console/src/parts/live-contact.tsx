import type { LiveContact } from "../api/types";
import { useNow } from "../time/use-now";
import { duration, plain } from "../time/words";

// The contact as it is this second.
export function LiveContactBar({ contact }: { contact: LiveContact }) {
  const now = useNow(1000);
  const since = contact.since ? (now.getTime() - new Date(contact.since).getTime()) / 1000 : undefined;
  return (
    <section className={`contact state-${contact.state}`} aria-label="This contact">
      <strong>{plain(contact.channel) || "contact"}</strong>
      <span>
        {plain(contact.state) || "just arrived"}
        {since !== undefined && !contact.ended ? ` for ${duration(Math.max(0, since))}` : ""}
      </span>
      {contact.queue && <span>queue {plain(contact.queue)}</span>}
      {contact.department && <span>{plain(contact.department)}</span>}
      {contact.reason && <span>about {plain(contact.reason)}</span>}
      <span className={`chip level-${contact.identity_level}`}>
        {contact.identity_level && contact.identity_level !== "none"
          ? contact.identity_level
          : "caller not known"}
      </span>
      {contact.identity_why && <small>{contact.identity_why}</small>}
      {contact.updating && <small role="status">more is on its way</small>}
    </section>
  );
}
