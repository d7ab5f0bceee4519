import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { CustomerChange } from "../api/types";
import { plain, when } from "../time/words";

// Who was merged into a customer or split from it, and which values were pinned, newest first.
export function Changes({ customerId, now }: { customerId: string; now: Date }) {
  const found = useQuery({
    queryKey: ["changes", customerId],
    queryFn: () =>
      get<{ changes?: CustomerChange[] }>(`/v1/customers/${encodeURIComponent(customerId)}/changes`),
  });
  const changes = found.data?.changes ?? [];
  if (!changes.length) return <p>Nothing was merged, split or pinned so far.</p>;
  return (
    <ol>
      {changes.map((change) => (
        <li
          key={`${change.kind} ${change.changed_at} ${change.record?.namespace} ${change.record?.id} ${change.into_customer_id}`}
        >
          {what(change)}: record {change.record?.namespace} {change.record?.id},{" "}
          {when(change.changed_at, now)}
          {change.text ? `: ${change.text}` : ""}
          {change.actor ? ` (${change.actor})` : ""}
        </li>
      ))}
    </ol>
  );
}

// What happened to the record.
export function what(change: CustomerChange): string {
  const value = `${plain(change.field)} of ${change.source_id}`;
  if (change.kind === "KIND_PINNED") return `Pinned ${value}`;
  if (change.kind === "KIND_PIN_WITHDRAWN") return `Pin of ${value} withdrawn`;
  return change.kind === "KIND_SPLIT" ? "Split" : "Merged";
}
