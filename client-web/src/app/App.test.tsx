import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { App } from "./App";

it("starts", () => {
  render(<App />);
  expect(screen.getByText("ConnText")).toBeInTheDocument();
});
