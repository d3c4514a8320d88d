import type { User } from "@kit/api";
import s from "./Person.module.css";

/** `name@domain`, written so that the domain stands back. */
export function Handle({ user }: { user: Pick<User, "handle" | "domain"> }) {
  return (
    <span className={s.handle}>
      {user.handle}
      <span className={s.domain}>@{user.domain}</span>
    </span>
  );
}

/** The name to show for somebody. */
export function nameOf(user: Pick<User, "display_name" | "handle">): string {
  return user.display_name.trim() || user.handle;
}

/** The home of somebody from elsewhere, small; nothing for people of this place. */
export function Home({ user }: { user: Pick<User, "local" | "domain"> }) {
  return user.local ? null : <span className={s.home}>{user.domain}</span>;
}
