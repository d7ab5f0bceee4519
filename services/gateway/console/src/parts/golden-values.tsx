import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, post } from "../api/client";
import type { CustomerView, FieldValue } from "../api/types";
import { plain, when } from "../time/words";
import { Failure } from "./failure";

const REASON = "chosen on the customer page";
const MOST = 200;

// For a steward: each golden value opens to all that is said to its field, to pin one or to take a pin back.
export function GoldenValues({ view, now }: { view: CustomerView; now: Date }) {
  if (!view.facts?.length) return null;
  return (
    <section aria-label="Golden values">
      <h2>Golden values</h2>
      {view.facts.map((fact) => (
        <Field
          key={fact.name}
          customerId={view.customer_id ?? ""}
          field={fact.name ?? ""}
          golden={`${fact.value}${fact.pinned ? ", chosen by a steward" : ""}`}
          now={now}
        />
      ))}
    </section>
  );
}

interface Opened {
  customerId: string;
  field: string;
  golden: string;
  now: Date;
}

function Field({ customerId, field, golden, now }: Opened) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {plain(field)}: {golden}
      </summary>
      {open && <Values customerId={customerId} field={field} now={now} />}
    </details>
  );
}

function Values({ customerId, field, now }: Omit<Opened, "golden">) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const asked = new URLSearchParams({ field, page_size: String(MOST) });
  const found = useQuery({
    queryKey: ["values", customerId, field],
    queryFn: () =>
      get<{ values?: FieldValue[]; next_page_token?: string }>(
        `/v1/customers/${encodeURIComponent(customerId)}/values?${asked}`,
      ),
  });
  const tell = async (path: string, { record, source_id }: FieldValue) => {
    setBusy(true);
    setError(null);
    try {
      await post(path, { record, field, source_id, reason: REASON });
      await queries.invalidateQueries();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  if (found.isPending) return <p role="status">Looking…</p>;
  if (found.error) return <Failure error={found.error} />;
  return (
    <>
      {error ? <Failure error={error} /> : null}
      <ol aria-label={`Values of ${plain(field)}, the golden one first`}>
        {found.data?.values?.map((one) => (
          <li key={JSON.stringify([one.record, one.source_id])}>
            {one.value}{" "}
            <small>
              {one.source_id}
              {one.trust === "TRUST_CLAIMED" ? ", claimed" : ""}, record {one.record?.namespace}{" "}
              {one.record?.id}, {when(one.said_at, now)}
              {one.pin
                ? `; pinned by ${one.pin.actor}, ${when(one.pin.pinned_at, now)}${one.pin.reason ? `: ${one.pin.reason}` : ""}`
                : ""}
            </small>{" "}
            <button
              type="button"
              className="quiet"
              disabled={busy}
              onClick={() => void tell(one.pin ? "/v1/pins/withdraw" : "/v1/pins", one)}
            >
              {one.pin ? "Take back" : "Pin"}
            </button>
          </li>
        ))}
      </ol>
      {found.data?.next_page_token ? <p>There are more than {MOST}; the first are shown.</p> : null}
    </>
  );
}
