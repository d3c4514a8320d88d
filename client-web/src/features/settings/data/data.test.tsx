import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import type { Erasure, Export, ImportPreview } from "@kit/api";
import type { ProfilePlace } from "@kit/api/identity";
import { me } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { fileSize } from "./bytes";
import { DataPage } from "./DataPage";
import { PlaceSection } from "./PlaceSection";

const atHome = { "GET me/profile-host": { domain: "quietbay.org", home: true, places: [] } };

const archive = (part: Partial<Export> = {}): Export => ({ id: "exp_1", state: "ready", done: 10, total: 10, size: 3_400_000, code: null, created_at: 1_767_225_600_000, expires_at: 1_767_830_400_000, ...part });

const found = (part: Partial<ImportPreview> = {}): ImportPreview => ({
  id: "imp_1",
  made_at: 1_767_225_600_000,
  handle: "ada",
  domain: "harbour.town",
  display_name: "Ada of the Harbour",
  pronouns: "",
  bio: "I count.",
  picture: null,
  banner: null,
  settings: { theme: "dark" },
  communities: [
    { id: "s_1", name: "Orchard", domain: "harbour.town", public: true, joined: false },
    { id: "s_2", name: "Lantern", domain: "quietbay.org", public: false, joined: true },
    { id: "s_3", name: "Cellar", domain: "cellar.town", public: false, joined: false },
  ],
  ...part,
});

const profile = { user: me().user, bio: "", pronouns: "they/them", mutual_servers: [], fetched_at: 0 };

describe("B4: what was erased", () => {
  const erasure = (part: Partial<Erasure>): Erasure => ({ id: "e1", sid: "s_1", name: "Orchard", host: "harbour.town", state: "erasing", code: null, confirmed: [], missing: [], asked_at: 1_767_225_600_000, settled_at: null, ...part });
  const page = (erasures: Erasure[]) => {
    let held = erasures;
    const requests = fakeServer({ ...atHome,
      "GET me/exports": { exports: [] },
      "GET me/departures": { departures: [] },
      "GET me/erasures": () => ({ erasures: held }),
      "DELETE me/erasures/:id": () => {
        held = [];
      },
    });
    show(<DataPage />, { me: me() });
    return requests;
  };

  it("says who has confirmed, for whom it waits, and when it will come to nothing", async () => {
    page([
      erasure({ id: "e1", confirmed: ["a.town", "b.town"], missing: ["c.town"] }),
      erasure({ id: "e2", name: "Cellar", state: "waiting" }),
      erasure({ id: "e3", name: "Attic", state: "refused", code: "forbidden", settled_at: 1 }),
      erasure({ id: "e4", name: "Yard", confirmed: ["a.town"], missing: ["c.town"], settled_at: 1 }),
    ]);
    expect(await screen.findByText("Confirmed by 2 of 3, waiting for c.town.")).toBeInTheDocument();
    expect(screen.getByText("Waits until harbour.town answers.")).toBeInTheDocument();
    expect(screen.getByText("harbour.town refused it (forbidden). What you posted is still there.")).toBeInTheDocument();
    expect(screen.getByText(/Never heard from: c.town/)).toBeInTheDocument();
  });

  it("B4: what one posted in a community that one left is erased, too", async () => {
    let left = [{ sid: "s_9", name: "Attic", host: "harbour.town", left_at: 1_767_225_600_000 }];
    const requests = fakeServer({ ...atHome,
      "GET me/exports": { exports: [] },
      "GET me/departures": () => ({ departures: left }),
      "GET me/erasures": () => ({ erasures: left.length ? [] : [erasure({ name: "Attic" })] }),
      "POST me/departures/:sid/erasure": () => {
        left = [];
        return erasure({ name: "Attic" });
      },
    });
    show(<DataPage />, { me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Erase what I posted in Attic" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Erase" }));
    expect(await screen.findByText("Erased")).toBeInTheDocument();
    await waitFor(() => {
      expect(screen.queryByText("Communities that you left")).toBeNull();
    });
    expect(requests.some((request) => request.path === "me/departures/s_9/erasure")).toBe(true);
  });

  it("can be taken from the list once it is settled", async () => {
    const requests = page([erasure({ state: "done", confirmed: ["a.town", "b.town"], settled_at: 1 })]);
    expect(await screen.findByText("Erased. All 2 instances that held it have confirmed.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Remove Orchard from this list" }));
    await waitFor(() => {
      expect(screen.queryByText("Orchard")).toBeNull();
    });
    expect(requests.some((request) => request.method === "DELETE")).toBe(true);
  });
});

