import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import type { CustomerView } from "../api/types";
import { what } from "./changes";
import { standing } from "./consents";
import { CustomerPanel } from "./customer";
import { bars } from "./friction";
import { GoldenValues } from "./golden-values";
import { opens, sections } from "./measures";
import { useQueueKeys } from "./queue-keys";
import { ending, lanes, places } from "./timeline";
import { bits, steps, Waterfall } from "./waterfall";

describe("friction", () => {
  it("adds up one signal over touchpoints, and the bars sum to the whole", () => {
    const contributions = [
      { signal: "wait", points: 2, amount: 120, unit: "s" },
      { signal: "abandon", points: 5, amount: 1, unit: "times" },
      { signal: "wait", points: 1.5, amount: 90, unit: "s" },
    ];
    const rows = bars({ points: 8.5, contributions });
    expect(rows.map((row) => row.signal)).toEqual(["abandon", "wait"]);
    expect(rows.reduce((sum, row) => sum + row.points, 0)).toBe(8.5);
    expect(rows[1]?.amount).toBe("3 min 30 s");
  });
});

describe("consent", () => {
  it("that was given is over when its end has passed, whatever was said last", () => {
    const now = new Date("2026-03-01T12:00:00Z");
    expect(standing({ state: "given" }, now)).toBe("given");
    expect(standing({ state: "given", expires_at: "2026-03-02T00:00:00Z" }, now)).toBe("given");
    expect(standing({ state: "given", expires_at: "2026-03-01T00:00:00Z" }, now)).toBe("expired");
    expect(standing({ state: "withdrawn", expires_at: "2027-01-01T00:00:00Z" }, now)).toBe("withdrawn");
  });
});

describe("timeline", () => {
  const touchpoints = [
    {
      touchpoint_id: "a",
      channel: "web",
      steps: [
        { step: "upload", failed: true },
        { step: "upload", failed: true },
      ],
    },
    { touchpoint_id: "b", channel: "chat", outcome: "OUTCOME_ABANDONED" },
    { touchpoint_id: "c", channel: "web", ongoing: true },
  ];
  it("gives each channel a lane and keeps the order", () => {
    expect(lanes(touchpoints)).toEqual(["web", "chat"]);
    const xs = places(touchpoints).map((place) => place.x);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
  });
  it("says how each ended", () => {
    expect(touchpoints.map(ending)).toEqual(["upload failed 2 times", "abandoned", "going on"]);
  });
});

describe("measures", () => {
  it("open the journeys behind them", () => {
    const span = { from: "A", to: "B" };
    expect(opens({ name: "abandon_rate" }, span)).toBe("/journeys?from=A&to=B&having=abandoned");
    expect(opens({ name: "contacts", group_by: "channel", group: "voice" })).toBe(
      "/journeys?having=contact&channel=voice",
    );
    expect(opens({ name: "touches", group_by: "touch", group: "brand_active" })).toBe(
      "/journeys?touch=brand_active",
    );
  });
  it("stand under what they are grouped by, the most first, without groups that have no case", () => {
    const of = (group_by: string, group: string, n: number) => ({ name: "contacts", group_by, group, n });
    const found = sections(
      [of("channel", "web", 0), of("channel", "chat", 2), of("reason", "chat", 1), of("", "", 0)],
      [of("channel", "voice", 5), of("channel", "web", 0), of("", "", 0)],
    );
    expect(found.map(({ title, rows }) => [title, rows.map((row) => row.measure.group)])).toEqual([
      ["Contacts by channel", ["chat", "voice"]],
      ["Contacts by reason", ["chat"]],
      ["All contacts", [""]],
    ]);
    expect(found[0]?.rows[0]?.past).toBeUndefined();
  });
});

describe("customer", () => {
  it("shows the sentence first, the overdue promise, and how sure it is", () => {
    const view: CustomerView = {
      customer_id: "cus_1",
      name: "Robin Doe",
      sentence: "Appeal of aid decision, day 6. Portal upload failed twice.",
      identity_level: "claimed",
      promises: [{ promise: { what: "Call-back", due_at: "2026-11-20T12:00:00Z" }, overdue: true }],
      journeys: [{ journey_id: "j1", goal_label: "Appeal", state: "in_progress", touchpoints: [] }],
    };
    render(<CustomerPanel view={view} />);
    expect(screen.getByText(/Portal upload failed twice/)).toBeTruthy();
    expect(screen.getByText(/overdue/)).toBeTruthy();
    expect(screen.getByText("claimed")).toBeTruthy();
  });
  it("says so when nothing is known", () => {
    render(<CustomerPanel view={{ customer_id: "cus_2", unidentified: true }} />);
    expect(screen.getByText("Nobody known yet")).toBeTruthy();
  });
  it("names who shares a phone or an address, why, and how many more", () => {
    const why = ["same address", "same phone, ending in 23"];
    const household = [{ customer_id: "cus_4", name: "Ann Doe", why }, { customer_id: "cus_5" }];
    render(<CustomerPanel view={{ customer_id: "cus_3", household, more_household: "2" }} />);
    const section = within(screen.getByRole("region", { name: "Household" }));
    expect(section.getAllByRole("link").map((one) => [one.textContent, one.getAttribute("href")])).toEqual([
      ["Ann Doe", "/customers/cus_4"],
      ["Name not known", "/customers/cus_5"],
    ]);
    expect(section.getByText("same address; same phone, ending in 23")).toBeTruthy();
    expect(section.getByText("And 2 more.")).toBeTruthy();
  });
});

