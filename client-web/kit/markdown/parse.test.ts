import { describe, expect, it } from "vitest";
import { onlyEmoji, parse, plainText, safeHref, type Node } from "./parse";

const flat = (body: string): string[] => {
  const out: string[] = [];
  const walk = (node: Node): void => {
    out.push(node.type);
    if ("children" in node) for (const child of node.children) walk(child as Node);
  };
  walk(parse(body));
  return out.filter((t) => !["root", "paragraph", "text"].includes(t));
};

describe("C2: formatting", () => {
  it.each([
    ["*a* **b** ~~c~~ `d`", ["emphasis", "strong", "delete", "inlineCode"]],
    ["> quote", ["blockquote"]],
    ["- one\n- two", ["list", "listItem", "listItem"]],
    ["```rust\nfn main() {}\n```", ["code"]],
    [
      "| a | b |\n|---|---|\n| 1 | 2 |",
      ["table", "tableRow", "tableCell", "tableCell", "tableRow", "tableCell", "tableCell"],
    ],
    ["see https://example.org now", ["link"]],
    ["a ||secret **bold**|| b", ["spoiler", "strong"]],
    ["lonely || bar", []],
    ["||a|| and ||b|| and ||", ["spoiler", "spoiler"]],
    ["`||not||`", ["inlineCode"]],
  ])("%s", (body, types) => {
    expect(flat(body)).toEqual(types);
  });

  it.each(["<b>x</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- c -->"])(
    "shows markup as what was typed: %s",
    (body) => {
      expect(flat(body)).toEqual([]);
      expect(plainText(body, () => "")).toBe(body);
    },
  );

  it("does not fetch pictures from elsewhere", () => {
    expect(flat("![x](https://example.org/x.png)")).not.toContain("image");
  });

  it("a line of dashes under a text is not a heading, an indented line is not code", () => {
    expect(flat("text\n---")).not.toContain("heading");
    expect(flat("    four spaces")).toEqual([]);
  });

  it.each([
    ["https://example.org/a", true],
    ["mailto:a@example.org", true],
    ["javascript:alert(1)", false],
    ["JaVaScRiPt:alert(1)", false],
    ["data:text/html,x", false],
    ["vbscript:x", false],
    ["/relative", false],
  ])("links by scheme: %s", (href, allowed) => {
    expect(safeHref(href) !== null).toBe(allowed);
  });
});

describe("C7: mentions", () => {
  const kinds = (body: string): string[] => {
    const out: string[] = [];
    const walk = (node: Node): void => {
      if (node.type === "mention") out.push(`${node.kind}:${node.id}`);
      if ("children" in node) for (const child of node.children) walk(child as Node);
    };
    walk(parse(body));
    return out;
  };

  it("reads people, roles, channels and everybody", () => {
    expect(kinds("hi <@u_abc_d-e>, <@&r_1> in <#c_9> and @everyone @here")).toEqual([
      "user:u_abc_d-e",
      "role:r_1",
      "channel:c_9",
      "everyone:everyone",
      "here:here",
    ]);
    expect(kinds("<@a_heron> <@p_desk> **<@u_x>**")).toEqual(["user:a_heron", "user:p_desk", "user:u_x"]);
  });

  it("leaves code, addresses and look-alikes alone", () => {
    expect(kinds("`<@u_x>` mail@everyone.org @everyones <@x>")).toEqual([]);
  });

  it("plain text names them and hides spoilers", () => {
    expect(plainText("**Hi** <@u_x>\n||no||", (m) => `@${m.id}`)).toBe("Hi @u_x ▒▒▒");
  });
});

it("C2: few emoji alone are shown large", () => {
  expect(onlyEmoji("🔦")).toBe(true);
  expect(onlyEmoji("👩🏽‍🚀 🇫🇷 ❤️")).toBe(true);
  expect(onlyEmoji("7")).toBe(false);
  expect(onlyEmoji("🔦 light")).toBe(false);
  expect(onlyEmoji("😀😀😀😀😀😀😀")).toBe(false);
});
