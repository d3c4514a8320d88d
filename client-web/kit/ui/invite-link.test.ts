import { describe, expect, it } from "vitest";
import { homeJoinUrl, parseHome, parseInvite } from "./invite-link";
import { returnTo, signInPath } from "./return-to";

describe("B5: invitations as people paste them", () => {
  it.each([
    ["https://harbour.town/invite/Ab3-x_9", { domain: "harbour.town", code: "Ab3-x_9" }],
    ["harbour.town/invite/abcd/", { domain: "harbour.town", code: "abcd" }],
    ["http://b.localhost:8081/invite/abcd", { domain: "b.localhost:8081", code: "abcd" }],
    ["https://quietbay.org/join/b.localhost%3A8081/abcd", { domain: "b.localhost:8081", code: "abcd" }],
    ["Harbour.Town/abcd", { domain: "harbour.town", code: "abcd" }],
    ["  abcd1234 ", { domain: "here.example", code: "abcd1234" }],
  ])("%s", (text, expected) => {
    expect(parseInvite(text, "here.example")).toEqual(expected);
  });
  it.each(["", "hello world", "https://harbour.town/", "a/b/c/d"])("%j is none", (text) => {
    expect(parseInvite(text, "here.example")).toBeNull();
  });
});

describe("B5: which home", () => {
  it.each([
    ["quietbay.org", "quietbay.org"],
    [" https://QuietBay.org/ ", "quietbay.org"],
    ["ada@quietbay.org", "quietbay.org"],
    ["b.localhost:8081", "b.localhost:8081"],
    ["javascript:alert(1)", null],
    ["two words", null],
    ["", null],
  ])("%j becomes %j", (text, expected) => {
    expect(parseHome(text)).toBe(expected);
  });

  it("leads to https, but for this machine shown over http", () => {
    const invite = { domain: "a.localhost:8080", code: "abcd" };
    expect(homeJoinUrl("quietbay.org", invite, "http:")).toBe("https://quietbay.org/join/a.localhost%3A8080/abcd");
    expect(homeJoinUrl("b.localhost:8081", invite, "http:")).toBe("http://b.localhost:8081/join/a.localhost%3A8080/abcd");
    expect(homeJoinUrl("b.localhost:8081", invite, "https:")).toMatch(/^https:/);
  });
});

describe("A1: going on after signing in", () => {
  it.each([
    ["?return=%2Fjoin%2Fa%2Fb", "/join/a/b"],
    ["?return=https://evil.example", "/"],
    ["?return=//evil.example", "/"],
    ["?return=/%5Cevil.example", "/"],
    ["", "/"],
  ])("%s goes to %s", (search, expected) => {
    expect(returnTo(search)).toBe(expected);
  });
  it("round trip", () => {
    expect(returnTo(signInPath("/join/a.localhost%3A1/b").replace("/sign-in", ""))).toBe("/join/a.localhost%3A1/b");
  });
});
