import { useLive, useOpenProfile, useUser } from "@kit/live";
import { nameOf } from "@kit/ui/Person";
import { roleColour } from "@kit/theme/identity-colour";
import { cx } from "@kit/ui/cx";
import { useLingui } from "@lingui/react/macro";
import { Fragment, memo, useState, type CSSProperties, type ReactNode } from "react";
import { Link } from "wouter";
import { CodeBlock } from "./CodeBlock";
import { onlyEmoji, parse, safeHref, type Mention, type Node } from "./parse";
import s from "./Markdown.module.css";

/** A message's text as elements. Never markup: every node is made by hand, links go by an allow list. */
export const Markdown = memo(function Markdown({ body, sid }: { body: string; sid: string }) {
  return <div className={cx(s.body, onlyEmoji(body) && s.jumbo)}>{children(parse(body).children as Node[], sid)}</div>;
});

function children(nodes: readonly Node[], sid: string): ReactNode {
  return nodes.map((node, index) => <Fragment key={index}>{element(node, sid)}</Fragment>);
}

function element(node: Node, sid: string): ReactNode {
  const inside = (): ReactNode => ("children" in node ? children(node.children as Node[], sid) : null);
  switch (node.type) {
    case "text":
      return withBreaks(node.value);
    case "paragraph":
      return <p>{inside()}</p>;
    case "heading":
      return <p className={s.heading}>{inside()}</p>;
    case "emphasis":
      return <em>{inside()}</em>;
    case "strong":
      return <strong>{inside()}</strong>;
    case "delete":
      return <del>{inside()}</del>;
    case "inlineCode":
      return <code className={s.code}>{node.value}</code>;
    case "code":
      return <CodeBlock code={node.value} language={node.lang ?? null} />;
    case "blockquote":
      return <blockquote className={s.quote}>{inside()}</blockquote>;
    case "list":
      return node.ordered ? (
        <ol className={s.list} start={node.start ?? 1}>
          {inside()}
        </ol>
      ) : (
        <ul className={s.list}>{inside()}</ul>
      );
    case "listItem":
      return <li>{inside()}</li>;
    case "thematicBreak":
      return <hr className={s.rule} />;
    case "break":
      return <br />;
    case "link":
      return <SafeLink href={node.url}>{inside()}</SafeLink>;
    case "table":
      return (
        // A wide table scrolls in itself, also by keyboard.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={s.tableFrame} tabIndex={0}>
          <table className={s.table}>
            <tbody>
              {node.children.map((row, r) => (
                <tr key={r}>
                  {row.children.map((cell, c) => {
                    const align = node.align?.[c] ?? null;
                    const style: CSSProperties | undefined = align ? { textAlign: align } : undefined;
                    const content = children(cell.children as Node[], sid);
                    return r === 0 ? (
                      <th key={c} scope="col" style={style}>
                        {content}
                      </th>
                    ) : (
                      <td key={c} style={style}>
                        {content}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "spoiler":
      return <SpoilerText>{inside()}</SpoilerText>;
    case "mention":
      return <MentionChip mention={node} sid={sid} />;
    default:
      return "value" in node ? node.value : inside();
  }
}

function withBreaks(text: string): ReactNode {
  const lines = text.split("\n");
  if (lines.length === 1) return text;
  return lines.map((line, index) => (
    <Fragment key={index}>
      {index > 0 ? <br /> : null}
      {line}
    </Fragment>
  ));
}

function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  const safe = safeHref(href);
  if (safe === null) return <>{children}</>;
  const here = new URL(safe);
  if (here.origin === window.location.origin && here.pathname.startsWith("/s/")) {
    return <Link href={here.pathname}>{children}</Link>;
  }
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow ugc" title={safe}>
      {children}
    </a>
  );
}

function SpoilerText({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  if (open) return <span className={s.revealed}>{children}</span>;
  return (
    <button type="button" className={s.spoiler} title={t`Show it`} onClick={() => setOpen(true)}>
      {t`hidden text`}
    </button>
  );
}

function MentionChip({ mention, sid }: { mention: Mention; sid: string }) {
  switch (mention.kind) {
    case "user":
      return <UserChip id={mention.id} sid={sid} />;
    case "role":
      return <RoleChip id={mention.id} sid={sid} />;
    case "channel":
      return <ChannelChip id={mention.id} sid={sid} />;
    default:
      return <span className={s.chip}>@{mention.kind}</span>;
  }
}

function UserChip({ id, sid }: { id: string; sid: string }) {
  const { t } = useLingui();
  const user = useUser(id, sid);
  const open = useOpenProfile();
  if (!user) return <span className={s.chip}>@{t`somebody`}</span>;
  return (
    <button type="button" className={s.chip} onClick={(event) => open(id, sid, event.currentTarget)}>
      @{nameOf(user)}
    </button>
  );
}

function RoleChip({ id, sid }: { id: string; sid: string }) {
  const { t } = useLingui();
  const role = useLive((state) => state.servers[sid]?.roles.find((r) => r.id === id));
  const colour = roleColour(role?.colour);
  return (
    <span className={s.chip} style={colour ? { borderInlineStart: `3px solid ${colour}` } : undefined}>
      @{role?.name ?? t`a role`}
    </span>
  );
}

function ChannelChip({ id, sid }: { id: string; sid: string }) {
  const { t } = useLingui();
  const channel = useLive((state) => state.servers[sid]?.channels.find((c) => c.id === id));
  if (!channel) return <span className={s.chip}>#{t`hidden channel`}</span>;
  return (
    <Link className={s.chip} href={`/s/${sid}/${id}`}>
      #{channel.name}
    </Link>
  );
}
