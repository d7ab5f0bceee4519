import { describe, expect, it } from "vitest";
import { day, duration, number, plain } from "./words";

describe("words", () => {
  it("says durations as people do, and what was not measured", () => {
    expect([undefined, 8, 70, 540, 1900, 9000].map(duration)).toEqual([
      "not measured",
      "8 s",
      "1 min 10 s",
      "9 min",
      "32 min",
      "2 h 30 min",
    ]);
  });
  it("names near days", () => {
    const now = new Date(2026, 10, 22, 9, 0);
    expect(day(new Date(2026, 10, 22, 1, 0).toISOString(), now)).toBe("today");
    expect(day(new Date(2026, 10, 21, 23, 0).toISOString(), now)).toBe("yesterday");
  });
  it("never shows zero for what was not measured", () => {
    expect(number(undefined, "share")).toBe("–");
    expect(number(0.256, "share")).toBe("25.6 %");
  });
  it("turns keys into words", () => {
    expect(plain("TOUCH_CUSTOMER_ACTIVE", "TOUCH_")).toBe("customer active");
  });
});
