import "@kit/theme/base.css";
import { activateEnglish } from "@kit/ui/i18n";
import { applyAppearance, rememberedAppearance } from "@kit/theme/theme";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

activateEnglish();
applyAppearance(rememberedAppearance());
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
