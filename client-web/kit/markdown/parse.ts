import type { Nodes, PhrasingContent, Root, RootContent, Text } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmAutolinkLiteralFromMarkdown } from "mdast-util-gfm-autolink-literal";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";
import { gfmTable } from "micromark-extension-gfm-table";

/** Text that shows when it is asked for. */
export interface Spoiler {
  type: "spoiler";
  children: Inline[];
}

/** A person, a role, a channel, or everybody. */
export interface Mention {
  type: "mention";
  kind: "user" | "role" | "channel" | "everyone" | "here";
  id: string;
}

export type Inline = PhrasingContent | Spoiler | Mention;
export type Node = Nodes | Spoiler | Mention;

const MENTION = /<@&(r_[\w-]+|[\w-]+)>|<@([uap]_[\w-]+)>|<#([\w-]+)>|(?<![\w@])@(everyone|here)\b/g;
const CACHE_SIZE = 2000;
const cache = new Map<string, Root>();

/**
 * Reads a message's text. Left out of CommonMark on purpose: raw HTML, pictures from elsewhere, link definitions,
 * indented code and underlined headings, which people make by accident when they chat.
 */
export function parse(body: string): Root {
  const known = cache.get(body);
  if (known) return known;
  const tree = fromMarkdown(body, {
    extensions: [
      gfmAutolinkLiteral(),
      gfmStrikethrough({ singleTilde: false }),
      gfmTable(),
      {
        disable: {
          null: ["htmlFlow", "htmlText", "definition", "codeIndented", "setextUnderline", "labelStartImage"],
        },
      },
    ],
    mdastExtensions: [gfmAutolinkLiteralFromMarkdown(), gfmStrikethroughFromMarkdown(), gfmTableFromMarkdown()],
  });
  refine(tree);
  if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? "");
  cache.set(body, tree);
  return tree;
}

/** Puts our own nodes in: mentions out of text, then spoilers around what stands between two `||`. */
function refine(node: Node): void {
  if (!("children" in node)) return;
  const parent = node as { type: string; children: Node[] };
  parent.children = parent.children.flatMap((child): Node[] => (child.type === "text" ? mentions(child) : [child]));
  parent.children = spoilers(parent.children);
  for (const child of parent.children) refine(child);
}

function mentions(text: Text): (Text | Mention)[] {
  const parts: (Text | Mention)[] = [];
  let end = 0;
  for (const match of text.value.matchAll(MENTION)) {
    if (match.index > end) parts.push({ type: "text", value: text.value.slice(end, match.index) });
    const [whole, role, user, channel, all] = match;
    if (role) parts.push({ type: "mention", kind: "role", id: role });
    else if (user) parts.push({ type: "mention", kind: "user", id: user });
    else if (channel) parts.push({ type: "mention", kind: "channel", id: channel });
    else parts.push({ type: "mention", kind: all === "here" ? "here" : "everyone", id: all ?? "" });
    end = match.index + whole.length;
  }
  if (end === 0) return [text];
  if (end < text.value.length) parts.push({ type: "text", value: text.value.slice(end) });
  return parts;
}

function spoilers(children: Node[]): Node[] {
  const marks = children.reduce((sum, c) => sum + (c.type === "text" ? c.value.split("||").length - 1 : 0), 0);
  if (marks < 2) return children;
  let left = marks - (marks % 2);
  const out: Node[] = [];
  let open: Node[] | null = null;
  for (const child of children) {
    if (child.type !== "text") {
      (open ?? out).push(child);
      continue;
    }
    let rest = child.value;
    while (left > 0) {
      const at = rest.indexOf("||");
      if (at < 0) break;
      if (at > 0) (open ?? out).push({ type: "text", value: rest.slice(0, at) });
      rest = rest.slice(at + 2);
      left -= 1;
      if (open) {
        if (open.length > 0) out.push({ type: "spoiler", children: open as Inline[] });
        open = null;
      } else {
        open = [];
      }
    }
    if (rest) (open ?? out).push({ type: "text", value: rest });
  }
  return out;
}

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The address if a person may be sent there by a click, otherwise null. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** True for one to six emoji and nothing else: shown large. */
export function onlyEmoji(body: string): boolean {
  const text = body.replace(/\s/g, "");
  if (text === "" || text.length > 80) return false;
  const emoji = text.match(
    /(?:\p{RI}\p{RI}|\p{Extended_Pictographic}(?:\p{EMod}|\u{FE0F})?(?:\u{200D}\p{Extended_Pictographic}(?:\p{EMod}|\u{FE0F})?)*)/gu,
  );
  return emoji !== null && emoji.length <= 6 && emoji.join("") === text;
}

/** The text without its marks, on one line; for quotes, lists and announcements. `name` gives the words of a mention. */
export function plainText(body: string, name: (mention: Mention) => string): string {
  const walk = (node: Node): string => {
    if (node.type === "mention") return name(node);
    if (node.type === "spoiler") return "▒▒▒";
    if ("value" in node) return node.value;
    if (node.type === "break") return " ";
    if ("children" in node) {
      const block = ["root", "list", "blockquote", "table", "tableRow"].includes(node.type);
      return (node.children as (RootContent | Inline)[]).map((c) => walk(c as Node)).join(block ? " " : "");
    }
    return "";
  };
  return walk(parse(body)).replace(/\s+/g, " ").trim();
}
