import { accessible, community, expect, Instance, letIn, register, setUp, shot, test } from "./kit";

test("J5: an admin lets another instance in, pauses it, blocks it and lets that go, and people see why nothing comes", async ({ browser }) => {
  const home = await Instance.create("warden", {});
  const other = await Instance.create("stranger", {});
  try {
    const nina = await setUp(browser, home, "nina");
    const omar = await register(browser, other, "omar");
    const { server, channel } = await community(nina, "Gatehouse");

    // New ones wait.
    await nina.go("/settings/instances");
    const { page } = nina;
    await expect(page.getByText("None yet")).toBeVisible();
    await accessible(page);
    await shot(page, "instances-empty");
    await page.getByText("New ones wait for you").click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Change" }).click();
    await expect(page.getByText("From now on: New ones wait for you.")).toBeVisible();

    const invite = await nina.call<{ code: string }>("POST", `servers/${server.id}/invites`, {});
    const accept = `invites/${encodeURIComponent(home.domain)}/${invite.code}/accept`;
    await expect(omar.call("POST", accept, {})).rejects.toThrow("in_review");
    await nina.go(`/s/${server.id}/${channel}`);
    await page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Look" }).click();
    const waiting = page.getByRole("list", { name: "Waiting for you" });
    await expect(waiting.getByText(other.domain)).toBeVisible();
    await accessible(page);
    await shot(page, "instances-waiting");
    await waiting.getByRole("button", { name: `Let in ${other.domain}` }).click();
    await expect(waiting).toHaveCount(0);
    await omar.call("POST", accept, {});

    await omar.open(server, channel);
    await omar.say("may I come in?");
    await nina.open(server, channel);
    await nina.sees("may I come in?");

    // A pause is seen on the other side as silence, here as what it is.
    await nina.go("/settings/instances");
    const met = page.getByRole("list", { name: "Instances that we met" });
    await expect(met.getByText("1 community in common")).toBeVisible();
    await met.getByRole("button", { name: `Decide about ${other.domain}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Block", { exact: true }).click();
    await expect(dialog.getByText("This cuts off people who talk to each other now:")).toBeVisible();
    await expect(dialog.getByText("Gatehouse")).toBeVisible();
    await dialog.getByLabel("Reason").fill("They ring the bell at night");
    await accessible(page);
    await shot(page, "instances-rule");
    await dialog.getByRole("button", { name: "Save" }).click();
    const rules = page.getByRole("list", { name: "Rules" });
    await expect(rules.getByText("They ring the bell at night")).toBeVisible();
    await shot(page, "instances");
    await nina.open(server, channel);
    await expect(page.getByText("Not shown: the place that it comes from is blocked here.")).toBeVisible();
    await omar.say("hello?");
    await expect(omar.page.getByText("do not talk to each other").first()).toBeVisible();

    // The list goes to the other admin as a file.
    await nina.go("/settings/instances");
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save our list" }).click()]);
    await page.locator("input[type=file]").setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{}") });
    await expect(page.getByRole("alert").getByText("The file is not a list of blocked instances.")).toBeVisible();
    const third = await Instance.create("neighbour", {});
    try {
      const pia = await setUp(browser, third, "pia");
      await pia.go("/settings/instances");
      await pia.page.locator("input[type=file]").setInputFiles(await file.path());
      await expect(pia.page.getByRole("alertdialog").getByText("1 instance is blocked that was not:")).toBeVisible();
      await accessible(pia.page);
      await shot(pia.page, "instances-list");
      await pia.page.getByRole("button", { name: "Take it over" }).click();
      await expect(pia.page.getByRole("list", { name: "Rules" }).getByText(`from the list of ${home.domain}`)).toBeVisible();
      await pia.page.getByRole("button", { name: `Let it go: the list of ${home.domain}` }).click();
      await pia.page.getByRole("alertdialog").getByRole("button", { name: "Let it go" }).click();
      await expect(pia.page.getByText("No rules yet")).toBeVisible();
    } finally {
      await third.remove();
    }

    await rules.getByRole("button", { name: `Remove the rule for ${other.domain}` }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
    await expect(rules).toHaveCount(0);
    // Nobody has decided about it now, and new ones wait.
    await expect(met.getByText("Waits for you")).toBeVisible();
    await page.getByRole("button", { name: "Add a rule" }).click();
    await dialog.getByLabel("Domain").fill("not a domain");
    await dialog.getByText("Speak with it").click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("is not a domain")).toBeVisible();
    await dialog.getByLabel("Domain").fill(other.domain);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(met.getByText("Answers")).toBeVisible();
    await nina.open(server, channel);
    await nina.sees("may I come in?");
    await nina.say("welcome back");
    await omar.sees("welcome back");
  } finally {
    await home.remove();
    await other.remove();
  }
});

test("J5: a community on an instance that is blocked or paused here says so to its people", async ({ browser }) => {
  const home = await Instance.create("castle", {});
  const other = await Instance.create("village", {});
  try {
    const rosa = await register(browser, other, "rosa");
    const boss = await setUp(browser, home, "boss");
    const { server, channel } = await community(rosa, "Green");
    await letIn(rosa, server, boss);
    await rosa.open(server, channel);
    await rosa.say("good morning");
    await boss.open(server, channel);
    await boss.sees("good morning");
    const rule = `trust/rules/${encodeURIComponent(other.domain)}`;
    await boss.call("PUT", rule, { verdict: "pause" });
    await expect(boss.page.getByText(`stopped the exchange with ${other.domain}`)).toBeVisible();
    await boss.say("later then");
    await boss.call("PUT", rule, { verdict: "block", reason: "They are at war" });
    await expect(boss.page.getByText("Reason: They are at war")).toBeVisible();
    await expect(boss.page.getByText("Not shown: the place that it comes from is blocked here.")).toBeVisible();
    await expect(boss.page.getByText("good morning")).toHaveCount(0);
    await accessible(boss.page);
    await shot(boss.page, "cut-off");
    // By a command beside the running instance, too.
    expect(await home.command("fed", "rules")).toContain(`${other.domain} block 100 % They are at war`);
    await home.command("fed", "unrule", other.domain);
    await expect(boss.page.getByText("Reason: They are at war")).toHaveCount(0);
    await boss.sees("good morning");
    await boss.say("peace");
    await rosa.sees("peace");
  } finally {
    await home.remove();
    await other.remove();
  }
});
