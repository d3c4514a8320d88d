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

function apply(list: readonly Channel[], id: string, parent: string | null, index: number): Channel[] {
  return planMove(list, id, parent, index).reduce((now, move) => now.map((c) => (c.id === move.id ? { ...c, position: move.position, ...(move.parent === undefined ? {} : { parent: move.parent }) } : c)), [...list]);
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
  });

  it("asks for nothing where nothing changes", () => {
    expect(planMove(channels, "a", "cat1", 0)).toEqual([]);
    expect(planMove(channels, "nobody", null, 0)).toEqual([]);
  });
});
