// Fails when the script of the first load is larger than promised.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMIT = 200 * 1024;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
let brotli = 0;
let gzip = 0;
for (const file of new Set(files)) {
  const bytes = readFileSync(new URL(file, dist));
  brotli += brotliCompressSync(bytes).length;
  gzip += gzipSync(bytes, { level: 9 }).length;
}
const kib = (n) => `${(n / 1024).toFixed(1)} KiB`;
console.log(`first load: ${kib(brotli)} brotli, ${kib(gzip)} gzip, limit ${kib(LIMIT)} (${files.length} files)`);
if (files.length === 0 || brotli > LIMIT) process.exit(1);
