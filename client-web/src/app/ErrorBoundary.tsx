import { Trans } from "@lingui/react/macro";
import { Component, type ReactNode } from "react";
import s from "./App.module.css";

/** Keeps one broken part from taking the whole page with it, and offers the way out. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <div className={s.notice} role="alert">
        <h1>
          <Trans>This page broke.</Trans>
        </h1>
        <p>
          <Trans>Nothing that you wrote is lost. Load the page again to go on.</Trans>
        </p>
        <button type="button" className={s.reload} onClick={() => window.location.reload()}>
          <Trans>Load again</Trans>
        </button>
      </div>
    );
  }
}
