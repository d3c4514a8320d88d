import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { me } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { SetupPage } from "./SetupPage";

describe("K1: first run", () => {
  it("the person with the address becomes the administrator", async () => {
    const requests = fakeServer({ "POST setup": { me: me({ admin: true }) } });
    const signedIn = vi.fn();
    const { history } = show(<SetupPage />, { path: "/setup?token=secret", instance: { setup_required: true }, session: { signedIn } });
    await userEvent.type(screen.getByLabelText("What is this place called?"), "Quiet Bay");
    await userEvent.type(screen.getByLabelText("Your name here"), "Ada");
    await userEvent.type(screen.getByLabelText("Password"), "copper kettle under seven");
    await userEvent.click(screen.getByRole("button", { name: "Finish" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/");
    });
    expect(requests[0]?.body).toEqual({ token: "secret", device: "Browser", handle: "ada", password: "copper kettle under seven", instance_name: "Quiet Bay" });
    expect(signedIn).toHaveBeenCalled();
  });

  it("an old address is told from a wrong password, with the way out", async () => {
    fakeServer({ "POST setup": () => new Refusal({ status: 403, code: "setup_token_invalid" }) });
    show(<SetupPage />, { path: "/setup?token=old", instance: { setup_required: true } });
    await userEvent.type(screen.getByLabelText("Your name here"), "ada");
    await userEvent.type(screen.getByLabelText("Password"), "copper kettle under seven{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("not valid");
    expect(screen.getByText(/printed at every start/)).toBeInTheDocument();
  });

  it.each([
    ["/setup", { setup_required: true }, /address is not complete/],
    ["/setup?token=x", { setup_required: false }, /set up already/],
    ["/setup?token=x", { setup_required: true, insecure: true }, /not encrypted/],
  ])("%s with %o explains itself", (path, instance, heading) => {
    show(<SetupPage />, { path, instance });
    expect(screen.getByRole("heading", { name: heading })).toBeInTheDocument();
    expect(screen.queryByLabelText("Password")).toBeNull();
  });
});
