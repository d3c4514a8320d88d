// Prints who can sign in where.
import { PASSWORD, PEOPLE } from "./cast.mjs";

for (const home of ["a", "b"]) {
  const port = process.env[`DEMO_PORT_${home.toUpperCase()}`];
  const people = Object.entries(PEOPLE).filter(([, who]) => who.home === home);
  console.log(`  http://${home}.localhost:${port}   ${people.map(([handle, who]) => handle + (who.admin ? " (administrator)" : "")).join(", ")}`);
}
console.log(`\n  Everybody's password: ${PASSWORD}`);
