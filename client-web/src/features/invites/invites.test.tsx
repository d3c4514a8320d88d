import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { InvitePreview } from "@kit/api";
import { channel, me, server } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { InviteDialog } from "./InviteDialog";
import { InvitePage } from "./InvitePage";
import { JoinPage } from "./JoinPage";

function preview(part: Partial<InvitePreview> = {}): InvitePreview {
  return {
    domain: "harbour.town",
    code: "abcd",
    server: { id: "s_9", name: "Lantern Readers", description: "Slowly.", icon: null, member_count: 1 },
    channel_name: "night-train",
    inviter: { display_name: "Mira", handle: "mira", domain: "harbour.town" },
    expires_at: null,
    already_member: false,
    verified: true,
    ...part,
  };
}

beforeEach(() => {
  localStorage.clear();
});

describe("B5: an invitation at its own place", () => {
  it("offers the account of this place at once, and others by their home", async () => {
    fakeServer({ "GET invites/:domain/:code": preview({ domain: "quietbay.org" }) });
    const { history } = show(<InvitePage code="abcd" />, { path: "/invite/abcd", me: me() });
    expect(await screen.findByRole("heading", { name: "Lantern Readers" })).toBeInTheDocument();
    expect(screen.getByText("1 member")).toBeInTheDocument();
    expect(screen.getByLabelText("Where is your account?")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Go on as ada@quietbay.org" }));
    expect(history.at(-1)).toBe("/join/quietbay.org/abcd");
  });

  it("refuses what cannot be a home, remembers a real one, and leads through the sign-in here", async () => {
    fakeServer({ "GET invites/:domain/:code": preview({ domain: "quietbay.org" }) });
    const first = show(<InvitePage code="abcd" />, { path: "/invite/abcd" });
    const field = await screen.findByLabelText("Where is your account?");
    await userEvent.type(field, "two words{Enter}");
    expect(field).toBeInvalid();
    await userEvent.clear(field);
    await userEvent.type(field, "@ada@QuietBay.org{Enter}");
    expect(first.history.at(-1)).toBe("/sign-in?return=%2Fjoin%2Fquietbay.org%2Fabcd");
    first.unmount();
    show(<InvitePage code="abcd" />, { path: "/invite/abcd" });
    expect(await screen.findByLabelText("Where is your account?")).toHaveValue("quietbay.org");
  });
});

describe("B5: an invitation at home", () => {
  it("shows what was checked and joins only by the click, straight to the channel", async () => {
    const joined = server("s_9", { channels: [channel("c_1", { name: "night-train" })] });
    const requests = fakeServer({ "GET invites/:domain/:code": preview(), "POST invites/:domain/:code/accept": joined });
    const { history, sync } = show(<JoinPage domain="harbour.town" code="abcd" />, { path: "/join/harbour.town/abcd", me: me() });
    expect(await screen.findByText(/Checked: this invitation comes from harbour\.town/)).toBeInTheDocument();
    expect(requests.filter((request) => request.method === "POST")).toHaveLength(0);
    await userEvent.click(screen.getByRole("button", { name: "Join as ada@quietbay.org" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/s/s_9/c_1");
    });
    expect(sync.state.servers.s_9?.name).toBe(joined.name);
  });

  it("who is in already opens it", async () => {
    fakeServer({ "GET invites/:domain/:code": preview({ already_member: true }) });
    const { history } = show(<JoinPage domain="harbour.town" code="abcd" />, { path: "/join/harbour.town/abcd", me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Open Lantern Readers" }));
    expect(history.at(-1)).toBe("/s/s_9");
  });

  it("who is signed out signs in first and comes back", async () => {
    const { history } = show(<JoinPage domain="b.localhost:8081" code="abcd" />, { path: "/join/b.localhost%3A8081/abcd" });
    await waitFor(() => {
      expect(history.at(-1)).toBe(`/sign-in?return=${encodeURIComponent("/join/b.localhost%3A8081/abcd")}`);
    });
  });

  it.each([
    ["invite_unknown", 404, "harbour.town does not know this invitation."],
    ["invite_expired", 410, "This invitation has expired or was taken back."],
    ["invite_spent", 410, "This invitation has been used up."],
    ["banned", 403, "You are banned from this community."],
    ["blocked", 403, "harbour.town and your place do not talk to each other."],
    ["peer_unreachable", 502, "harbour.town does not answer."],
  ])("%s is said in words", async (code, status, words) => {
    fakeServer({ "GET invites/:domain/:code": () => new Refusal({ status, code }) });
    show(<JoinPage domain="harbour.town" code="abcd" />, { path: "/join/harbour.town/abcd", me: me() });
    expect(await screen.findByRole("heading", { name: words })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Try again" }) !== null).toBe(status === 502);
  });
});

describe("B5: making an invitation", () => {
  it("asks for life time and uses and gives the link", async () => {
    const requests = fakeServer({ "POST servers/:sid/invites": { id: "i", code: "xyz", url: "https://harbour.town/invite/xyz", channel: null, roles: [], by: "u_ada", created_at: 0, expires_at: null, max_uses: 5, uses: 0, revoked: false } });
    show(<InviteDialog server={server("s_1", { my_permissions: ["invite"] })} channel="c_train" onClose={() => undefined} />, { me: me() });
    await userEvent.click(screen.getByRole("button", { name: /How many people/ }));
    await userEvent.click(screen.getByRole("option", { name: "5" }));
    await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
    expect(await screen.findByLabelText("Send this link to those you invite")).toHaveValue("https://harbour.town/invite/xyz");
    expect(requests[0]?.body).toEqual({ expires_in_s: 604800, max_uses: 5, channel: "c_train" });
  });

  it("says why it cannot be made", async () => {
    fakeServer({ "POST servers/:sid/invites": () => new Refusal({ status: 502, code: "peer_unreachable", domain: "harbour.town" }) });
    show(<InviteDialog server={server("s_1")} channel={null} onClose={() => undefined} />, { me: me() });
    await userEvent.click(screen.getByRole("button", { name: "Make the link" }));
    expect(await within(screen.getByRole("dialog")).findByRole("alert")).toHaveTextContent("harbour.town does not answer.");
  });
});
