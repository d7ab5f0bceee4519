import { useState } from "react";
import { post } from "../api/client";
import { Candidates } from "../parts/candidates";
import { CustomerPanel } from "../parts/customer";
import { Failure } from "../parts/failure";
import { LiveContactBar } from "../parts/live-contact";
import { useWatched } from "../parts/watched";
import { fragment, useAddress } from "../route";
import { useNow } from "../time/use-now";

// The page a telephony client opens: /pop#call=ID (and &ns=NAMESPACE where ids are not unique). The id stays in the
// fragment, shows something at once and fills as the call goes on.
export function PopPage() {
  const { call, ns } = fragment(useAddress());
  const now = useNow(30_000);
  const query = ns ? `?namespace=${encodeURIComponent(ns)}` : "";
  const base = call ? `/v1/contacts/${encodeURIComponent(call)}` : null;
  const { change, connected, refused } = useWatched(base && `${base}/stream${query}`);
  const [error, setError] = useState<unknown>(null);

  if (!base) return <p>Open this page as /pop#call=ID, with the id of the call.</p>;
  const lookUp = change?.look_up;
  const choose = async (customerId: string) => {
    setError(null);
    try {
      await post(`${base}/caller${query}`, { customer_id: customerId, request_id: crypto.randomUUID() });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div aria-live="polite">
      {lookUp?.contact ? (
        <LiveContactBar contact={lookUp.contact} />
      ) : (
        <section className="contact" aria-label="This contact">
          <strong>Call</strong> <span role="status">{refused ? "" : "waiting for its first event…"}</span>
        </section>
      )}
      {!connected && change && <p role="status">The live stream is interrupted; trying again…</p>}
      {refused && <Failure error={refused.status === 404 ? new Error("No such call yet.") : refused} />}
      {error ? <Failure error={error} /> : null}
      {lookUp?.candidates?.length ? (
        <>
          <h1>Who is calling?</h1>
          <p>Several customers share this number. Ask, then choose.</p>
          <Candidates candidates={lookUp.candidates} now={now} onChoose={choose} />
        </>
      ) : null}
      {lookUp?.view ? (
        <>
          <CustomerPanel view={lookUp.view} age={lookUp.age} />
          <p>
            <button type="button" onClick={() => choose("")}>
              This is not the caller
            </button>
          </p>
        </>
      ) : null}
      {lookUp?.contact && !lookUp.view && !lookUp.candidates?.length ? (
        <p>
          Nobody is known under this number. <a href="/find">Find the customer</a> by another identifier.
        </p>
      ) : null}
    </div>
  );
}
