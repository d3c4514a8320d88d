// Lays a Brotli form beside every file that gains by it; the server hands it out as it is.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const SMALLEST = 1024;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
let count = 0;
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|json|svg|webmanifest)$/.test(name)) continue;
  const bytes = readFileSync(join(dist, name));
  if (bytes.length < SMALLEST) continue;
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  writeFileSync(join(dist, `${name}.br`), packed);
  count += 1;
}
console.log(`${count} files packed`);
