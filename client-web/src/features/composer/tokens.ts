import type { Channel, Role, User } from "@kit/api";

/** What can be mentioned in a community. */
export interface Mentionable {
  users: readonly User[];
  roles: readonly Pick<Role, "id" | "name">[];
  channels: readonly Pick<Channel, "id" | "name">[];
}

/** How somebody is written in the text field: short for people of this place, with their home for others. */
export function userToken(user: User): string {
  return user.local ? `@${user.handle}` : `@${user.handle}@${user.domain}`;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** A token ends where no further character of a name follows. */
const END = "(?![\\p{L}\\p{N}_@-]|\\.[\\p{L}\\p{N}])";
const START = "(?<![\\p{L}\\p{N}_@#<&])";

/** Leaves what stands in code as it is, since nothing is mentioned there. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(```[\s\S]*?(?:```|$)|`[^`\n]+`)/g)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join("");
}

/** The text as it is sent: written names become marks that hold the id. */
export function encode(text: string, known: Mentionable): string {
  const marks = new Map<string, string>();
  // The first of several with the same short name wins; completion writes the long form for people of other places.
  const add = (token: string, mark: string): void => {
    const key = token.toLowerCase();
    if (!marks.has(key)) marks.set(key, mark);
  };
  for (const user of known.users) add(userToken(user), `<@${user.id}>`);
  for (const role of known.roles) add(`@${role.name}`, `<@&${role.id}>`);
  for (const channel of known.channels) add(`#${channel.name}`, `<#${channel.id}>`);
  const tokens = [...marks.keys()].filter((x) => text.toLowerCase().includes(x)).sort((a, b) => b.length - a.length);
  if (tokens.length === 0) return text;
  const pattern = new RegExp(`${START}(?:${tokens.map(escape).join("|")})${END}`, "giu");
  return outsideCode(text, (part) => part.replace(pattern, (token) => marks.get(token.toLowerCase()) ?? token));
}

/** The text as it is written: marks become names again, where they are known. */
export function decode(body: string, known: Mentionable): string {
  return outsideCode(body, (part) =>
    part.replace(
      /<@&([\w-]+)>|<@([\w-]+)>|<#([\w-]+)>/g,
      (mark: string, role?: string, user?: string, channel?: string) => {
        if (role) return prefixed("@", known.roles.find((r) => r.id === role)?.name) ?? mark;
        if (channel) return prefixed("#", known.channels.find((c) => c.id === channel)?.name) ?? mark;
        const person = known.users.find((u) => u.id === user);
        return person ? userToken(person) : mark;
      },
    ),
  );
}

function prefixed(sign: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : sign + name;
}
