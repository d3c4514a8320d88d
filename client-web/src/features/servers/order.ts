/** The list with one entry moved to the place `to` (counted in the list as it is now). */
export function moved<T>(list: readonly T[], entry: T, to: number): T[] {
  const rest = list.filter((other) => other !== entry);
  rest.splice(Math.max(0, Math.min(to, rest.length)), 0, entry);
  return rest;
}
