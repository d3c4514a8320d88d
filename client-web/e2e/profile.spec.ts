import { accessible, community, expect, letIn, register, shot, test } from "./kit";

test("A5: a banner and another name are set, and seen on another instance at once", async ({ browser, a, b }) => {
  const nora = await register(browser, a, "noraface");
  const otto = await register(browser, b, "ottoface");
  const { server, channel } = await community(nora, "Faces");
  await letIn(nora, server, otto);
  await nora.open(server, channel);
  await nora.say("look at me");
  await otto.open(server, channel);
  await otto.sees("look at me");

  await nora.go("/settings/profile");
  const banner = nora.page.getByRole("region", { name: "Banner" });
  await banner.locator("input[type=file]").setInputFiles({ name: "wide.png", mimeType: "image/png", buffer: await nora.page.screenshot() });
  await accessible(nora.page);
  await nora.page.getByRole("button", { name: "Use this picture" }).click();
  await expect(banner.getByRole("button", { name: "Remove" })).toBeVisible();

  await shot(nora.page, "profile");
  await nora.page.getByRole("button", { name: "Change", exact: true }).click();
  const dialog = nora.page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Admin");
  await dialog.getByRole("button", { name: "Change" }).click();
  await expect(dialog.getByText("This name is reserved. Choose another one.")).toBeVisible();
  await dialog.getByLabel("Name").fill("Honoria");
  await accessible(nora.page);
  await shot(nora.page, "address");
  await dialog.getByRole("button", { name: "Change" }).click();
  await expect(nora.page.getByText(`honoria@${a.domain}`, { exact: true })).toBeVisible();

  // The name under what was written, and the banner on the card, in a page that was open all the time.
  await otto.page.getByRole("button", { name: "honoria", exact: true }).first().click();
  const card = otto.page.getByRole("dialog");
  await expect(card.locator("img[src*='/banner']")).toBeVisible();
  await expect(card.getByText(`honoria@${a.domain}`)).toBeVisible();
  await shot(otto.page, "card");

  await nora.page.context().clearCookies();
  await nora.go("/sign-in");
  await nora.page.getByLabel("Name", { exact: true }).fill("noraface");
  await nora.page.locator("input[name=password]").fill("a lantern on the night train");
  await nora.page.getByRole("button", { name: "Sign in" }).click();
  await expect(nora.page.getByRole("alert")).toBeVisible();
  await expect(nora.page).toHaveURL(/sign-in/);
  await nora.page.getByLabel("Name", { exact: true }).fill("honoria");
  await nora.page.getByRole("button", { name: "Sign in" }).click();
  await expect(nora.page).not.toHaveURL(/sign-in/);
});

test("A10: a name and a picture for one community are seen there on both instances, until a moderator takes them away", async ({ browser, a, b }) => {
  const ines = await register(browser, a, "inesface");
  const paul = await register(browser, b, "paulface");
  const { server, channel } = await community(ines, "Masquerade");
  await letIn(ines, server, paul);
  await paul.open(server, channel);
  await paul.say("guess who");
  await ines.open(server, channel);
  await ines.sees("guess who");

  const name = (who: typeof ines, text: string) => who.page.locator("main").getByRole("button", { name: text, exact: true }).first();
  await name(paul, "paulface").click();
  await paul.page.getByRole("button", { name: "How you appear here" }).click();
  const dialog = paul.page.getByRole("dialog", { name: "How you appear in Masquerade" });
  await dialog.locator("input[type=file]").setInputFiles({ name: "mask.png", mimeType: "image/png", buffer: await paul.page.screenshot() });
  await paul.page.getByRole("button", { name: "Use this picture" }).click();
  await expect(dialog.getByRole("button", { name: "Remove" })).toBeVisible();
  await dialog.getByLabel("Name here").fill("The Phantom");
  await accessible(paul.page);
  await shot(paul.page, "appear");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(name(paul, "The Phantom")).toBeVisible();

  await expect(name(ines, "The Phantom")).toBeVisible();
  await expect(ines.page.locator("main img[src*='/members/']").first()).toBeVisible();
  await name(ines, "The Phantom").click();
  const card = ines.page.getByRole("dialog", { name: "Profile of The Phantom" });
  await expect(card.getByText("elsewhere paulface")).toBeVisible();
  await accessible(ines.page);
  await shot(ines.page, "phantom");
  await card.getByRole("button", { name: "Show the usual name" }).click();
  for (const who of [ines, paul]) await expect(name(who, "paulface")).toBeVisible();
  await ines.page.getByRole("button", { name: "Let them choose a name" }).click();
  for (const who of [ines, paul]) await expect(name(who, "The Phantom")).toBeVisible();

  // Elsewhere they are who they are.
  const other = await community(paul, "Daylight");
  await paul.open(other.server, other.channel);
  await paul.say("good morning");
  await expect(name(paul, "paulface")).toBeVisible();
});

test("A6: what is for members of one's communities alone is not shown to others", async ({ browser, a }) => {
  const ada = await register(browser, a, "discreet");
  const stranger = await register(browser, a, "curious");
  const { page } = ada;
  const { user } = await ada.call<{ user: { id: string } }>("PATCH", "me", { bio: "I sing in the choir." });
  const card = () => stranger.call<{ bio: string }>("GET", `users/${user.id}`);
  expect((await card()).bio).toBe("I sing in the choir.");
  await ada.go("/settings/profile");
  const words = page.getByRole("switch", { name: "What you say about yourself" });
  await expect(words).not.toBeChecked();
  await page.locator("label").filter({ has: words }).click();
  await expect(words).toBeChecked();
  await expect.poll(async () => (await card()).bio).toBe("");
  await page.reload();
  await expect(words).toBeChecked();
  await words.scrollIntoViewIfNeeded();
  await accessible(page);
  await shot(page, "members-only");
});
