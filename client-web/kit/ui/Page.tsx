import type { ReactNode } from "react";
import s from "./Page.module.css";

export interface CardPageProps {
  /** Left out where the content brings its own heading. */
  title?: ReactNode;
  lead?: ReactNode;
  /** A picture above the title. */
  picture?: ReactNode;
  children: ReactNode;
  /** Small text under the card. */
  after?: ReactNode;
}

/** A page with one thing to do, in a card in the middle: signing in, setting up, an invitation. */
export function CardPage({ title, lead, picture, children, after }: CardPageProps) {
  return (
    <main className={s.page}>
      <div className={s.card}>
        {title || picture ? (
          <header className={s.head}>
            {picture}
            {title ? <h1 className={s.title}>{title}</h1> : null}
            {lead ? <p className={s.lead}>{lead}</p> : null}
          </header>
        ) : null}
        {children}
      </div>
      {after ? <div className={s.after}>{after}</div> : null}
    </main>
  );
}

/** Fields of a form one under the other. */
export function Stack({ children }: { children: ReactNode }) {
  return <div className={s.stack}>{children}</div>;
}

/** Buttons beside each other, at the end of the line. */
export function Row({ children }: { children: ReactNode }) {
  return <div className={s.row}>{children}</div>;
}

/** A calm box with an explanation or a warning. */
export function Note({ children, tone = "info" }: { children: ReactNode; tone?: "info" | "warn" | "bad" }) {
  return <div className={`${s.note ?? ""} ${s[tone] ?? ""}`}>{children}</div>;
}
