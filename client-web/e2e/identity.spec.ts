import { readFileSync } from "node:fs";
import { accessible, expect, Instance, PASSWORD, register, setUp, shot, test } from "./kit";

test("A8: a key of one's own is made at sign-up, tried, and replaced by itself alone", async ({ browser, a }) => {
  const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
  await page.goto(`${a.url}/sign-up`);
  await page.getByLabel("Name", { exact: true }).fill("keyholder");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Make it yours for good" })).toBeVisible();
  // Not before it is kept.
  await expect(page.getByRole("button", { name: "I have kept it" })).toBeDisabled();
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.postData() ?? ""));
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save recovery file" }).click();
  const file = await (await saving).path();
  await page.getByRole("button", { name: "Show as 24 words" }).click();
  const words = await page.getByRole("list", { name: "The 24 words" }).getByRole("listitem").allTextContents();
  expect(words).toHaveLength(24);
  await accessible(page);
  await shot(page, "own-key-step");
  await page.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByRole("heading", { name: "Hello, keyholder" })).toBeVisible();
  // Its words went nowhere.
  expect(readFileSync(file, "utf8")).toContain(`1. ${words[0] ?? ""}`);
  expect(sent.some((body) => body.includes(words.join(" ")) || body.includes(`${words[0] ?? ""} ${words[1] ?? ""}`))).toBe(false);

  await page.goto(`${a.url}/settings/security`);
  await page.getByRole("button", { name: "Try my recovery file" }).click();
  await page.getByLabel("Or type the 24 words").fill("hello");
  await page.getByRole("button", { name: "Try it" }).click();
  await expect(page.getByText("These are not the 24 words of a recovery key.")).toBeVisible();
  await accessible(page);
  await page.getByLabel("Or type the 24 words").fill(words.join(" ").toUpperCase());
  await page.getByRole("button", { name: "Try it" }).click();
  await expect(page.getByText("This is your key.")).toBeVisible();
  await shot(page, "own-key-tried");
  await page.getByRole("button", { name: "Done" }).click();

  // Another one takes its place, and the first is nothing any more.
  await page.getByRole("button", { name: "Replace the key" }).click();
  await page.locator("input[type=file]").setInputFiles(file);
  await expect(page.getByRole("heading", { name: "Your new key" })).toBeVisible();
  await page.getByRole("button", { name: "Show as 24 words" }).click();
  const next = await page.getByRole("list", { name: "The 24 words" }).getByRole("listitem").allTextContents();
  expect(next).not.toEqual(words);
  await page.getByRole("button", { name: "I have kept it" }).click();
  await expect(page.getByText("The new key counts from now on.")).toBeVisible();
  await page.getByRole("button", { name: "Try my recovery file" }).click();
  await page.locator("input[type=file]").setInputFiles(file);
  await expect(page.getByText("This is the key of another account, or one that was replaced.")).toBeVisible();
});

test("A6: a profile is moved to another instance and home again", async ({ browser, a }) => {
  const host = await Instance.create("harbour", { CONNTEXT__PROFILE_HOSTING__OFFER: "true", CONNTEXT__PROFILE_HOSTING__TERMS: "Be kind. We keep it as long as we are here." });
  try {
    const keeper = await setUp(browser, host, "warden");
    const ada = await register(browser, a, "movable");
    const { page } = ada;
    await ada.go("/settings/data");
    const places = page.getByRole("list", { name: "Where your profile lies" });
    await expect(places.getByText("Here, where you are at home")).toBeVisible();
    await page.getByRole("button", { name: "Choose another place" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Another place").fill("not an address");
    await dialog.getByRole("button", { name: "Ask it" }).click();
    await expect(dialog.getByText("is not the address of an instance")).toBeVisible();
    await dialog.getByLabel("Another place").fill(host.domain);
    await dialog.getByRole("button", { name: "Ask it" }).click();
    await expect(dialog.getByRole("radio", { name: host.domain })).toBeChecked();
    await expect(dialog.getByText("Be kind.")).toBeVisible();
    await accessible(page);
    await shot(page, "profile-place-choose");
    await dialog.getByRole("button", { name: "Keep it there" }).click();
    await expect(places.getByText(/Kept there since .*, up to date/)).toBeVisible({ timeout: 15_000 });
    await accessible(page);
    await shot(page, "profile-place-kept");

    // Its admin sees how many are kept.
    await keeper.go("/settings/instances");
    const kept = keeper.page.getByRole("list", { name: "Profiles kept for others" });
    await expect(kept.getByText(a.domain)).toBeVisible();
    await expect(kept.getByText("1 profile")).toBeVisible();
    await accessible(keeper.page);
    await shot(keeper.page, "profiles-kept");

    await page.getByRole("button", { name: "Bring it home" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Bring it home" }).click();
    await expect(places.getByText("Has signed that it keeps nothing any more")).toBeVisible({ timeout: 15_000 });
    await expect(places.getByText("Here, where you are at home")).toBeVisible();
    await keeper.page.reload();
    await expect(keeper.page.getByRole("heading", { name: "Profiles kept for others" })).toBeVisible();
    await expect(kept).toHaveCount(0);
  } finally {
    await host.remove();
  }
});
