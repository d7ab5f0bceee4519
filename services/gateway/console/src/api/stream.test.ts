import { describe, expect, it } from "vitest";
import { frames } from "./stream";

describe("frames", () => {
  it("splits whole frames, keeps the rest, passes over heartbeats", () => {
    const { whole, rest } = frames(': ping\n\nid: 7\ndata: {"a":1}\n\ndata: {"b"');
    expect(whole).toEqual([{ id: "7", data: '{"a":1}' }]);
    expect(rest).toBe('data: {"b"');
  });
  it("joins data lines and takes carriage returns", () => {
    expect(frames("data: 1\r\ndata: 2\r\n\r\n").whole).toEqual([{ id: "", data: "1\n2" }]);
  });
});
