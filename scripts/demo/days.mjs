// Prints how many days ago each day of the story was, first day first.
import { DAYS } from "./story.mjs";

console.log(DAYS.map((day) => day.daysAgo).join("\n"));
