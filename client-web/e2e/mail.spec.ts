import { accessible, expect, Instance, PASSWORD, register, shot, test } from "./kit";
import { Mailbox } from "./mailbox";

const NEW = "another lantern on the night train";

test("A4: a new password comes by mail to a confirmed address", async ({ browser }) => {
  const mail = await Mailbox.open();
  const home = await Instance.create("posted", mail.settings);
  try {
    const ada = await register(browser, home, "posted");
    await ada.go("/settings/security");
    const section = ada.page.locator("section").filter({ has: ada.page.getByRole("heading", { name: "E-mail address" }) });
    await section.getByLabel("E-mail address").fill("ada at home");
    await section.getByRole("button", { name: "Send me a letter" }).click();
    await expect(section.getByText("Type an address such as ada@example.org.")).toBeVisible();
    await section.getByLabel("E-mail address").fill("Ada@Mail.Test");
    await section.getByRole("button", { name: "Send me a letter" }).click();
    await expect(section.getByText("A letter is on its way to ada@mail.test.")).toBeVisible();
    await accessible(ada.page);
    await shot(ada.page, "pending");

    // In another browser; the first one sees it at once.
    const other = await (await browser.newContext()).newPage();
    await other.goto(await mail.link("ada@mail.test", /Confirm it within a day/));
    await accessible(other);
    await shot(other, "confirm");
    await other.getByRole("button", { name: "Yes, this is my address" }).click();
    await expect(other.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
    await expect(section.getByRole("button", { name: "Change" })).toBeVisible();
    await shot(ada.page, "confirmed");

    await other.goto(`${home.url}/sign-in`);
    await other.getByRole("link", { name: "Forgot your password?" }).click();
    await accessible(other);
    await shot(other, "forgot");
    await other.getByLabel("Name or e-mail address").fill("ada@mail.test");
    await other.getByRole("button", { name: "Send me a link" }).click();
    await expect(other.getByText("If ada@mail.test has an account here")).toBeVisible();
    await accessible(other);
    await shot(other, "sent");
    await other.goto(await mail.link("ada@mail.test", /asked for a new password/));
    await other.getByLabel("New password").fill(NEW);
    await other.getByRole("button", { name: "Change password" }).click();
    await expect(ada.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await mail.letter("ada@mail.test", /has a new password/);

    // With the address in place of the name.
    await other.getByLabel("Name or e-mail address").fill("ada@mail.test");
    await other.locator("input[name=password]").fill(NEW);
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(other.getByRole("heading", { name: "Hello, posted" })).toBeVisible();
    await mail.letter("ada@mail.test", /somebody signed in/);
    await other.goto(`${home.url}/settings/security`);
    const there = other.locator("section").filter({ has: other.getByRole("heading", { name: "E-mail address" }) });
    await there.getByRole("button", { name: "Remove" }).click();
    await other.getByRole("button", { name: "Remove the address" }).click();
    await expect(there.getByLabel("E-mail address")).toBeVisible();
    await mail.letter("ada@mail.test", /not the address of your account/);
  } finally {
    await home.remove();
    mail.close();
  }
});

test("A1: where an address is required, it comes first and the letter leads on", async ({ browser }) => {
  const mail = await Mailbox.open();
  const home = await Instance.create("checked", { ...mail.settings, CONNTEXT__ACCOUNTS__EMAIL: "required" });
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${home.url}/sign-up?return=/settings/about`);
    await accessible(page);
    await shot(page, "sign-up-first");
    await page.getByLabel("E-mail address").fill("mira@mail.test");
    await page.getByRole("button", { name: "Send me a link" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
    const link = await mail.link("mira@mail.test", /wants an account/);
    await page.goto(link);
    await expect(page.getByLabel("E-mail address")).toHaveValue("mira@mail.test");
    await accessible(page);
    await shot(page, "sign-up-then");
    await page.getByLabel("Name", { exact: true }).fill("mira");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "Not now" }).click();
    await expect(page).toHaveURL(`${home.url}/settings/about`);

    // The link was for one account.
    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await expect(other.getByRole("heading", { name: "This link does not work (any more)" })).toBeVisible();
    await accessible(other);
    await other.getByRole("link", { name: "Begin again" }).click();
    await expect(other.getByRole("button", { name: "Send me a link" })).toBeVisible();
  } finally {
    await home.remove();
    mail.close();
  }
});
