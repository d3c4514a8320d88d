import type { Role } from "@kit/api";

/** The roles from the highest to the lowest, without the one that everybody has. */
export function sortRoles(roles: readonly Role[]): Role[] {
  return roles.filter((role) => !role.everyone).sort((one, other) => other.position - one.position || one.name.localeCompare(other.name));
}

/** The changes of position that put a role at place `to` of the list from the highest to the lowest; positions count from 1, the lowest. */
export function planRoleMove(roles: readonly Role[], id: string, to: number): { id: string; position: number }[] {
  const ranked = sortRoles(roles);
  const role = ranked.find((candidate) => candidate.id === id);
  if (!role) return [];
  const rest = ranked.filter((candidate) => candidate !== role);
  rest.splice(Math.max(0, Math.min(to, rest.length)), 0, role);
  return rest
    .map((candidate, place) => ({ role: candidate, position: rest.length - place }))
    .filter((change) => change.role.position !== change.position)
    .map((change) => ({ id: change.role.id, position: change.position }));
}
