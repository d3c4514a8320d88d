import { expect, it } from "vitest";
import type { Member, Presence, Role } from "@kit/api";
import { groupMembers } from "./groups";

function role(id: string, position: number, hoist: boolean, everyone = false): Role {
  return { id, name: id, colour: null, position, hoist, mentionable: false, permissions: [], everyone };
}
function member(name: string, presence: Presence, roles: string[] = []): Member {
  return { user: { id: `u_${name}`, kind: "user", handle: name, domain: "a.test", display_name: name, avatar: null, local: true, deleted: false }, roles, plain: false, joined_at: 0, presence };
}

it("B8: members stand under their highest hoisted role, then here, then away, by name", () => {
  const roles = [role("everyone", 0, true, true), role("reader", 1, false), role("librarian", 2, true), role("admin", 3, true)];
  const members = [member("Zoë", "online"), member("anna", "idle", ["reader"]), member("June", "dnd", ["librarian", "admin"]), member("Mira", "online", ["librarian"]), member("Pell", "offline", ["admin"])];
  const groups = groupMembers(members, roles, (m) => m.presence).map((group) => [group.kind, group.role?.id, group.members.map((m) => m.user.handle)]);
  expect(groups).toEqual([
    ["role", "admin", ["June"]],
    ["role", "librarian", ["Mira"]],
    ["here", undefined, ["anna", "Zoë"]],
    ["away", undefined, ["Pell"]],
  ]);
});
