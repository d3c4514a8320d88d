import { describe, expect, it } from "vitest";
import type { Channel } from "@kit/api";
import { groupChannels, planMove } from "./channel-tree";

function channel(id: string, position: number, parent: string | null = null, kind: "text" | "category" = "text"): Channel {
  return { id, kind, name: id, topic: "", parent, position, private: false, overrides: [], my_permissions: [], last_cn: 0, read_cn: 0, unread: 0, mentions: 0, last_message_at: null };
}

const channels = [channel("later", 1, "cat2"), channel("cat2", 1, null, "category"), channel("cat1", 0, null, "category"), channel("top", 0), channel("b", 1, "cat1"), channel("a", 0, "cat1"), channel("lost", 3, "hidden")];

function names(list: readonly Channel[]) {
  return groupChannels(list).map((group) => [group.category?.id ?? null, group.channels.map((c) => c.id)]);
}

/** What the server does with the request: it inserts and counts anew. */
function apply(list: readonly Channel[], id: string, parent: string | null, index: number): Channel[] {
  const move = planMove(list, id, parent, index);
  const channel = list.find((c) => c.id === id);
  if (!move || !channel) return [...list];
  const home = move.parent === undefined ? channel.parent : move.parent;
  const siblings = list.filter((c) => c.parent === home && c.id !== id).sort((one, other) => one.position - other.position || one.name.localeCompare(other.name));
  siblings.splice(move.position, 0, channel);
  const places = new Map(siblings.map((c, place) => [c.id, place]));
  return list.map((c) => ({ ...c, position: places.get(c.id) ?? c.position, ...(c.id === id ? { parent: home } : {}) }));
}

describe("B6: order of channels", () => {
  it("stands by category and position, with what has no visible category on top", () => {
    expect(names(channels)).toEqual([
      [null, ["top", "lost"]],
      ["cat1", ["a", "b"]],
      ["cat2", ["later"]],
    ]);
  });

  it("a channel moves within its category", () => {
    expect(names(apply(channels, "b", "cat1", 0))[1]).toEqual(["cat1", ["b", "a"]]);
  });

  it("a channel moves into another category", () => {
    expect(names(apply(channels, "a", "cat2", 0))).toEqual([
      [null, ["top", "lost"]],
      ["cat1", ["b"]],
      ["cat2", ["a", "later"]],
    ]);
  });

  it("categories move among themselves", () => {
    expect(names(apply(channels, "cat2", null, 0)).map(([id]) => id)).toEqual([null, "cat2", "cat1"]);
    expect(names(apply(channels, "cat1", null, 1)).map(([id]) => id)).toEqual([null, "cat2", "cat1"]);
  });

  it("a channel moves out of its category, above the categories", () => {
    expect(names(apply(channels, "b", null, 0))[0]).toEqual([null, ["b", "top", "lost"]]);
  });

  it("to the end of a category and into an empty one", () => {
    expect(names(apply(channels, "a", "cat2", 9))[2]).toEqual(["cat2", ["later", "a"]]);
    const empty = [...channels, channel("cat3", 2, null, "category")];
    expect(names(apply(empty, "top", "cat3", 0))[3]).toEqual(["cat3", ["top"]]);
  });

  it("asks for nothing where nothing changes", () => {
    expect(planMove(channels, "a", "cat1", 0)).toBeNull();
    expect(planMove(channels, "nobody", null, 0)).toBeNull();
  });
});
