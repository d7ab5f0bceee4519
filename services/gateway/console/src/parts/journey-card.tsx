import type { JourneyView } from "../api/types";
import { plain, when } from "../time/words";
import { EffortLine } from "./effort";
import { FrictionBars } from "./friction";
import { Link } from "./link";
import { SatisfactionLine } from "./satisfaction";
import { Timeline } from "./timeline";

// One journey: goal, where it stands, the path across channels, what made it hard.
export function JourneyCard({ journey, now, open }: { journey: JourneyView; now: Date; open?: boolean }) {
  const title = journey.goal_label || plain(journey.goal) || "Goal not recognised";
  const shares = new Map<string, number>();
  for (const part of journey.friction?.contributions ?? []) {
    if (part.touchpoint_id)
      shares.set(part.touchpoint_id, (shares.get(part.touchpoint_id) ?? 0) + (part.points ?? 0));
  }
  return (
    <details className="journey" open={open}>
      <summary>
        <span className="goal">{title}</span>
        <span className={`chip state-${journey.state}`}>{plain(journey.state)}</span>
        {journey.stage && <span className="chip">{plain(journey.stage)}</span>}
        {journey.state === "in_progress" ? (
          <span>day {journey.day ?? 1}</span>
        ) : (
          <span>{when(journey.last_at, now)}</span>
        )}
      </summary>
      <Timeline touchpoints={journey.touchpoints ?? []} shares={shares} now={now} label={title} />
      {Number(journey.more_touchpoints ?? 0) > 0 && (
        <p>
          {String(journey.more_touchpoints)} earlier touchpoints are counted, not shown.{" "}
          <Link to={`/journeys/${encodeURIComponent(journey.journey_id)}`}>Open the journey</Link>
        </p>
      )}
      <div className="scores">
        <section aria-label="Effort of this journey">
          <h3>Effort</h3>
          <EffortLine effort={journey.effort} />
        </section>
        <section aria-label="Satisfaction">
          <h3>Satisfaction</h3>
          <SatisfactionLine satisfaction={journey.satisfaction} />
          {journey.scores_updating && <p className="age">being worked out again</p>}
        </section>
        <section aria-label="Friction">
          <h3>Friction</h3>
          <FrictionBars friction={journey.friction} />
        </section>
      </div>
    </details>
  );
}
