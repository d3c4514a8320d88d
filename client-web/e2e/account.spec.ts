import { accessible, expect, PASSWORD, register, setUp, test } from "./kit";

test("K1, A1: the set-up address makes the administrator once; other people register", async ({ browser, a }) => {
  const address = await a.setupUrl();
  const keeper = await setUp(browser, a, "keeper");
  await expect(keeper.page.getByRole("heading", { name: "Hello, keeper" })).toBeVisible();

  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await expect(page.getByRole("heading", { name: "This place is set up already" })).toBeVisible();

  await page.goto(`${a.url}/sign-up`);
  await page.getByLabel("Name", { exact: true }).fill("keeper");
  await page.locator("input[name=password]").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Name", { exact: true }).fill("reader");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(page.getByRole("heading", { name: "Hello, reader" })).toBeVisible();
});

test("A2: a person sees their devices, signs one out, and comes back to where they were", async ({ browser, a }) => {
  const ada = await register(browser, a, "devices");
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${a.url}/settings/devices`);
  await expect(other).toHaveURL(/sign-in\?return=/);
  await other.getByLabel("Name", { exact: true }).fill(`devices@${a.domain}`);
  await other.locator("input[name=password]").fill("not the password");
  await other.getByRole("button", { name: "Sign in" }).click();
  await expect(other.getByRole("alert")).toContainText("do not belong together");
  await other.locator("input[name=password]").fill(PASSWORD);
  await other.getByRole("button", { name: "Sign in" }).click();
  await expect(other).toHaveURL(/settings\/devices/);
  await expect(other.getByText("this device")).toBeVisible();

  await ada.go("/settings/devices");
  const ends = ada.page.getByRole("button", { name: "Sign out Chromium, Linux" });
  await ends.click();
  await expect(ends).toHaveCount(0);
  await expect(ada.page.getByText("this device")).toBeVisible();
  await other.reload();
  await expect(other).toHaveURL(/sign-in/);
});

test("A2: a new sign-in is asked about at once on the device that is there", async ({ browser, a }) => {
  const ada = await register(browser, a, "asked");
  const signIn = async () => {
    const other = await (await browser.newContext()).newPage();
    await other.goto(`${a.url}/sign-in`);
    await other.getByLabel("Name", { exact: true }).fill("asked");
    await other.locator("input[name=password]").fill(PASSWORD);
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByRole("heading", { name: "Hello, asked" })).toBeVisible();
    return other;
  };
  const question = ada.page.getByText("Was it you who signed in?");
  const other = await signIn();
  await expect(question).toBeVisible();
  await expect(other.getByText("Was it you who signed in?")).toHaveCount(0);
  await accessible(ada.page);
  await ada.page.getByRole("button", { name: "Yes, it was me" }).click();
  await expect(question).toHaveCount(0);
  await ada.page.reload();
  await expect(ada.page.getByRole("heading", { name: "Hello, asked" })).toBeVisible();
  await expect(question).toHaveCount(0);

  const thief = await signIn();
  await ada.page.getByRole("button", { name: "No, sign it out" }).click();
  await expect(ada.page).toHaveURL(/settings\/security/);
  await expect(thief).toHaveURL(/sign-in/);
  await expect(question).toHaveCount(0);
});

test("A4: a recovery link leads to a new password", async ({ browser, a }) => {
  const ada = await register(browser, a, "forgetful");
  const printed = await a.command("user", "recovery-link", "forgetful");
  const link = /https?:\S+\/recover#\S+/.exec(printed)?.[0] ?? "";
  const page = await (await browser.newContext()).newPage();
  await page.goto(link);
  await accessible(page);
  await page.locator("input[name=password]").fill("short");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.locator("input[name=password]")).toHaveAttribute("aria-invalid", "true");
  const fresh = "vier blaue Kraniche im Hof";
  await page.locator("input[name=password]").fill(fresh);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page).toHaveURL(/sign-in/);
  await expect(page.getByText("Your password is changed.")).toBeVisible();
  await expect(ada.page).toHaveURL(/sign-in/);
  await page.getByLabel("Name", { exact: true }).fill("forgetful");
  await page.locator("input[name=password]").fill(fresh);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Hello, forgetful" })).toBeVisible();
  await page.goto("about:blank");
  await page.goto(link);
  await page.locator("input[name=password]").fill(fresh);
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByRole("heading", { name: /does not work/ })).toBeVisible();
});

test("A5, I4: name, picture and appearance are kept and seen on the other device", async ({ browser, a }) => {
  const ada = await register(browser, a, "picture");
  await ada.go("/settings/profile");
  await ada.page.getByLabel("Name to show").fill("Ada Lovelace");
  await ada.page.getByRole("textbox", { name: "Pronouns" }).fill("she/her");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(ada.page.getByText("Your profile is saved.")).toBeVisible();
  await ada.page.getByRole("region", { name: "Picture" }).locator("input[type=file]").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: await ada.page.screenshot() });
  await ada.page.getByRole("button", { name: "Use this picture" }).click();
  await expect(ada.page.getByRole("button", { name: "Change picture" })).toBeVisible();
  await ada.go("/settings/appearance");
  const saved = ada.page.waitForResponse((answer) => answer.url().endsWith("me/settings") && answer.request().method() === "PUT" && answer.ok());
  await ada.page.getByText("Dark", { exact: true }).click();
  await expect(ada.page.locator("html")).toHaveAttribute("data-theme", "dark");
  await saved;

  const other = await (await browser.newContext()).newPage();
  await other.goto(`${a.url}/sign-in?return=/settings/profile`);
  await other.getByLabel("Name", { exact: true }).fill("picture");
  await other.locator("input[name=password]").fill(PASSWORD);
  await other.getByRole("button", { name: "Sign in" }).click();
  await expect(other.getByLabel("Name to show")).toHaveValue("Ada Lovelace");
  await expect(other.getByRole("textbox", { name: "Pronouns" })).toHaveValue("she/her");
  await expect(other.getByRole("button", { name: "Change picture" })).toBeVisible();
  await expect(other.locator("html")).toHaveAttribute("data-theme", "dark");
});
