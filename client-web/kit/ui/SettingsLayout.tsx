import { ArrowLeft, X } from "lucide-react";
import { useId, type ReactNode } from "react";
import { useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "wouter";
import { IconButton } from "./IconButton";
import { cx } from "./cx";
import s from "./SettingsLayout.module.css";

export interface SettingsPageEntry {
  /** Last part of the address; the first entry is the start page. */
  path: string;
  name: string;
  icon: ReactNode;
  page: ReactNode;
  /** Stands apart at the end: acts that destroy. */
  danger?: boolean;
}

export interface SettingsLayoutProps {
  /** Name of what is set: "Settings", a community's name. */
  title: string;
  /** Address of the settings without the page's part. */
  base: string;
  pages: readonly SettingsPageEntry[];
  /** Where the way back leads. */
  backTo: string;
  /** Below the list of pages. */
  after?: ReactNode;
}

/** Settings: pages named on the left, one page at a time on the right. On phones first the list, then the page. Escape leads back. */
export function SettingsLayout({ title, base, pages, backTo, after }: SettingsLayoutProps) {
  const { t } = useLingui();
  const [location, navigate] = useLocation();
  const part = location.startsWith(base) ? (location.slice(base.length).replace(/^\//, "").split("/")[0] ?? "") : "";
  const chosen = pages.find((page) => page.path === part);
  const shown = chosen ?? pages[0];
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape is a short cut; the close button does the same
    <div
      className={cx(s.layout, chosen && s.chosen)}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.defaultPrevented) navigate(backTo);
      }}
    >
      <nav className={s.nav} aria-label={title}>
        <div className={s.head}>
          <IconButton label={t`Back`} onPress={() => { navigate(backTo); }}>
            <ArrowLeft size={18} className={s.mirrored} />
          </IconButton>
          <h1 className={s.title}>{title}</h1>
        </div>
        <ul>
          {pages.map((page) => (
            <li key={page.path}>
              <Link href={`${base}/${page.path}`} className={cx(s.link, page === shown && s.on, page.danger && s.danger)} aria-current={page === shown ? "page" : undefined}>
                {page.icon}
                <span>{page.name}</span>
              </Link>
            </li>
          ))}
        </ul>
        {after}
      </nav>
      <main className={s.main}>
        <header className={s.top}>
          <span className={s.up}>
            <IconButton label={t`Back to ${title}`} onPress={() => { navigate(base); }}>
              <ArrowLeft size={18} className={s.mirrored} />
            </IconButton>
          </span>
          <h2 className={s.pageTitle}>{shown?.name}</h2>
          <span className={s.close}>
            <IconButton label={t`Close`} shortcut="Esc" onPress={() => { navigate(backTo); }}>
              <X size={20} />
            </IconButton>
          </span>
        </header>
        <div className={s.page} key={shown?.path}>
          {shown?.page}
        </div>
      </main>
    </div>
  );
}

/** A part of a settings page with its own heading. */
export function Section({ title, lead, children, action }: { title?: ReactNode; lead?: ReactNode; children: ReactNode; action?: ReactNode }) {
  const id = useId();
  return (
    <section className={s.section} aria-labelledby={title ? id : undefined}>
      {title || lead || action ? (
        <header className={s.sectionHead}>
          <div>
            {title ? <h3 id={id} className={s.sectionTitle}>{title}</h3> : null}
            {lead ? <p className={s.lead}>{lead}</p> : null}
          </div>
          {action}
        </header>
      ) : null}
      {children}
    </section>
  );
}

/** Appears at the lower edge while something on the page is not saved yet. */
export function SaveBar({ children }: { children: ReactNode }) {
  return (
    <div className={s.saveBar} role="region">
      {children}
    </div>
  );
}
