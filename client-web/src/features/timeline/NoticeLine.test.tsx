import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Notice } from "@kit/api";
import { me, server, user } from "@kit/testing/build";
import { show } from "@kit/testing/render";
import { NoticeLine } from "./NoticeLine";

let seq = 0;
const move = (name: string, kind: Notice["kind"] = "joined"): Notice => {
  seq += 1;
  return { id: `n${seq}`, seq, ts: Date.UTC(2026, 10, 19, 12, seq), kind, user: `u_${name}` };
};

function open(...notices: Notice[]) {
  const users = Object.fromEntries(["ada", "bo", "cleo", "dan"].map((name) => [`u_${name}`, user(`u_${name}`)]));
  return show(<NoticeLine sid="s_1" notices={notices} />, { me: me(), state: { servers: { s_1: server("s_1") }, users } });
}

describe("B10: a line of people coming and going", () => {
  it("B10: one person is told plainly, whoever it is", () => {
    open(move("bo", "kicked"));
    expect(screen.getByRole("button", { name: "Bo was removed" })).toBeVisible();
    expect(screen.queryByRole("list")).toBeNull();
  });

  it("B10: somebody unknown has no name, and that breaks nothing", () => {
    open(move("zoe", "left"));
    expect(screen.getByText("somebody left")).toBeVisible();
  });

  it("B10: several are folded, and unfold by keyboard", async () => {
    open(move("ada"), move("bo"), move("cleo"), move("dan"), move("dan", "banned"));
    const fold = screen.getByRole("button", { name: "Ada, Bo and 2 others joined · Dan was banned" });
    expect(fold).toHaveAttribute("aria-expanded", "false");
    fold.focus();
    await userEvent.keyboard("{Enter}");
    expect(fold).toHaveAttribute("aria-expanded", "true");
    expect(screen.getAllByRole("listitem").map((li) => li.querySelector("button")?.textContent)).toEqual([
      "Ada joined",
      "Bo joined",
      "Cleo joined",
      "Dan joined",
      "Dan was banned",
    ]);
  });

  it("B10: who comes and goes again and again is named once", () => {
    open(move("bo"), move("bo", "left"), move("bo"), move("cleo"));
    expect(screen.getByRole("button", { name: "Bo and Cleo joined · Bo left" })).toBeVisible();
  });
});
