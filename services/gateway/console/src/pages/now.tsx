import { useQuery } from "@tanstack/react-query";
import { get } from "../api/client";
import type { Overview } from "../api/types";
import { Failure } from "../parts/failure";
import { Link } from "../parts/link";
import { Beside } from "../parts/measures";
import { duration, number, plain } from "../time/words";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

// Today up to now, and the same weekday before up to the same time of the day, as the overview has them.
export function spans(now: Date) {
  const day = (back: number) => {
    const to = new Date(now);
    to.setDate(to.getDate() - back);
    const from = new Date(to);
    from.setHours(0, 0, 0, 0);
    return { from: from.toISOString(), to: to.toISOString() };
  };
  return { today: day(0), before: day(7) };
}

// The first page: what is going on now, and today beside the same weekday before.
export function NowPage() {
  const answer = useQuery({
    queryKey: ["overview"],
    queryFn: () => get<Overview>(`/v1/overview?time_zone=${encodeURIComponent(ZONE)}`),
    refetchInterval: 5_000,
  });
  if (answer.error) return <Failure error={answer.error} />;
  if (!answer.data) return <p role="status">Looking…</p>;
  const now = answer.data;
  const level = now.service_level;
  return (
    <>
      <h1>Now</h1>
      <div className="tiles">
        <Tile
          label="Waiting"
          value={String((now.queues ?? []).reduce((sum, queue) => sum + Number(queue.waiting ?? 0), 0))}
          detail={
            now.queues?.length
              ? `longest ${duration(Math.max(...now.queues.map((q) => q.longest_wait_s ?? 0)))}`
              : "nobody"
          }
        />
        <Tile
          label="Abandoned, last 30 min"
          value={String(now.abandoned_last_half_hour ?? 0)}
          detail={`of ${now.offered_last_half_hour ?? 0} offered`}
          to={`/journeys?having=abandoned&from=${encodeURIComponent(new Date(Date.now() - 1_800_000).toISOString())}`}
        />
        <Tile
          label="Service level, last 30 min"
          value={number(level?.value, "share")}
          detail={`n = ${level?.n ?? 0}${level?.low !== undefined ? `, 95 %: ${number(level.low, "share")} to ${number(level.high, "share")}` : ""}`}
          to={`/journeys?from=${encodeURIComponent(new Date(Date.now() - 1_800_000).toISOString())}`}
        />
        <Tile
          label="Overdue promises"
          value={String(now.overdue_promises ?? 0)}
          detail="not kept, past due"
          to="/journeys?having=overdue_promise"
        />
      </div>
      {now.queues?.length ? (
        <table className="rows">
          <caption>Queues</caption>
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Waiting</th>
              <th scope="col">Longest wait</th>
              <th scope="col">Contacts</th>
            </tr>
          </thead>
          <tbody>
            {now.queues.map((queue) => (
              <tr key={queue.queue}>
                <th scope="row">{plain(queue.queue) || "no queue"}</th>
                <td className="number">{String(queue.waiting ?? 0)}</td>
                <td className="number">{duration(queue.longest_wait_s)}</td>
                <td>
                  {queue.contact_ids?.map((id) => (
                    <a key={id} href={`/pop#call=${encodeURIComponent(id)}`}>
                      open{" "}
                    </a>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      <h2>Today, beside the same weekday before</h2>
      <Beside
        today={now.today ?? []}
        before={now.same_weekday_before ?? []}
        spans={spans(now.as_of ? new Date(now.as_of) : new Date())}
      />
    </>
  );
}

function Tile({ label, value, detail, to }: { label: string; value: string; detail: string; to?: string }) {
  return (
    <section className="tile" aria-label={label}>
      <h2>{label}</h2>
      <p className="figure">{to ? <Link to={to}>{value}</Link> : value}</p>
      <p>{detail}</p>
    </section>
  );
}
