/** Where the entries of an archive are looked for: ours begin with the one that counts. */
const BEGINNING = 64 * 1024;
const MOST_ENTRIES = 8;
const ENTRY = 0x04034b50;
const STORED = 0;
/** Lengths stand behind the bytes. */
const LATER = 8;

/**
 * The part of an archive that counts, `account.json`, cut out of it without reading the rest: an archive may be larger than
 * what the way to the server lets through, and nothing but this is needed there. An archive that somebody packed again is
 * sent as it is.
 */
export async function accountIn(file: Blob): Promise<Blob> {
  let at = 0;
  for (let entry = 0; entry < MOST_ENTRIES && at + 30 <= file.size; entry += 1) {
    const bytes = new DataView(await file.slice(at, at + BEGINNING).arrayBuffer());
    if (bytes.byteLength < 30 || bytes.getUint32(0, true) !== ENTRY) return file;
    const [flags, method, packed] = [bytes.getUint16(6, true), bytes.getUint16(8, true), bytes.getUint32(18, true)];
    const [nameLength, extraLength] = [bytes.getUint16(26, true), bytes.getUint16(28, true)];
    if ((flags & LATER) !== 0 || packed === 0xffffffff || 30 + nameLength > bytes.byteLength) return file;
    const name = new TextDecoder().decode(new Uint8Array(bytes.buffer, 30, nameLength));
    const begin = at + 30 + nameLength + extraLength;
    if (name === "account.json") return method === STORED ? file.slice(begin, begin + packed, "application/json") : file;
    at = begin + packed;
  }
  return file;
}
