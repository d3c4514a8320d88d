import type { Page } from "@playwright/test";
import { accessible, expect, Instance, PASSWORD, register, setUp, shot, test } from "./kit";
import { SignInProvider, type Someone } from "./provider";

const person = (name: string, groups: string[] = []): Someone => ({
  name: `${name[0]?.toUpperCase() ?? ""}${name.slice(1)} of Corp`,
  preferred_username: name,
  email: `${name}@corp.example`,
  email_verified: true,
  groups,
});

/** Signs in at the provider's own pages, and agrees. */
async function there(page: Page, login: string): Promise<void> {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.getByRole("button", { name: "Continue" }).click();
}

test("A15: a newcomer comes in by another service, sets a password with it, and is an administrator by a group", async ({ browser }) => {
  const corp = await SignInProvider.create();
  const home = await Instance.create("badge", { CONNTEXT__OIDC__PROVIDERS: corp.setting(`,admin_groups=["it"]`) });
  try {
    await corp.serve(home.url, { una: person("una", ["staff", "it"]), vic: person("vic") });
    await setUp(browser, home, "founder");
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${home.url}/sign-in?return=%2Fsettings%2Fsecurity`);
    const button = page.getByRole("button", { name: "Sign in with Corp" });
    await expect(button).toBeVisible();
    await accessible(page);
    await shot(page, "service-sign-in");
    await button.click();
    await page.getByRole("link", { name: "Cancel" }).click();
    await expect(page.getByText("The other service did not let you go on.")).toBeVisible();
    await button.click();
    await there(page, "una");
    await expect(page.getByRole("heading", { name: /Welcome to/ })).toBeVisible();
    await expect(page.getByLabel("Name", { exact: true })).toHaveValue("una");
    await accessible(page);
    await shot(page, "service-arrival");
    await page.getByLabel("Name", { exact: true }).fill("una-of-corp");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page).toHaveURL(`${home.url}/settings/security`);
    await expect(page.getByRole("link", { name: "Other instances" })).toBeVisible();
    const services = page.getByRole("list", { name: "Sign in with other services" });
    await expect(services.getByText("una@corp.example")).toBeVisible();
    await services.getByRole("button", { name: "Unlink Corp" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Unlink" }).click();
    await expect(page.getByText("Choose a password first.")).toBeVisible();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
    await accessible(page);
    await shot(page, "service-settings");
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set a password" }).click();
    await expect(page.getByText("You have a password now.")).toBeVisible();

    // The next time there is nothing to choose.
    await page.context().clearCookies();
    await page.goto(`${home.url}/sign-in`);
    await page.getByRole("button", { name: "Sign in with Corp" }).click();
    await there(page, "una");
    await expect(page.getByRole("heading", { name: "Hello, Una of Corp" })).toBeVisible();
  } finally {
    await home.remove();
    await corp.remove();
  }
});

test("A15: somebody links a service, signs in with it, and unlinks it", async ({ browser }) => {
  const corp = await SignInProvider.create();
  const home = await Instance.create("lobby", { CONNTEXT__OIDC__PROVIDERS: corp.setting(",create_accounts=false") });
  try {
    await corp.serve(home.url, { wim: person("wim") });
    const wim = await register(browser, home, "willem");
    const { page } = wim;
    await wim.go("/settings/security");
    const services = page.getByRole("list", { name: "Sign in with other services" });
    await expect(services.getByText("Not linked")).toBeVisible();
    await services.getByRole("button", { name: "Link Corp" }).click();
    await there(page, "wim");
    await expect(page.getByText("Linked. You can sign in with it from now on.")).toBeVisible();
    await expect(page).not.toHaveURL(/oidc=/);

    const other = await (await browser.newContext()).newPage();
    await other.goto(`${home.url}/sign-in`);
    await other.getByRole("button", { name: "Sign in with Corp" }).click();
    await there(other, "wim");
    await expect(other.getByRole("heading", { name: "Hello, willem" })).toBeVisible();

    await services.getByRole("button", { name: "Unlink Corp" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Unlink" }).click();
    await expect(services.getByText("Not linked")).toBeVisible();
    const third = await (await browser.newContext()).newPage();
    await third.goto(`${home.url}/sign-in`);
    await third.getByRole("button", { name: "Sign in with Corp" }).click();
    await there(third, "wim");
    await expect(third.getByText("Nobody here signs in with that account yet.")).toBeVisible();
  } finally {
    await home.remove();
    await corp.remove();
  }
});
