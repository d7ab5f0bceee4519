import type { Satisfaction } from "../api/types";
import { plain } from "../time/words";

// A number never stands without its basis and interval.
export function SatisfactionLine({ satisfaction }: { satisfaction?: Satisfaction }) {
  if (!satisfaction || satisfaction.value === undefined)
    return <p>Unknown: too little has happened to say.</p>;
  const basis = plain(satisfaction.basis, "BASIS_");
  const value = Math.round(satisfaction.value);
  return (
    <>
      <p>
        <strong>{value}</strong> of 100, {basis}
        {satisfaction.low !== undefined && satisfaction.high !== undefined
          ? ` (95 %: ${Math.round(satisfaction.low)} to ${Math.round(satisfaction.high)})`
          : ""}
      </p>
      <meter
        min={0}
        max={100}
        low={40}
        high={65}
        optimum={90}
        value={value}
        aria-label={`Satisfaction ${value} of 100, ${basis}`}
      />
    </>
  );
}
