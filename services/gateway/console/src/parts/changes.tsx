import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { CustomerChange } from "../api/types";
import { when } from "../time/words";

// Who was merged into a customer or split from it, newest first.
export function Changes({ customerId, now }: { customerId: string; now: Date }) {
  const found = useQuery({
    queryKey: ["changes", customerId],
    queryFn: () =>
      get<{ changes?: CustomerChange[] }>(`/v1/customers/${encodeURIComponent(customerId)}/changes`),
  });
  const changes = found.data?.changes ?? [];
  if (!changes.length) return <p>Nothing was merged or split so far.</p>;
  return (
    <ol>
      {changes.map((change) => (
        <li
          key={`${change.changed_at} ${change.record?.namespace} ${change.record?.id} ${change.into_customer_id}`}
        >
          {change.kind === "KIND_SPLIT" ? "Split" : "Merged"}: record {change.record?.namespace}{" "}
          {change.record?.id}, {when(change.changed_at, now)}: {change.text}
          {change.actor ? ` (${change.actor})` : ""}
        </li>
      ))}
    </ol>
  );
}
