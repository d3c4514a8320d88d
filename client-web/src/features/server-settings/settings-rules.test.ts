import { describe, expect, it } from "vitest";
import type { Override, Role } from "@kit/api";
import { overrideChanges, standOf, withStand } from "./overrides";
import { planRoleMove, sortRoles } from "./role-order";

function role(id: string, position: number, everyone = false): Role {
  return { id, name: id, colour: null, position, hoist: false, mentionable: false, permissions: [], everyone };
}

describe("B8: order of roles", () => {
  const roles = [role("everyone", 0, true), role("c", 1), role("a", 3), role("b", 2)];
  it("the highest stands first, everybody's role in no list", () => {
    expect(sortRoles(roles).map((r) => r.id)).toEqual(["a", "b", "c"]);
  });
  it("moving one up changes only the two that trade places", () => {
    expect(planRoleMove(roles, "b", 0)).toEqual([
      { id: "b", position: 3 },
      { id: "a", position: 2 },
    ]);
  });
  it("equal positions are put in order", () => {
    const moved = planRoleMove([role("x", 1), role("y", 1)], "y", 0);
    expect(moved).toEqual([{ id: "y", position: 2 }]);
  });
});

describe("B8: channel overrides", () => {
  const before: Override[] = [{ target: "everyone", allow: [], deny: ["view"] }];
  it("a permission is allowed, denied or inherited", () => {
    const allowed = withStand(before, "r_1", "view", "allow");
    expect(standOf(allowed.find((o) => o.target === "r_1"), "view")).toBe("allow");
    const denied = withStand(allowed, "r_1", "view", "deny");
    expect(denied.find((o) => o.target === "r_1")).toEqual({ target: "r_1", allow: [], deny: ["view"] });
    expect(withStand(denied, "r_1", "view", "inherit")).toEqual(before);
  });
  it("asks the server only for what changed, what allows first", () => {
    const after = withStand(withStand(before, "everyone", "send", "deny"), "u_1", "view", "allow");
    expect(overrideChanges(before, after)).toEqual([
      { target: "u_1", to: { allow: ["view"], deny: [] } },
      { target: "everyone", to: { allow: [], deny: ["view", "send"] } },
    ]);
    expect(overrideChanges(after, before)).toEqual([
      { target: "everyone", to: { allow: [], deny: ["view"] } },
      { target: "u_1", to: null },
    ]);
    expect(overrideChanges(before, before)).toEqual([]);
  });
});
