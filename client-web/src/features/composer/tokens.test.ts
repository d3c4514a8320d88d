import { describe, expect, it } from "vitest";
import { user } from "@kit/testing/build";
import { findQuery, insert } from "./completion";
import { decode, encode, type Mentionable } from "./tokens";

const known: Mentionable = {
  users: [
    user("u_mira", { handle: "mira", domain: "harbour.town", local: false }),
    user("u_ada", { handle: "ada" }),
    user("u_ad", { handle: "ad" }),
  ],
  roles: [{ id: "r_1", name: "Night readers" }],
  channels: [
    { id: "c_1", name: "night" },
    { id: "c_2", name: "night-train" },
  ],
};

describe("C7: mentions in the text field", () => {
  it.each([
    ["hello @ada!", "hello <@u_ada>!"],
    ["@mira@harbour.town, look", "<@u_mira>, look"],
    ["(@ada)", "(<@u_ada>)"],
    ["@ad and @Ada.", "<@u_ad> and <@u_ada>."],
    ["@Night readers in #night-train, not #night", "<@&r_1> in <#c_2>, not <#c_1>"],
    ["mail me@ada.example", "mail me@ada.example"],
    ["@adam is nobody here", "@adam is nobody here"],
    ["@mira is somebody else's short name", "@mira is somebody else's short name"],
    ["`@ada` and ```\n@ada\n``` but @ada", "`@ada` and ```\n@ada\n``` but <@u_ada>"],
    ["@everyone", "@everyone"],
  ])("%s", (text, body) => {
    expect(encode(text, known)).toBe(body);
  });

  it("comes back as it was written, for edits and drafts", () => {
    const text = "@ada and @mira@harbour.town of @Night readers in #night-train";
    expect(decode(encode(text, known), known)).toBe(text);
    expect(decode("<@u_gone>", known)).toBe("<@u_gone>");
  });
});

describe("C7: completion", () => {
  it.each([
    ["@", { kind: "@", text: "", start: 0, end: 1 }],
    ["hi @mi", { kind: "@", text: "mi", start: 3, end: 6 }],
    ["#nig", { kind: "#", text: "nig", start: 0, end: 4 }],
    ["so :smi", { kind: ":", text: "smi", start: 3, end: 7 }],
    ["@mira@har", { kind: "@", text: "mira@har", start: 0, end: 9 }],
  ])("finds what is typed: %s", (text, query) => {
    expect(findQuery(text, text.length)).toEqual(query);
  });

  it.each(["mail@exa", "12:30", ":s", "a `@mi", "```\n@mi", "https://x.org/#nig", "@mira "])(
    "is quiet in: %s",
    (text) => {
      expect(findQuery(text, text.length)).toBeNull();
    },
  );

  it("puts the choice in place of what was typed, with one space behind", () => {
    const query = findQuery("hi @mi you", 6);
    expect(insert("hi @mi you", query!, "@mira")).toEqual({ text: "hi @mira you", caret: 9 });
    expect(insert("hi @mi", query!, "@mira")).toEqual({ text: "hi @mira ", caret: 9 });
  });
});
