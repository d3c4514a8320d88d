import { describe, expect, it } from "vitest";
import type { Channel, Server } from "@kit/api";
import { modKey, neighbour } from "./keys";

function channel(id: string, position: number, unread = 0): Channel {
  return { id, kind: "text", name: id, topic: "", parent: null, position, private: false, overrides: [], my_permissions: [], last_cn: 0, read_cn: 0, unread, mentions: 0, last_message_at: null };
}
const server = { channels: [channel("a", 0), channel("b", 1, 2), channel("c", 2)] } as Server;

describe("L1: going around by keyboard", () => {
  it.each([
    ["a", 1, false, "b"],
    ["c", 1, false, "a"],
    ["a", -1, false, "c"],
    ["a", -1, true, "b"],
    ["b", 1, true, null],
    [null, 1, false, "a"],
    [null, -1, false, "c"],
  ] as const)("from %s by %i (unread only: %s) to %s", (active, by, unreadOnly, expected) => {
    expect(neighbour(server, active, by, unreadOnly)).toBe(expected);
  });
  it("names the key of the machine", () => {
    expect(modKey("MacIntel")).toBe("⌘");
    expect(modKey("Linux x86_64")).toBe("Ctrl");
  });
});
