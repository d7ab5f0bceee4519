import { type FormEvent, useState } from "react";
import { post } from "../api/client";
import type { Candidate, LookUp } from "../api/types";
import { Candidates } from "../parts/candidates";
import { Failure } from "../parts/failure";
import { go } from "../route";
import { useNow } from "../time/use-now";

const KINDS = [
  ["name", "Name"],
  ["email", "E-mail address"],
  ["phone", "Phone number"],
  ["student_id", "Student number"],
  ["customer_number", "Customer number"],
  ["user_id", "User id"],
  ["contact", "Call or chat id"],
  ["customer", "Customer id"],
] as const;

// What the form asks for, as a call of the API. Nothing about a person ever goes in an address.
function ask(kind: string, value: string): Promise<LookUp | { customers?: Candidate[] }> {
  if (kind === "name") return post("/v1/search", { name: value });
  if (kind === "contact") return post("/v1/lookup", { contact: { contact_id: value } });
  if (kind === "customer") return post("/v1/lookup", { customer_id: value });
  return post("/v1/lookup", { identifier: { type: kind, value } });
}

export function FindPage() {
  const now = useNow(30_000);
  const [found, setFound] = useState<Candidate[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [kind, value] = [String(form.get("kind")), String(form.get("value")).trim()];
    setError(null);
    setFound(null);
    try {
      const answer = await ask(kind, value);
      if ("view" in answer && answer.view)
        return go(`/customers/${encodeURIComponent(answer.view.customer_id)}`);
      setFound(("customers" in answer ? answer.customers : (answer as LookUp).candidates) ?? []);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <h1>Find a customer</h1>
      <search>
        <form className="find" onSubmit={submit}>
          <label>
            By
            <select name="kind" defaultValue="name">
              {KINDS.map(([key, label]) => (
                <option key={key} value={key}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <label className="wide">
            Value
            <input name="value" required minLength={2} autoComplete="off" autoFocus />
          </label>
          <button type="submit">Find</button>
        </form>
      </search>
      {error ? <Failure error={error} /> : null}
      <div aria-live="polite">
        {found && <p>{found.length ? `${found.length} found` : "Nobody found."}</p>}
        {found && <Candidates candidates={found} now={now} />}
      </div>
    </>
  );
}
