import { expect, register, test } from "./kit";
import type { Invite, Server } from "../kit/api/types";

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test("C1, B5: two people of two instances make a community, invite, talk, reply, react and share a picture", async ({
  browser,
  a,
  b,
}) => {
  const ada = await register(browser, a, "ada");
  const bea = await register(browser, b, "bea");

  // Ada makes a community.
  await ada.page.getByRole("button", { name: "Create a community" }).first().click();
  const dialog = ada.page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Lantern Readers");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(ada.page).toHaveURL(/\/s\//);
  await ada.page.getByRole("link", { name: "general" }).click();
  await expect(ada.page.getByRole("textbox", { name: "Message #general" })).toBeVisible();
  const [server] = (await ada.call<{ servers: Server[] }>("GET", "servers")).servers;
  const invite = await ada.call<Invite>("POST", `servers/${server!.id}/invites`, {});

  // Bea follows the link: at Ada's place first, then at her own.
  await bea.page.goto(`${a.url}/invite/${invite.code!}`);
  await expect(bea.page.getByText("Lantern Readers").first()).toBeVisible();
  await bea.page.getByLabel("Where is your account?").fill(b.domain);
  await bea.page.getByRole("button", { name: "Go on" }).click();
  await expect(bea.page).toHaveURL(new RegExp(`^${b.url}/join/`));
  await bea.page.getByRole("button", { name: /^Join/ }).click();
  await expect(bea.page).toHaveURL(new RegExp(`^${b.url}/s/`));
  // Announcements are for those who run the community; everybody writes in this one.
  await ada.page.getByRole("link", { name: "general" }).click();
  await expect(ada.field()).toBeVisible();
  const channel = new URL(ada.page.url()).pathname.split("/")[3]!;
  await bea.open(server!, channel);

  // Both ways, without a reload.
  await ada.say("The ticket inspector is the same man.");
  await bea.sees("The ticket inspector is the same man.");
  await bea.say("Both times it is the left hand.");
  await ada.sees("Both times it is the left hand.");
  await expect(ada.message("Both times").getByText(b.domain)).toBeVisible();

  // A reply that leads to its original.
  await ada.message("Both times").hover();
  await ada.message("Both times").getByRole("button", { name: "Reply" }).click();
  await ada.say("Then the photograph must be his.");
  await expect(bea.message("Then the photograph")).toContainText("Both times it is the left hand.");

  // A reaction.
  await bea.message("Then the photograph").hover();
  await bea.message("Then the photograph").getByRole("button", { name: "Add a reaction" }).click();
  await bea.page.getByLabel("Search emoji").fill("flashlight");
  await bea.page.getByRole("dialog", { name: "Emoji" }).getByRole("gridcell").first().click();
  await expect(ada.message("Then the photograph").getByRole("button", { name: /, 1$/ })).toBeVisible();

  // A picture with a description.
  await bea.page
    .locator("[data-composer] input[type=file]")
    .setInputFiles({ name: "station.png", mimeType: "image/png", buffer: PIXEL });
  await bea.page.getByLabel("Description of station.png").fill("A station at night");
  await bea.say("I scanned it");
  const picture = ada.page.getByAltText("A station at night");
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);

  // Edit and delete reach the other side.
  await bea.field().press("ArrowUp");
  await bea.field().fill("I scanned it twice");
  await bea.field().press("Enter");
  await expect(ada.message("I scanned it twice")).toContainText("edited");
  await ada.message("The ticket inspector is the same man.").first().hover();
  await ada.message("The ticket inspector is the same man.").first().getByRole("button", { name: "More" }).click();
  await ada.page.getByRole("menuitem", { name: "Delete" }).click();
  await ada.page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(bea.message("This message was deleted.")).toHaveCount(1);

  // The same history on both sides, once and in order.
  const texts = async (who: typeof ada): Promise<string[]> =>
    (await who.page
      .locator("article[data-message]")
      .evaluateAll((all) => all.map((x) => x.getAttribute("data-message") ?? ""))) as string[];
  await expect.poll(() => texts(bea)).toEqual(await texts(ada));
});
