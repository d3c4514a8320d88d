import type { I18n } from "@lingui/core";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** How large a file is, in the unit that fits: `3.4 MB`. */
export function fileSize(i18n: I18n, bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return i18n.number(size, { style: "unit", unit: units[unit] ?? "byte", unitDisplay: unit === 0 ? "long" : "short", maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 });
}
