import { useRef, useState } from "react";
import { identityColour, initials } from "@kit/theme/identity-colour";
import { cx } from "./cx";
import { PresenceDot, type Presence } from "./PresenceDot";
import s from "./Avatar.module.css";

export interface AvatarProps {
  /** Decides the colour behind the initials. */
  id: string;
  name: string;
  /** Address of the picture, if there is one. */
  src: string | null | undefined;
  /** Side in pixels. */
  size?: number;
  presence?: Presence | undefined;
  /** round: a person; square: a community. */
  shape?: "round" | "square";
  className?: string | undefined;
}

/** A picture, or initials on a colour derived from the id. Decorative: the name stands beside it or names the control around it. */
export function Avatar({ id, name, src, size = 36, presence, shape = "round", className }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const tries = useRef(0);
  const picture = src && src !== broken ? src : null;
  // A picture from elsewhere may be named a moment before it is here.
  const onError = () => {
    setBroken(picture);
    if (tries.current++ < 3) setTimeout(setBroken, 2000 * tries.current, null);
  };
  return (
    <span
      className={cx(s.avatar, s[shape], className)}
      style={{ inlineSize: size, blockSize: size, fontSize: size * (shape === "square" ? 0.33 : 0.4), ...(picture ? {} : { background: identityColour(id) }) }}
      aria-hidden="true"
    >
      {picture ? <img src={picture} alt="" width={size} height={size} draggable={false} onError={onError} /> : <span className={s.initials} data-initials={initials(name, shape === "square" ? 2 : 1)} />}
      {presence ? <PresenceDot presence={presence} className={s.dot} /> : null}
    </span>
  );
}
