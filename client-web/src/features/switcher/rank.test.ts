import { describe, expect, it } from "vitest";
import type { Channel, Server, User } from "@kit/api";
import { matchWeight, rankTargets } from "./rank";

function channel(id: string, unread = 0, mentions = 0): Channel {
  return { id, kind: "text", name: id, topic: "", parent: null, position: 0, private: false, overrides: [], my_permissions: [], last_cn: 0, read_cn: 0, unread, mentions, last_message_at: null };
}
function server(id: string, name: string, channels: Channel[]): Server {
  return { id, name, description: "", icon: null, public: false, hub_domain: "a.test", hub_is_here: true, moving_to: null, hub: { reachable: true, waiting: 0, catching_up: false }, owner: "u_1", my_actor: "u_2", my_roles: [], my_permissions: [], roles: [], channels, notices: null,
    member_count: 2, seq: 1, epoch: 0 };
}
const mira: User = { id: "u_m", kind: "user", handle: "mira", domain: "harbour.town", display_name: "Míra", avatar: null, local: false, deleted: false };
const servers = [server("s1", "Lantern Readers", [channel("general", 3), channel("night-train")]), server("s2", "Garden", [channel("general"), channel("seeds", 1, 1)])];
const keys = (typed: string, active: string | null = null) => rankTargets(typed, servers, [mira], active).map((target) => target.key);

describe("D2: quick switcher", () => {
  it("with nothing typed offers what is unread, what is about me first, then communities", () => {
    expect(keys("")).toEqual(["s2/seeds", "s1/general", "s2", "s1"]);
  });
  it("the community that is open comes first among equals", () => {
    expect(keys("general", "s2")[0]).toBe("s2/general");
    expect(keys("general", "s1")[0]).toBe("s1/general");
  });
  it("the first sign narrows to channels, people or communities", () => {
    expect(keys("#")).toHaveLength(4);
    expect(keys("@mi")).toEqual(["u_m"]);
    expect(keys("*gar")).toEqual(["s2"]);
  });
  it("finds by any word and without accents", () => {
    expect(keys("train")).toEqual(["s1/night-train"]);
    expect(keys("mira")).toEqual(["u_m"]);
    expect(matchWeight("Lantern Readers", "xyz")).toBe(0);
  });
});
