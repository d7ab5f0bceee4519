import { useEffect } from "react";
import { Changes } from "../parts/changes";
import { CustomerPanel } from "../parts/customer";
import { Failure } from "../parts/failure";
import { GoldenValues } from "../parts/golden-values";
import { LiveContactBar } from "../parts/live-contact";
import { useMayDecide } from "../parts/session";
import { useWatched } from "../parts/watched";
import { useNow } from "../time/use-now";

// One customer, updating live; after a merge the page follows ("now known as").
export function CustomerPage({ id }: { id: string }) {
  const now = useNow(30_000);
  const mayDecide = useMayDecide();
  const { change, connected, refused } = useWatched(`/v1/customers/${encodeURIComponent(id)}/stream`);
  const view = change?.look_up?.view;
  useEffect(() => {
    if (change?.now_known_as) window.history.replaceState(null, "", `/customers/${change.now_known_as}`);
  }, [change?.now_known_as]);
  if (refused) return <Failure error={refused.status === 404 ? new Error("No such customer.") : refused} />;
  if (!view) return <p role="status">Looking…</p>;
  return (
    <>
      {!connected && <p role="status">The live stream is interrupted; trying again…</p>}
      {view.live_contacts?.map((contact) => (
        <LiveContactBar key={`${contact.namespace}${contact.contact_id}`} contact={contact} />
      ))}
      <CustomerPanel view={view} age={change?.look_up?.age} />
      {mayDecide && (
        <>
          <GoldenValues view={view} now={now} />
          <h2>History</h2>
          <Changes customerId={view.customer_id ?? id} now={now} />
        </>
      )}
    </>
  );
}
