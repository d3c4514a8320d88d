/** Times in the person's own way of writing them. Formatters are costly to make, so they are kept. */
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayWithYear = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

export function formatTime(ts: number): string {
  return time.format(ts);
}

/** Hours and minutes alone, without the half of the day: for the narrow column beside a message. */
export function formatBriefTime(ts: number): string {
  return time
    .formatToParts(ts)
    .filter((part) => part.type === "hour" || part.type === "minute")
    .map((part) => part.value)
    .join(":");
}

export function formatDay(ts: number, now: number): string {
  return (new Date(ts).getFullYear() === new Date(now).getFullYear() ? day : dayWithYear).format(ts);
}

export function formatFull(ts: number): string {
  return full.format(ts);
}
