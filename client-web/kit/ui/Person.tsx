import type { CSSProperties, ReactNode } from "react";
import { t } from "@lingui/core/macro";
import type { Role, User } from "@kit/api";
import { roleColour } from "@kit/theme/identity-colour";
import s from "./Person.module.css";

/** `name@domain`, written so that the domain stands back; nothing of an account that was deleted. */
export function Handle({ user }: { user: Pick<User, "handle" | "domain" | "deleted"> }) {
  return user.deleted ? null : (
    <span className={s.handle}>
      {user.handle}
      <span className={s.domain}>@{user.domain}</span>
    </span>
  );
}

/** The name to show for somebody: the one for this server, where they are shown in one. */
export function nameOf(user: Pick<User, "display_name" | "handle"> & Partial<Pick<User, "deleted" | "here">>): string {
  if (user.deleted) return t`Deleted account`;
  return user.here?.display_name ?? (user.display_name.trim() || user.handle);
}

/** The picture to show for somebody, in the same way. */
export function pictureOf(user: Pick<User, "avatar" | "here">): string | null {
  return user.here?.avatar ?? user.avatar;
}

/** The home of somebody from elsewhere, small; nothing for people of this place. */
export function Home({ user }: { user: Pick<User, "local" | "domain"> }) {
  return user.local ? null : <span className={s.home}>{user.domain}</span>;
}

/** A name in the colour of a role, with its lightness brought to what can be read in the theme. */
export function RoleInk({ colour, children }: { colour: number | null | undefined; children: ReactNode }) {
  const css = roleColour(colour);
  if (css === undefined) return <>{children}</>;
  return (
    <span className={s.role} style={{ "--role": css } as CSSProperties}>
      {children}
    </span>
  );
}

/** The role that decides somebody's colour or group: the highest of theirs that `fits`. */
export function highestRole(roles: readonly Role[], theirs: readonly string[], fits: (role: Role) => boolean): Role | undefined {
  return roles
    .filter((role) => !role.everyone && theirs.includes(role.id) && fits(role))
    .sort((one, other) => other.position - one.position)[0];
}
