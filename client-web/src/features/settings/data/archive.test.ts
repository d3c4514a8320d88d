import { File as NodeFile } from "node:buffer";
import { describe, expect, it } from "vitest";
import { accountIn } from "./archive";

// The one of jsdom cannot be read.
const file = (parts: unknown[], name: string) => new NodeFile(parts as string[], name) as unknown as File;

/** An entry as our archives have it. */
function entry(name: string, content: string, method = 0): Uint8Array {
  const [title, bytes] = [new TextEncoder().encode(name), new TextEncoder().encode(content)];
  const head = new DataView(new ArrayBuffer(30));
  head.setUint32(0, 0x04034b50, true);
  head.setUint16(8, method, true);
  head.setUint32(18, bytes.length, true);
  head.setUint16(26, title.length, true);
  return new Uint8Array([...new Uint8Array(head.buffer), ...title, ...bytes]);
}

describe("A7: the part of an archive that counts", () => {
  const of = (...parts: Uint8Array[]) => file(parts, "mine.zip");
  it("is cut out of ours", async () => {
    const cut = await accountIn(of(entry("README.txt", "hello"), entry("account.json", '{"a":1}'), entry("media/x", "y".repeat(100_000))));
    expect(await cut.text()).toBe('{"a":1}');
    expect(cut.type).toBe("application/json");
  });
  it("and what somebody packed again is sent as it is", async () => {
    for (const one of [of(entry("account.json", "xx", 8)), of(entry("mine/account.json", "{}")), file(["{}"], "account.json"), file([], "x")]) expect(await accountIn(one)).toBe(one);
  });
});
