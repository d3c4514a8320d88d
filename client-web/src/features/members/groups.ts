import type { Member, Presence, Role } from "@kit/api";
import { highestRole, nameOf } from "@kit/ui/Person";

/** A part of the member list: a hoisted role, those who are here now, or those who are away. */
export interface MemberGroup {
  kind: "role" | "here" | "away";
  role?: Role;
  members: Member[];
}

/** Members sorted into groups: who is here under their highest hoisted role, the rest of those here, then who is away; each by name. */
export function groupMembers(members: readonly Member[], roles: readonly Role[], presenceOf: (member: Member) => Presence): MemberGroup[] {
  const byRole = new Map<string, MemberGroup>();
  const here: Member[] = [];
  const away: Member[] = [];
  for (const member of members) {
    if (presenceOf(member) === "offline") {
      away.push(member);
      continue;
    }
    const role = highestRole(roles, member.roles, (r) => r.hoist);
    if (!role) here.push(member);
    else if (byRole.has(role.id)) byRole.get(role.id)?.members.push(member);
    else byRole.set(role.id, { kind: "role", role, members: [member] });
  }
  const groups: MemberGroup[] = [
    ...[...byRole.values()].sort((one, other) => (other.role?.position ?? 0) - (one.role?.position ?? 0)),
    { kind: "here", members: here },
    { kind: "away", members: away },
  ];
  const collator = new Intl.Collator(undefined, { sensitivity: "base" });
  const shownName = (member: Member) => nameOf(member.user);
  for (const group of groups) group.members.sort((one, other) => collator.compare(shownName(one), shownName(other)));
  return groups.filter((group) => group.members.length > 0);
}
