import { useQueries } from "@tanstack/react-query";
import { post } from "../api/client";
import type { LookUp, Review } from "../api/types";
import { plain } from "../time/words";
import { Link } from "./link";

// What is known of the two, fact by fact, so that what differs stands beside each other.
export function SideBySide({ review }: { review: Review }) {
  const ids = [review.left_customer_id, review.right_customer_id];
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["customer", id],
      queryFn: () => post<LookUp>("/v1/lookup", { customer_id: id }),
    })),
  });
  const views = found.map((each) => each.data?.view);
  const names = [...new Set(views.flatMap((view) => view?.facts?.map((fact) => fact.name ?? "") ?? []))];
  const value = (at: number, name: string) =>
    views[at]?.facts?.find((fact) => fact.name === name)?.value ?? "–";
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Fact</th>
          {ids.map((id, at) => (
            <th scope="col" key={id}>
              <Link to={`/customers/${encodeURIComponent(id)}`}>{views[at]?.name || "Name not known"}</Link>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{plain(name)}</th>
            <td>{value(0, name)}</td>
            <td>{value(1, name)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