describe("waterfall", () => {
  const explained = {
    weight: 4.5,
    cut: 14,
    pieces: [
      { attribute: "prior", level: "two records by chance", weight: -13 },
      { attribute: "date_of_birth", level: "turned", weight: 20 },
      { attribute: "city", level: "none", weight: -2.5 },
    ],
  };
  it("begins each piece where the one before ends, and ends at the whole", () => {
    const all = steps(explained);
    expect(all.reduce((sum, step) => sum + step.weight, 0)).toBe(explained.weight);
    expect(all.map((step) => step.from)).toEqual([0, 0, 17.5 / 20]);
    expect(all.map((step) => step.width)).toEqual([13 / 20, 1, 2.5 / 20]);
  });
  it("says the whole, the cut and what keeps two apart", () => {
    render(<Waterfall explained={{ ...explained, veto: "they share a home" }} />);
    expect(screen.getByText(/\+4\.5 bits in all; joined without asking above \+14\.0/)).toBeTruthy();
    expect(screen.getByText(/Kept apart: they share a home/)).toBeTruthy();
    expect(bits(-0.04)).toBe("−0.0");
  });
});

describe("golden values", () => {
  const record = { namespace: "crm", kind: "RECORD_KIND_USER", id: "a" };
  it("open to all that is said to a field, of which one is pinned or taken back", async () => {
    const sent: unknown[] = [];
    let pin: object | undefined;
    const answer = vi.fn(async (path: string, init?: RequestInit) => {
      if (init?.method === "POST") {
        sent.push([path, JSON.parse(String(init.body))]);
        pin = path === "/v1/pins" ? { actor: "sam", reason: "on the passport" } : undefined;
        return Response.json({});
      }
      return Response.json({ values: [{ value: "Robert", source_id: "crm", record, pin }] });
    });
    vi.stubGlobal("fetch", answer);
    const view: CustomerView = { customer_id: "cus/1", facts: [{ name: "first_name", value: "Rob" }] };
    render(
      <QueryClientProvider client={new QueryClient()}>
        <GoldenValues view={view} now={new Date()} />
      </QueryClientProvider>,
    );
    expect(answer).not.toHaveBeenCalled();
    const field = screen.getByText("first name: Rob").closest("details");
    if (field) field.open = true;
    fireEvent.click(await screen.findByRole("button", { name: "Pin" }));
    fireEvent.click(await screen.findByRole("button", { name: "Take back" }));
    await screen.findByRole("button", { name: "Pin" });
    expect(answer.mock.calls[0]?.[0]).toBe("/v1/customers/cus%2F1/values?field=first_name&page_size=200");
    const body = { record, field: "first_name", source_id: "crm", reason: "chosen on the customer page" };
    expect(sent).toEqual([
      ["/v1/pins", body],
      ["/v1/pins/withdraw", body],
    ]);
    vi.unstubAllGlobals();
  });
  it("are told in the history", () => {
    const change = { field: "first_name", source_id: "crm" };
    expect(what({ ...change, kind: "KIND_PINNED" })).toBe("Pinned first name of crm");
    expect(what({ ...change, kind: "KIND_PIN_WITHDRAWN" })).toBe("Pin of first name of crm withdrawn");
    expect(what({ kind: "KIND_SPLIT" })).toBe("Split");
  });
});

describe("queue", () => {
  it("is worked by keyboard, but not while somebody types", () => {
    const done: string[] = [];
    const does = {
      next: () => done.push("next"),
      previous: () => done.push("previous"),
      same: () => done.push("same"),
      different: () => done.push("different"),
      undo: () => done.push("undo"),
    };
    function Page() {
      useQueueKeys(does);
      return <input aria-label="field" />;
    }
    render(<Page />);
    for (const key of ["j", "k", "s", "d", "u", "x"]) fireEvent.keyDown(window, { key });
    fireEvent.keyDown(screen.getByLabelText("field"), { key: "s" });
    fireEvent.keyDown(window, { key: "s", ctrlKey: true });
    expect(done).toEqual(["next", "previous", "same", "different", "undo"]);
  });
});
