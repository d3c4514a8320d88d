import type { Invite, Server } from "../kit/api/types";
import { community, expect, Instance, PASSWORD, register, setUp, test } from "./kit";

test("B5: a link opens at the host, asks where the account is, is checked at home and joins by a click", async ({ browser, a, b }) => {
  const mira = await register(browser, a, "mira");
  const { server } = await community(mira, "Night Train");
  await mira.go(`/s/${server.id}`);
  await mira.page.getByRole("button", { name: /^Night Train/ }).click();
  await mira.page.getByRole("menuitem", { name: "Invite people" }).click();
  await mira.page.getByRole("button", { name: "Make the link" }).click();
  const link = await mira.page.getByLabel("Send this link to those you invite").inputValue();
  expect(link).toContain("/invite/");

  const tomas = await register(browser, b, "tomas");
  await tomas.page.goto(a.url + new URL(link).pathname);
  await expect(tomas.page.getByRole("heading", { name: "Night Train" })).toBeVisible();
  await tomas.page.getByLabel("Where is your account?").fill(b.domain);
  await tomas.page.getByRole("button", { name: "Go on", exact: true }).click();
  await expect(tomas.page).toHaveURL(new RegExp(`^${b.url}/join/`));
  await expect(tomas.page.getByText(`Checked: this invitation comes from ${a.domain}.`)).toBeVisible();
  await tomas.page.getByRole("button", { name: `Join as tomas@${b.domain}` }).click();
  await expect(tomas.page.getByRole("button", { name: /^Night Train/ })).toContainText(`hosted by ${a.domain}`);

  await tomas.page.goto(a.url + new URL(link).pathname);
  await expect(tomas.page.getByLabel("Where is your account?")).toHaveValue(b.domain);
  await tomas.page.getByRole("button", { name: "Go on", exact: true }).click();
  await expect(tomas.page.getByText("You are a member already.")).toBeVisible();

  await mira.go(`/s/${server.id}/settings/invites`);
  await expect(mira.page.getByText("used once")).toBeVisible();
});

test("B5: an invitation that is unknown, used up or taken back says so", async ({ browser, a }) => {
  const owner = await register(browser, a, "inviter");
  const guest = await register(browser, a, "invited");
  const late = await register(browser, a, "late");
  const { server } = await community(owner, "Small Circle");
  const join = (code: string | null) => `/join/${encodeURIComponent(a.domain)}/${code ?? ""}`;
  const once = await owner.call<Invite>("POST", `servers/${server.id}/invites`, { max_uses: 1 });
  await guest.go(join(once.code));
  await guest.page.getByRole("button", { name: /^Join as/ }).click();
  await expect(guest.field()).toBeVisible();
  await late.go(join(once.code));
  await expect(late.page.getByRole("heading", { name: "This invitation has been used up." })).toBeVisible();
  await late.go(join("doesnotexist"));
  await expect(late.page.getByRole("heading", { name: /does not know this invitation/ })).toBeVisible();

  const open = await owner.call<Invite>("POST", `servers/${server.id}/invites`, {});
  await owner.go(`/s/${server.id}/settings/invites`);
  await owner.page.getByRole("listitem").filter({ hasText: "not used yet" }).getByRole("button", { name: "Take back" }).click();
  await expect(owner.page.getByText("not used yet")).toHaveCount(0);
  await late.go(join(open.code));
  await expect(late.page.getByRole("alert")).toBeVisible();
  await expect(late.page.getByRole("button", { name: /^Join as/ })).toHaveCount(0);
});

test("B3: a public community is found from another place and joined by a click", async ({ browser, a, b }) => {
  const owner = await register(browser, a, "lister");
  const { name } = await owner.call<Server>("POST", "servers", { name: "Harbour Walks", template: "blank", public: true });
  const guest = await register(browser, b, "finder");
  await guest.go("/directory");
  await guest.page.getByLabel("Another place").fill(a.domain);
  await guest.page.getByRole("button", { name: "Look there" }).click();
  const entry = guest.page.getByRole("listitem").filter({ hasText: name });
  await entry.getByRole("button", { name: "Join" }).click();
  await expect(guest.page.getByRole("button", { name: /^Harbour Walks/ })).toContainText(`hosted by ${a.domain}`);

  await guest.go("/directory");
  await guest.page.getByLabel("Another place").fill("nobody.localhost:9");
  await guest.page.getByRole("button", { name: "Look there" }).click();
  await expect(guest.page.getByText("nobody.localhost:9 does not answer.")).toBeVisible();
});

test("A1: where accounts are by invitation, the operator's link and a community's link bring somebody new inside", async ({ browser }) => {
  const home = await Instance.create("club", { CONNTEXT__ACCOUNTS__REGISTRATION: "invite" });
  try {
    const admin = await setUp(browser, home, "keeper");
    const { server } = await community(admin, "Members Only");
    const invite = await admin.call<Invite>("POST", `servers/${server.id}/invites`, {});
    const toJoin = `/invite/${invite.code ?? ""}`;
    const fill = async (page: typeof admin.page, name: string) => {
      await page.getByLabel("Name", { exact: true }).fill(name);
      await page.locator("input[name=password]").fill(PASSWORD);
      await page.getByRole("button", { name: "Create account" }).click();
    };

    // The community's link first: the code for an account is asked for on the way.
    const page = await (await browser.newContext()).newPage();
    await page.goto(home.url + toJoin);
    await page.getByRole("link", { name: `Create one at ${home.domain}` }).click();
    await page.getByLabel("Invitation").fill("made-up");
    await fill(page, "nova");
    await expect(page.getByRole("alert")).toContainText("Nobody knows this invitation");
    const link = await home.command("user", "invite");
    expect(link).toContain("/sign-up?invite=");
    await page.getByLabel("Invitation").fill(link);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "Not now" }).click();
    await page.getByRole("button", { name: `Join as nova@${home.domain}` }).click();
    await expect(page.getByRole("button", { name: /^Members Only/ })).toBeVisible();

    // The operator's link first: nothing more is asked.
    const other = await (await browser.newContext()).newPage();
    const second = new URL(await home.command("user", "invite"));
    await other.goto(home.url + second.pathname + second.search);
    await expect(other.getByLabel("Invitation")).toHaveCount(0);
    await fill(other, "orla");
    await other.getByRole("button", { name: "Not now" }).click();
    await expect(other).not.toHaveURL(/sign-up/);
    await other.goto(home.url + toJoin);
    await other.getByRole("button", { name: `Go on as orla@${home.domain}` }).click();
    await other.getByRole("button", { name: `Join as orla@${home.domain}` }).click();
    await expect(other.getByRole("button", { name: /^Members Only/ })).toBeVisible();
  } finally {
    await home.remove();
  }
});
