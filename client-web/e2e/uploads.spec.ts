import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { community, expect, letIn, register, test, type Person } from "./kit";

const SIZE = 6 * 1024 * 1024;
/** Bytes a second: slow enough to be in the middle for a while. */
const SLOWLY = 1_500_000;

/** A file that is nowhere the same. */
function film(seed: number): { bytes: Buffer; digest: string } {
  const bytes = Buffer.alloc(SIZE);
  for (let at = 0, block = 0; at < SIZE; at += 32, block += 1) {
    createHash("sha256").update(`${seed} ${block}`).digest().copy(bytes, at);
  }
  return { bytes, digest: createHash("sha256").update(bytes).digest("hex") };
}

async function upload(page: Page, bytesPerSecond: number): Promise<void> {
  const line = await page.context().newCDPSession(page);
  await line.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}

const attach = (who: Person, name: string, buffer: Buffer): Promise<void> =>
  who.page
    .locator("[data-composer] input[type=file]")
    .setInputFiles({ name, mimeType: "application/octet-stream", buffer });

/** How much of the file is sent, in percent; 0 where none is being sent. */
const percent = (who: Person): Promise<number> =>
  who.page.locator("[data-composer] progress").evaluateAll((all: HTMLProgressElement[]) => all[0]?.value ?? 0);

/** Where the requests that bring bytes began. */
function offsets(page: Page): number[] {
  const seen: number[] = [];
  page.on("request", (request) => {
    if (request.method() === "PATCH" && request.url().includes("/uploads/")) {
      seen.push(Number(request.headers()["upload-offset"]));
    }
  });
  return seen;
}

/** What somebody gets who opens a file of a message. */
const digestOf = (who: Person, name: string): Promise<string> =>
  who
    .message(name)
    .getByRole("link", { name: new RegExp(name.replace(".", "\\.")) })
    .first()
    .evaluate(async (link: HTMLAnchorElement) => {
      const bytes = await (await fetch(link.href)).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return [...digest].map((b) => b.toString(16).padStart(2, "0")).join("");
    });

test("C3: an upload goes on by itself after the end of the instance and after a reload in its middle", async ({
  browser,
  a,
  b,
}) => {
  const ada = await register(browser, a, "adafilms");
  const bea = await register(browser, b, "beafilms");
  const { server, channel } = await community(ada, "Film Club");
  await letIn(ada, server, bea);
  await ada.open(server, channel);
  await bea.open(server, channel);

  const first = film(1);
  const begun = offsets(bea.page);
  await upload(bea.page, SLOWLY);
  await attach(bea, "first.bin", first.bytes);
  await expect.poll(() => percent(bea), { intervals: [50] }).toBeGreaterThan(25);
  await b.stop("SIGKILL");
  await expect(bea.page.getByText("Paused, waiting for the connection")).toBeVisible();
  expect(await percent(bea)).toBeLessThan(100);
  // Nothing to press: it is sent when it is there.
  await bea.say("the first reel");
  await b.start();
  await expect(bea.message("the first reel")).toBeVisible({ timeout: 30_000 });
  await expect(ada.message("first.bin")).toBeVisible();
  expect(await digestOf(ada, "first.bin")).toBe(first.digest);
  expect(begun[0]).toBe(0);
  expect(begun.at(-1)).toBeGreaterThan(SIZE / 10);

  const second = film(2);
  begun.length = 0;
  await bea.field().fill("the second reel");
  await attach(bea, "second.bin", second.bytes);
  await expect.poll(() => percent(bea), { intervals: [50] }).toBeGreaterThan(25);
  await bea.page.reload();
  // The composer shows text and file as they were.
  await expect(bea.field()).toHaveValue("the second reel");
  await expect(bea.page.getByRole("list", { name: "Files to send" })).toContainText("second.bin");
  await bea.page.getByLabel("Description of second.bin").fill("The rest of it");
  expect(begun.at(-1)).toBeGreaterThan(SIZE / 10);
  await bea.field().press("Enter");
  await expect(ada.message("second.bin")).toBeVisible();
  expect(await digestOf(ada, "second.bin")).toBe(second.digest);
  await expect(bea.page.getByRole("list", { name: "Files to send" })).toHaveCount(0);

  // Given up in its middle, nothing of it comes back.
  await attach(bea, "third.bin", film(3).bytes);
  await expect.poll(() => percent(bea), { intervals: [50] }).toBeGreaterThan(10);
  const cancelled = bea.page.waitForResponse((r) => r.request().method() === "DELETE" && r.url().includes("/uploads/"));
  await bea.page.getByRole("button", { name: "Cancel third.bin" }).click();
  expect((await cancelled).status()).toBe(204);
  await bea.page.reload();
  await expect(bea.field()).toBeVisible();
  await expect(bea.page.getByRole("list", { name: "Files to send" })).toHaveCount(0);
});
