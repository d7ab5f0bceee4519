import { useInfiniteQuery } from "@tanstack/react-query";
import { post } from "../api/client";
import type { JourneyRows } from "../api/types";
import { Failure } from "../parts/failure";
import { Link } from "../parts/link";
import { useAddress } from "../route";
import { useNow } from "../time/use-now";
import { plain, when } from "../time/words";

const FILTERS = ["goal", "channel", "queue", "department", "reason", "touch", "from", "to"];

// The journeys behind a number: the address says which (no personal data in it).
export function JourneysPage() {
  const now = useNow(30_000);
  const query = useAddress().searchParams;
  const filter = Object.fromEntries(
    FILTERS.flatMap((key) => (query.get(key) ? [[key, query.get(key)]] : [])),
  );
  const having = query.get("having") ?? "";
  const rows = useInfiniteQuery({
    queryKey: ["journeys", filter, having],
    initialPageParam: "",
    queryFn: ({ pageParam }) =>
      post<JourneyRows>("/v1/measures/journeys", { filter, having, page_size: 50, page_token: pageParam }),
    getNextPageParam: (page) => page.next_page_token || undefined,
  });
  const all = rows.data?.pages.flatMap((page) => page.journeys ?? []) ?? [];
  const total = Number(rows.data?.pages[0]?.total ?? 0);
  const { from, to, ...places } = filter;
  const words = [having, ...Object.values(places)].filter(Boolean).map((word) => plain(String(word)));
  if (from) words.push(`from ${when(from, now)}`);
  if (to) words.push(`to ${when(to, now)}`);
  return (
    <>
      <h1>Journeys{words.length ? `: ${words.join(", ")}` : ""}</h1>
      {rows.error ? <Failure error={rows.error} /> : null}
      <p role="status">{rows.isPending ? "Looking…" : `${all.length} of ${total}, newest first`}</p>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Goal</th>
            <th scope="col">State</th>
            <th scope="col">Last touched</th>
            <th scope="col">Channels</th>
            <th scope="col">Touchpoints</th>
            <th scope="col">Friction</th>
            <th scope="col">Satisfaction</th>
          </tr>
        </thead>
        <tbody>
          {all.map((row) => (
            <tr key={row.journey_id}>
              <th scope="row">
                <Link to={`/customers/${encodeURIComponent(row.customer_id ?? "")}`}>
                  {row.goal_label || "not recognised"}
                </Link>
              </th>
              <td>{plain(row.state, "JOURNEY_STATE_")}</td>
              <td>{when(row.last_at, now)}</td>
              <td>{row.channels?.map((c) => plain(c)).join(" → ")}</td>
              <td className="number">{String(row.touchpoints ?? 0)}</td>
              <td className="number">{(row.friction ?? 0).toFixed(1)}</td>
              <td className="number">
                {row.satisfaction?.value === undefined
                  ? "unknown"
                  : `${Math.round(row.satisfaction.value)} ${plain(row.satisfaction.basis, "BASIS_")}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.hasNextPage && (
        <button type="button" onClick={() => rows.fetchNextPage()} disabled={rows.isFetchingNextPage}>
          More
        </button>
      )}
    </>
  );
}
