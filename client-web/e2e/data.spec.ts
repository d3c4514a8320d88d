import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { Upload } from "../kit/api/types";
import type { Page } from "@playwright/test";
import { accessible, community, expect, Instance, letIn, PASSWORD, register, test, type Person } from "./kit";

/** Everything in an archive, by name. */
function unzipped(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [method, packed, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    const local = zip.readUInt32LE(at + 42);
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(begin, begin + packed);
    const content = method === 0 ? bytes : inflateRawSync(bytes);
    expect(content).toHaveLength(size);
    files.set(zip.toString("utf8", at + 46, at + 46 + name), content);
    at += 46 + name + extra + comment;
  }
  return files;
}

/** Sends a message with a picture. */
async function sayWithPicture(person: Person, sid: string, cid: string, body: string): Promise<void> {
  const upload = await person.page.evaluate(
    async ([server, channel]) => {
      const canvas = new OffscreenCanvas(480, 270);
      const paint = canvas.getContext("2d");
      if (!paint) throw new Error("no canvas");
      paint.fillStyle = "#2a6f97";
      paint.fillRect(0, 0, 480, 270);
      paint.fillStyle = "#f9c74f";
      paint.fillRect(300, 40, 90, 90);
      const image = await canvas.convertToBlob({ type: "image/png" });
      const answer = await fetch(`/api/v1/uploads?name=harbour.png&sid=${server as string}&channel=${channel as string}`, { method: "POST", body: image });
      return (await answer.json()) as Upload;
    },
    [sid, cid] as const,
  );
  await person.call("POST", `servers/${sid}/channels/${cid}/messages`, { nonce: String(Math.random()), body, attachments: [{ upload: upload.upload, alt: "A harbour" }] });
}

