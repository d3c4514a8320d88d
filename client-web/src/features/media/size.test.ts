import { expect, it } from "vitest";
import { fitBox, formatBytes } from "./size";

it("C3: pictures keep their shape and never grow", () => {
  expect(fitBox(4000, 2000, 420, 320)).toEqual({ width: 420, height: 210 });
  expect(fitBox(100, 3000, 420, 320)).toEqual({ width: 11, height: 320 });
  expect(fitBox(32, 32, 420, 320)).toEqual({ width: 32, height: 32 });
});

it("sizes are written as people write them", () => {
  expect(formatBytes(812)).toBe("812 byte");
  expect(formatBytes(1_240_000)).toBe("1.2 MB");
  expect(formatBytes(52_400_000)).toBe("52 MB");
});
