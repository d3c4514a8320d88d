import { accessible, community, expect, Instance, letIn, PASSWORD, register, setUp, shot, test } from "./kit";

test("J1: a place gets another domain; who has it open is led there, signs in with the old name and talks on with people elsewhere", async ({ browser, b }) => {
  const place = await Instance.create("oldpier", {});
  try {
    const admin = await setUp(browser, place, "pierkeeper");
    const anna = await register(browser, place, "pieranna");
    const guest = await register(browser, b, "pierguest");
    const { server, channel } = await community(anna, "Pier");
    await letIn(anna, server, guest);
    const { code } = await anna.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
    await anna.open(server, channel);
    await guest.open(server, channel);
    await anna.say("before the move");
    await guest.sees("before the move");
    const former = place.domain;

    await place.goTo("newpier");
    // The page that is open notices by itself, and keeps where it was.
    await expect(anna.page).toHaveURL(new RegExp(`^${place.url}/sign-in`), { timeout: 60_000 });
    await expect(anna.page.getByText(`${place.domain} was ${former} until lately.`)).toBeVisible();
    await accessible(anna.page);
    await shot(anna.page, "domain-sign-in");
    await anna.page.getByLabel("Name", { exact: true }).fill(`pieranna@${former}`);
    await anna.page.locator("input[name=password]").fill(PASSWORD);
    await anna.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await anna.sees("before the move");

    await anna.say("from the new address");
    await guest.sees("from the new address");
    await guest.say("and an answer");
    await anna.sees("and an answer");
    await expect(guest.page.getByText(`hosted by ${place.domain}`)).toBeVisible();
    await shot(guest.page, "domain-guest");

    // Old links lead on, at home and elsewhere.
    await admin.page.goto(`http://${former}/i/${code}`);
    await expect(admin.page).toHaveURL(new RegExp(`^${place.url}/`));
    const card = await guest.call<{ domain: string }>("GET", `invites/${encodeURIComponent(former)}/${code}`);
    expect(card.domain).toBe(place.domain);
  } finally {
    await place.remove();
  }
});
