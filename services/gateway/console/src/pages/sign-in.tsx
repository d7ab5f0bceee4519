import { type FormEvent, useState } from "react";
import { post } from "../api/client";
import { Failure } from "../parts/failure";

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await post("/v1/session", { name: form.get("user"), password: form.get("password") });
      onSignedIn();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <main className="sign-in">
      <h1>Pathloom</h1>
      <form onSubmit={submit}>
        <label>
          User
          <input name="user" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit">Sign in</button>
      </form>
      {error ? <Failure error={error} /> : null}
    </main>
  );
}
