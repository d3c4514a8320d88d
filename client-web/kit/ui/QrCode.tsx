import s from "./QrCode.module.css";

/** Light modules around the code, which readers need to find it. */
const QUIET = 4;

/** A QR code from its rows, `1` for dark. Always dark on light: many readers take nothing else. */
export function QrCode({ rows, label }: { rows: readonly string[]; label: string }) {
  const size = rows.length + 2 * QUIET;
  const dark = rows.flatMap((row, y) => [...row].flatMap((module, x) => (module === "1" ? [`M${String(x + QUIET)} ${String(y + QUIET)}h1v1h-1z`] : [])));
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${String(size)} ${String(size)}`} shapeRendering="crispEdges" className={s.code}>
      <path d={dark.join("")} />
    </svg>
  );
}
