import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, post } from "../api/client";
import type { Explained, Review } from "../api/types";
import { Changes } from "../parts/changes";
import { Failure } from "../parts/failure";
import { useQueueKeys } from "../parts/queue-keys";
import { SideBySide } from "../parts/side-by-side";
import { Waterfall } from "../parts/waterfall";
import { useNow } from "../time/use-now";

interface Word {
  review: Review;
  same: boolean;
}

const REASON = "decided in the review queue";

function isSame(one: Review, other: Review): boolean {
  return JSON.stringify([one.left, one.right]) === JSON.stringify([other.left, other.right]);
}

// Doubtful pairs of customers, in the order of what a decision is worth, worked through by keyboard.
export function StewardPage() {
  const now = useNow(30_000);
  const queries = useQueryClient();
  const [at, setAt] = useState(0);
  const [said, setSaid] = useState<Word[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const queue = useQuery({
    queryKey: ["reviews"],
    queryFn: () => get<{ reviews?: Review[]; next_page_token?: string }>("/v1/reviews?page_size=50"),
  });
  // What was decided is gone at once; the list as it is now follows.
  const reviews = (queue.data?.reviews ?? []).filter(
    (each) => !said.some((word) => isSame(word.review, each)),
  );
  const chosen = Math.max(0, Math.min(at, reviews.length - 1));
  const review = reviews[chosen];
  const explained = useQuery({
    queryKey: ["explained", review?.left, review?.right],
    enabled: Boolean(review),
    queryFn: () => post<Explained>("/v1/reviews/explain", { left: review?.left, right: review?.right }),
  });

  // One word at a time: the next pair is there before the next key counts.
  const tell = async (path: string, body: object, then: () => void) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await post(path, body);
      then();
      void queries.invalidateQueries();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const decide = (same: boolean) => {
    if (!review) return;
    const { left, right } = review;
    void tell("/v1/decisions", { left, right, same, reason: REASON }, () =>
      setSaid((words) => [...words, { review, same }]),
    );
  };
  const last = said[said.length - 1];
  const undo = () => {
    if (!last) return;
    const { left, right } = last.review;
    void tell("/v1/decisions/withdraw", { left, right }, () => setSaid((words) => words.slice(0, -1)));
  };
  useQueueKeys({
    next: () => setAt(Math.min(chosen + 1, reviews.length - 1)),
    previous: () => setAt(Math.max(chosen - 1, 0)),
    same: () => decide(true),
    different: () => decide(false),
    undo,
  });

  const more = queue.data?.next_page_token ? " or more" : "";
  return (
    <>
      <h1>Review</h1>
      {queue.error ? <Failure error={queue.error} /> : null}
      {error ? <Failure error={error} /> : null}
      <p role="status">
        {queue.isPending
          ? "Looking…"
          : review
            ? `${chosen + 1} of ${reviews.length}${more}, what a decision is worth most on first`
            : "Nothing is doubtful."}
        {last ? ` Last: ${last.same ? "same" : "different"}.` : ""}
      </p>
      <div className="verbs">
        <button type="button" disabled={!review || busy} onClick={() => decide(true)}>
          Same person <kbd>s</kbd>
        </button>
        <button type="button" disabled={!review || busy} onClick={() => decide(false)}>
          Different <kbd>d</kbd>
        </button>
        <button type="button" className="quiet" disabled={!last || busy} onClick={undo}>
          Undo <kbd>u</kbd>
        </button>
        <small>
          <kbd>j</kbd> next, <kbd>k</kbd> previous
        </small>
      </div>
      {review && (
        <section aria-label="The pair">
          <SideBySide review={review} />
          <h2>Why</h2>
          {explained.data ? <Waterfall explained={explained.data} /> : null}
          <p>
            {Math.round(100 * (review.probability ?? 0))} % likely one person by this alone; a decision is
            worth {(review.worth ?? 0).toFixed(1)} pairs of records.
          </p>
          <h2>History</h2>
          <Changes customerId={review.left_customer_id} now={now} />
        </section>
      )}
    </>
  );
}