describe("A7: an archive of one's data", () => {
  it("is asked for with proof, shows how far it is, and can be cancelled", async () => {
    let exports: Export[] = [];
    let proven = false;
    const requests = fakeServer({ ...atHome,
      "GET me/exports": () => ({ exports }),
      "GET me/departures": { departures: [] },
      "GET me/erasures": { erasures: [] },
      "POST sessions/current/proof": () => {
        proven = true;
      },
      "POST me/exports": () => {
        if (!proven) return new Refusal({ status: 403, code: "proof_required" });
        exports = [archive({ state: "running", done: 43, total: 100, size: null, expires_at: null })];
        return exports[0];
      },
      "DELETE me/exports/:id": () => {
        exports = [];
      },
      "GET me/factors": { authenticator: false, passkeys: [], recovery_codes: 0 },
    });
    show(<DataPage />, { me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Make an archive" }));
    await userEvent.type(await screen.findByLabelText("Your password"), "a lantern");
    await userEvent.click(screen.getByRole("button", { name: "Go on" }));
    const bar = await screen.findByRole("progressbar", { name: "Making your archive" });
    expect(bar).toHaveAttribute("aria-valuenow", "43");
    expect(screen.getByText("43% done. You can close this page.")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Make an archive" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("button", { name: "Make an archive" })).toBeInTheDocument();
    expect(requests.filter((r) => r.method === "DELETE").map((r) => r.path)).toEqual(["me/exports/exp_1"]);
  });

  it("is downloaded by a link, and deleted after a question", async () => {
    let exports = [archive()];
    fakeServer({ ...atHome,
      "GET me/exports": () => ({ exports }),
      "GET me/departures": { departures: [] },
      "GET me/erasures": { erasures: [] },
      "DELETE me/exports/:id": () => {
        exports = [];
      },
    });
    show(<DataPage />, { me: me() });
    const link = await screen.findByRole("link", { name: "Download" });
    expect(link).toHaveAttribute("href", "/api/v1/me/exports/exp_1/archive");
    expect(link).toHaveAttribute("download");
    expect(screen.getByText(/3\.4 MB/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Delete" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Delete the archive" }));
    await waitFor(() => {
      expect(screen.queryByRole("link", { name: "Download" })).toBeNull();
    });
  });

  it("says why there is none: no turn yet, no room, too many in a day", async () => {
    let exports = [archive({ state: "queued", total: 0, done: 0 })];
    fakeServer({ ...atHome, "GET me/exports": () => ({ exports }),
      "GET me/departures": { departures: [] },
      "GET me/erasures": { erasures: [] }, "POST me/exports": () => new Refusal({ status: 429, code: "rate", retry_after_ms: 7_200_000 }) });
    const { client } = show(<DataPage />, { me: me() });
    expect(await screen.findByText("Your archive waits for its turn")).toBeInTheDocument();
    exports = [archive({ state: "failed", code: "storage_full" })];
    await client.invalidateQueries();
    expect(await screen.findByText(/there is no room left here/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Make an archive" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("No more archives today.");
  });
});

describe("A7: bringing data along", () => {
  it("shows what is new and sets what is chosen", async () => {
    let applied: unknown = null;
    fakeServer({ ...atHome,
      "GET me/exports": { exports: [] },
      "GET me/departures": { departures: [] },
      "GET me/erasures": { erasures: [] },
      "GET users/:uid": profile,
      "POST me/import": found(),
      "POST me/import/:id": (request: { body: unknown }) => {
        applied = request.body;
        return me();
      },
    });
    show(<DataPage />, { me: me() });
    await userEvent.upload(await fileField(), new File(["{}"], "account.json", { type: "application/json" }));
    expect(await screen.findByRole("checkbox", { name: /Ada of the Harbour/ })).toBeChecked();
    // The archive has none, and one does not lose one's own.
    expect(screen.queryByRole("checkbox", { name: /Pronouns/ })).toBeNull();
    await userEvent.click(screen.getByRole("checkbox", { name: /Settings/ }));
    await userEvent.click(screen.getByRole("button", { name: "Take over" }));
    expect(await screen.findByText("What you chose is taken over.")).toBeInTheDocument();
    expect(applied).toEqual({ parts: ["display_name", "bio"] });
    const places = screen.getAllByRole("listitem").map((item) => item.textContent);
    expect(places.slice(1).map((text) => /open to everybody|you are in it|by invitation/.exec(text)?.[0])).toEqual(["open to everybody", "you are in it", "by invitation"]);
    expect(screen.getByRole("button", { name: "Join Orchard" })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Join Cellar" })).toBeNull();
  });

  it("says what is wrong with a file", async () => {
    fakeServer({ ...atHome,
      "GET me/exports": { exports: [] },
      "GET me/departures": { departures: [] },
      "GET me/erasures": { erasures: [] },
      "POST me/import": () => new Refusal({ status: 422, code: "invalid", fields: [{ field: "archive", code: "damaged", message: "The archive is damaged." }] }),
    });
    show(<DataPage />, { me: me() });
    await userEvent.upload(await fileField(), new File(["PK"], "mine.zip", { type: "application/zip" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The archive is damaged.");
    expect(screen.getByRole("button", { name: "Choose an archive" })).toBeEnabled();
  });
});

async function fileField(): Promise<HTMLInputElement> {
  await screen.findByRole("button", { name: "Choose an archive" });
  const field = document.querySelector<HTMLInputElement>("input[type=file]");
  if (!field) throw new Error("no field for a file");
  return field;
}

it("A7: sizes are shown in the unit that fits", () => {
  expect([0, 999, 1500, 34_000_000, 2e9].map((n) => fileSize(i18n, n))).toEqual(["0 bytes", "999 bytes", "1.5 kB", "34 MB", "2 GB"]);
});

describe("A6: where the profile lies", () => {
  const place = (domain: string, state: ProfilePlace["state"], more: Partial<ProfilePlace> = {}): ProfilePlace => ({ domain, state, problem: null, since: 1_700_000_000_000, confirmed: false, ...more });

  it("says how it stands with each place, and gives a move up", async () => {
    const requests = fakeServer({
      "GET me/profile-host": { domain: "harbour.org", home: false, places: [place("calm.org", "moving", { problem: "peer_unreachable" }), place("harbour.org", "kept"), place("old.org", "left", { confirmed: true }), place("gone.org", "left"), place("full.org", "refused", { problem: "quota" })] },
      "PUT me/profile-host": { domain: "harbour.org", home: false, places: [place("harbour.org", "kept")] },
    });
    show(<PlaceSection />, { me: me() });
    const list = await screen.findByRole("list", { name: "Where your profile lies" });
    const rows = within(list).getAllByRole("listitem").map((row) => row.textContent);
    expect(rows[0]).toMatch(/^harbour\.org.*up to date/);
    expect(rows[1]).toMatch(/^calm\.org.*does not answer; it is tried again/);
    expect(rows[2]).toMatch(/has signed that it keeps nothing/i);
    expect(rows[3]).toMatch(/never confirmed/i);
    expect(rows[4]).toMatch(/no room for more/i);
    expect(screen.queryByRole("button", { name: "Choose another place" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Stay where it is" }));
    await waitFor(() => {
      expect(screen.queryByText(/calm\.org/)).toBeNull();
    });
    expect(requests.find((request) => request.method === "PUT")?.body).toEqual({ domain: "harbour.org" });
    expect(screen.getByRole("button", { name: "Bring it home" })).toBeInTheDocument();
  });

  it("shows what a place asks for before it is chosen, and says which one has no room", async () => {
    const requests = fakeServer({
      ...atHome,
      "GET profile-hosts": { hosts: [{ domain: "harbour.org", name: "Harbour", terms: "Be kind.", open: true }] },
      "GET profile-hosts/full.org": { domain: "full.org", name: "Full", terms: "", open: false },
      "PUT me/profile-host": { domain: "quietbay.org", home: true, places: [place("harbour.org", "moving")] },
    });
    show(<PlaceSection />, { me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Choose another place" }));
    const dialog = await screen.findByRole("dialog");
    const act = within(dialog).getByRole("button", { name: "Keep it there" });
    expect(act).toBeDisabled();
    await userEvent.type(within(dialog).getByLabelText("Another place"), "full.org{Enter}");
    expect(await within(dialog).findByText(/full\.org does not take profiles/)).toBeInTheDocument();
    await userEvent.click(await within(dialog).findByRole("radio", { name: /harbour\.org/ }));
    expect(within(dialog).getByText(/Be kind\./)).toBeInTheDocument();
    await userEvent.click(act);
    expect(await screen.findByText(/On its way there/)).toBeInTheDocument();
    expect(requests.find((request) => request.method === "PUT")?.body).toEqual({ domain: "harbour.org" });
  });
});
