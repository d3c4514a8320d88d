import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Member } from "@kit/api";
import { me, server, user } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { MemberList } from "./MemberList";

const member = (id: string, presence: Member["presence"], part: Partial<Member> = {}): Member => ({ user: user(id), roles: [], plain: false, joined_at: 0, presence, ...part });
const mira = member("u_mira", "online", { user: user("u_mira", { domain: "harbour.town", local: false }) });

function list(openProfile = vi.fn()) {
  return { openProfile, ...show(<MemberList sid="s_1" cid="c_train" />, { me: me(), state: { servers: { s_1: server("s_1") }, order: ["s_1"] }, openProfile }) };
}

describe("A11: members", () => {
  it("stand by who is here, with their home when it is elsewhere; a click opens the profile", async () => {
    fakeServer({ "GET servers/:sid/members": { members: [member("u_ada", "offline"), mira, member("u_pell", "offline")], total: 3, cursor: null } });
    const { openProfile, sync } = list();
    expect(await screen.findByRole("heading", { name: "Away · 2" })).toBeInTheDocument();
    act(() => {
      sync.store.setState({ presence: { ...sync.state.presence, u_ada: "idle" } });
    });
    expect(await screen.findByRole("heading", { name: "Here now · 2" })).toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "Away · 1" })).toBeInTheDocument();
    expect(screen.getByRole("button", { name: /^Ada.*idle$/ })).toBeInTheDocument();
    const row = screen.getByRole("button", { name: /^Mira.*harbour\.town.*here now$/ });
    await userEvent.click(row);
    expect(openProfile).toHaveBeenCalledWith("u_mira", "s_1", row);
  });

  it("asks only for those who can read the channel, and for more on demand", async () => {
    const requests = fakeServer({
      "GET servers/:sid/members": (request: { path: string }) => (request.path.includes("cursor=next") ? { members: [member("u_zoe", "online")], total: 2, cursor: null } : { members: [mira], total: 2, cursor: "next" }),
    });
    list();
    await userEvent.click(await screen.findByRole("button", { name: "Show more people" }));
    expect(await screen.findByRole("button", { name: /^Zoe/ })).toBeInTheDocument();
    expect(requests[0]?.path).toContain("channel=c_train");
  });

  it("a list that fails says so and can be tried again", async () => {
    fakeServer({ "GET servers/:sid/members": () => new Refusal({ status: 502, code: "peer_unreachable", domain: "harbour.town" }) });
    list();
    expect(await screen.findByText("harbour.town does not answer.")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});
