import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { JourneyView } from "../api/types";
import { Failure } from "../parts/failure";
import { JourneyCard } from "../parts/journey-card";
import { Link } from "../parts/link";
import { useNow } from "../time/use-now";

export function JourneyPage({ id }: { id: string }) {
  const now = useNow(30_000);
  const answer = useQuery({
    queryKey: ["journey", id],
    queryFn: () =>
      get<{ journey: JourneyView; customer_id?: string }>(`/v1/journeys/${encodeURIComponent(id)}`),
  });
  if (answer.error) return <Failure error={answer.error} />;
  if (!answer.data) return <p role="status">Looking…</p>;
  return (
    <>
      <h1>Journey</h1>
      {answer.data.customer_id && (
        <p>
          <Link to={`/customers/${encodeURIComponent(answer.data.customer_id)}`}>Open the customer</Link>
        </p>
      )}
      <JourneyCard journey={answer.data.journey} now={now} open />
    </>
  );
}
