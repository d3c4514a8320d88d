import { beforeEach, describe, expect, it } from "vitest";
import { applyAppearance, defaultAppearance, parseAppearance, rememberedAppearance } from "./theme";
import { identityColour, initials, roleColour } from "./identity-colour";

describe("I4: appearance", () => {
  beforeEach(() => {
    localStorage.clear();
  });

  it("keeps what is known and replaces what is not", () => {
    expect(parseAppearance({ theme: "dark", hue: 400, density: "enormous" })).toEqual({ ...defaultAppearance, theme: "dark", hue: 40 });
    expect(parseAppearance("nonsense")).toEqual(defaultAppearance);
  });

  it("puts the choice on the page and finds it again at the next start", () => {
    applyAppearance({ ...defaultAppearance, theme: "dark", hue: 150, density: "compact" });
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(document.documentElement.dataset.density).toBe("compact");
    expect(document.documentElement.style.getPropertyValue("--hue")).toBe("150");
    expect(rememberedAppearance().theme).toBe("dark");
    applyAppearance(defaultAppearance);
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });
});

describe("pictures of people without a picture", () => {
  it("the same id has the same colour always", () => {
    expect(identityColour("u_1")).toBe(identityColour("u_1"));
  });
  it("initials come from letters of any script", () => {
    expect(initials("Lantern Readers", 2)).toBe("LR");
    expect(initials("émile")).toBe("É");
    expect(initials("مكتبة")).toBe("م");
    expect(initials("***")).toBe("?");
  });
  it("role colours keep their leading zeros", () => {
    expect(roleColour(0x00aa33)).toBe("#00aa33");
    expect(roleColour(null)).toBeUndefined();
  });
});