test("A7: an archive is made, downloaded, read offline, and brought along to another instance", async ({ browser, b }) => {
  const home = await Instance.create("leaving", { CONNTEXT__SESSIONS__PROOF_S: "1" });
  const folder = await mkdtemp(join(tmpdir(), "conntext-archive-"));
  try {
    const ada = await register(browser, home, "adalove");
    const { server, channel } = await community(ada, "Orchard");
    await ada.call("PATCH", `servers/${server.id}`, { public: true });
    await ada.call("PATCH", "me", { display_name: "Ada of the Harbour", bio: "I count ships.", pronouns: "she/her" });
    await ada.send(server.id, channel, "The first <ship> of the year & the last");
    await sayWithPicture(ada, server.id, channel, "Look at this");

    await ada.go("/settings/data");
    await expect(ada.page.getByRole("button", { name: "Make an archive" })).toBeVisible();
    await accessible(ada.page);
    await ada.page.getByRole("button", { name: "Make an archive" }).click();
    await ada.page.getByLabel("Your password").fill(PASSWORD);
    await ada.page.getByRole("button", { name: "Go on" }).click();
    await expect(ada.page.getByRole("link", { name: "Download" })).toBeVisible();
    await accessible(ada.page);
    const coming = ada.page.waitForEvent("download");
    await ada.page.getByRole("link", { name: "Download" }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toMatch(/^conntext-adalove-\d{4}-\d\d-\d\d\.zip$/);
    const archive = join(folder, download.suggestedFilename());
    await download.saveAs(archive);

    // Anywhere, without the instance.
    const files = unzipped(await readFile(archive));
    for (const [name, content] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const reader = await (await browser.newContext({ offline: true })).newPage();
    await reader.goto(`file://${folder}/index.html`);
    await expect(reader.getByRole("heading", { name: "Ada of the Harbour" })).toBeVisible();
    await accessible(reader);
    await reader.getByRole("link", { name: "Orchard" }).click();
    await expect(reader.getByText("The first <ship> of the year & the last")).toBeVisible();
    await expect(reader.getByRole("heading", { name: "# general" })).toBeVisible();
    const picture = reader.getByRole("img", { name: "A harbour" });
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(480);
    await accessible(reader);

    // At another place.
    const countess = await register(browser, b, "countess");
    await countess.go("/settings/data");
    await countess.page.locator("input[type=file]").setInputFiles({ name: "holiday.zip", mimeType: "application/zip", buffer: Buffer.from("PK and so on") });
    await expect(countess.page.getByText("The archive is damaged or not whole.")).toBeVisible();
    const sent = countess.page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/me/import"));
    await countess.page.locator("input[type=file]").setInputFiles(archive);
    // The rest of the archive stays where it is.
    expect((await sent).headers()["content-type"]).toBe("application/json");
    await expect(countess.page.getByRole("checkbox", { name: /Ada of the Harbour/ })).toBeChecked();
    await accessible(countess.page);
    // By keyboard alone.
    await countess.page.getByRole("checkbox", { name: /she\/her/ }).focus();
    await countess.page.keyboard.press("Space");
    await countess.page.getByRole("button", { name: "Take over" }).focus();
    await countess.page.keyboard.press("Enter");
    await expect(countess.page.getByText("What you chose is taken over.")).toBeVisible();
    const me = await countess.call<{ user: { id: string; display_name: string } }>("GET", "me");
    expect(me.user.display_name).toBe("Ada of the Harbour");
    expect(await countess.call("GET", `users/${me.user.id}`)).toMatchObject({ bio: "I count ships.", pronouns: "" });
    await countess.page.getByRole("button", { name: "Join Orchard" }).click();
    await expect(countess.page.getByRole("button", { name: "Open Orchard" })).toBeVisible();
    await countess.page.getByRole("button", { name: "Open Orchard" }).click();
    await countess.sees("Look at this");

    await ada.page.getByRole("button", { name: "Delete", exact: true }).click();
    await ada.page.getByRole("alertdialog").getByRole("button", { name: "Delete the archive" }).click();
    await expect(ada.page.getByRole("link", { name: "Download" })).toHaveCount(0);
    await expect(ada.page.getByRole("button", { name: "Make an archive" })).toBeVisible();
  } finally {
    await rm(folder, { recursive: true, force: true });
    await home.remove();
  }
});

test("A9: the account is deleted on a day, kept after all, and erased in the end", async ({ browser, a }) => {
  const owner = await register(browser, a, "stays");
  const { server, channel } = await community(owner, "Last Words");
  await owner.open(server, channel);
  const shot = async (page: Page, name: string) => {
    if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/${name}.png` });
  };
  const guest = await register(browser, a, "undecided");
  await letIn(owner, server, guest);
  await guest.open(server, channel);
  await guest.say("I may go.");
  await owner.sees("I may go.");
  const ask = async (rest: string) => {
    await guest.go("/settings/data");
    await guest.page.getByRole("button", { name: "Delete my account" }).click();
    await guest.page.getByRole("alertdialog").getByText(rest).click();
    await shot(guest.page, "deletion-ask");
    await accessible(guest.page);
    await guest.page.getByRole("alertdialog").getByRole("button", { name: "Delete my account" }).click();
    const set = guest.page.getByRole("dialog", { name: /^Your account will be deleted on/ });
    await expect(set).toBeVisible();
    await shot(guest.page, "deletion-set");
    const link = await set.getByLabel("Address").inputValue();
    await set.getByRole("button", { name: "Done" }).click();
    return link;
  };
  const first = await ask("It stays, without your name");
  await shot(guest.page, "deletion-scheduled");
  await guest.go("/");
  await expect(guest.page.getByRole("region", { name: "Notices" })).toBeVisible();
  await guest.page.setViewportSize({ width: 390, height: 844 });
  await shot(guest.page, "deletion-phone");
  await guest.page.setViewportSize({ width: 1280, height: 800 });
  await guest.page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Keep my account" }).click();
  await guest.go("/settings/data");
  await expect(guest.page.getByRole("button", { name: "Delete my account" })).toBeVisible();
  await guest.page.goto(first);
  await expect(guest.page.getByRole("heading", { name: "Nothing to see here (any more)" })).toBeVisible();

  const second = await ask("It is erased everywhere");
  await guest.page.goto(second);
  await expect(guest.page.getByRole("heading", { name: /^Your account will be deleted on/ })).toBeVisible();
  // Its day comes early.
  await a.command("user", "delete", "undecided", "--erase");
  await expect(guest.page.getByRole("heading", { name: "Your account is erased" })).toBeVisible({ timeout: 30_000 });
  await expect(guest.page.getByText("Confirmed by 1 of 1 instance.")).toBeVisible();
  await accessible(guest.page);
  await shot(guest.page, "deletion-done");
  await guest.page.setViewportSize({ width: 390, height: 844 });
  await shot(guest.page, "deleted-phone");
  await guest.go("/settings/data");
  await expect(guest.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await expect(owner.message("I may go.")).toHaveCount(0);
  await expect(owner.message("This message was deleted.")).toBeVisible();
  await shot(owner.page, "deletion-seen");
});
