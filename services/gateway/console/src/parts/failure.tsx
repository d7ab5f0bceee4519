// What went wrong, in the platform's words.
export function Failure({ error }: { error: unknown }) {
  return (
    <p role="alert" className="failure">
      {error instanceof Error ? error.message : "Something went wrong."}
    </p>
  );
}
