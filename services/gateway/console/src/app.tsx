import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Problem, remove } from "./api/client";
import { CustomerPage } from "./pages/customer";
import { FindPage } from "./pages/find";
import { JourneyPage } from "./pages/journey";
import { JourneysPage } from "./pages/journeys";
import { NowPage } from "./pages/now";
import { PopPage } from "./pages/pop";
import { SignIn } from "./pages/sign-in";
import { StewardPage } from "./pages/steward";
import { Link } from "./parts/link";
import { useSession } from "./parts/session";
import { go, useAddress } from "./route";

function page(url: URL): ReactNode {
  const [, first, second] = url.pathname.split("/");
  if (!first) return <NowPage />;
  if (first === "pop") return <PopPage />;
  if (first === "find") return <FindPage />;
  if (first === "customers" && second) return <CustomerPage key={second} id={decodeURIComponent(second)} />;
  if (first === "journeys" && second) return <JourneyPage key={second} id={decodeURIComponent(second)} />;
  if (first === "review") return <StewardPage />;
  if (first === "journeys") return <JourneysPage />;
  return <p>There is no such page.</p>;
}

// "/" goes to the search field, "g n" style chords are not needed for three pages: n, f.
function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/" || event.key === "f") {
        event.preventDefault();
        go("/find");
      } else if (event.key === "n") {
        go("/");
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

export function App() {
  const url = useAddress();
  const queries = useQueryClient();
  const session = useSession();
  useKeys();
  const here = `/${url.pathname.split("/")[1] ?? ""}`;
  if (session.isPending) return <main aria-busy="true" />;
  if (session.error instanceof Problem && session.error.status === 401) {
    return <SignIn onSignedIn={() => queries.invalidateQueries({ queryKey: ["session"] })} />;
  }
  if (session.error) return <main role="alert">The platform cannot be reached: {session.error.message}</main>;
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <header className="bar">
        <span className="brand">Pathloom</span>
        <nav aria-label="Pages">
          <Link to="/" current={here === "/"}>
            Now <kbd>n</kbd>
          </Link>
          <Link to="/find" current={here === "/find"}>
            Find <kbd>f</kbd>
          </Link>
          <Link to="/journeys" current={here === "/journeys"}>
            Journeys
          </Link>
          <Link to="/review" current={here === "/review"}>
            Review
          </Link>
        </nav>
        <span className="who">{session.data?.user}</span>
        <button
          type="button"
          className="quiet"
          onClick={() =>
            remove("/v1/session")
              .then(() => queries.clear())
              .then(() => queries.invalidateQueries())
          }
        >
          Sign out
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        {page(url)}
      </main>
    </>
  );
}
