import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { solve, zeros } from "./work";

test("A1: zero bits are counted from the front", () => {
  expect(zeros(Uint8Array.of(0x80, 0))).toBe(0);
  expect(zeros(Uint8Array.of(0x01, 0xff))).toBe(7);
  expect(zeros(Uint8Array.of(0, 0x10, 0xff))).toBe(11);
  expect(zeros(Uint8Array.of(0, 0))).toBe(16);
});

test("A1: an answer has the hash that was asked for", () => {
  const challenge = "1767227400000.10.kq3.mac";
  const answer = solve({ challenge, bits: 10 });
  const hash = createHash("sha256").update(`${challenge}.${answer}`).digest();
  expect(zeros(hash)).toBeGreaterThanOrEqual(10);
});
