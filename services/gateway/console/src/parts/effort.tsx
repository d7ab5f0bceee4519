import type { Effort } from "../api/types";

// "31 min, 4 contacts, 3 channels" and the split; what was not measured says so.
export function EffortLine({ effort }: { effort?: Effort }) {
  if (!effort?.contacts && !effort?.minutes) return <p>None measured.</p>;
  const minutes = (value?: number) => Math.round(value ?? 0);
  return (
    <>
      <p>
        <strong>{minutes(effort.minutes)} min</strong>, {effort.contacts ?? 0} contacts,{" "}
        {effort.channels ?? 0} channels
      </p>
      <p className="split">
        waiting {minutes(effort.waiting_minutes)} · talking {minutes(effort.talking_minutes)} · self-service{" "}
        {minutes(effort.self_service_minutes)}
        {effort.not_measured ? ` · ${effort.not_measured} not measured` : ""}
      </p>
    </>
  );
}
