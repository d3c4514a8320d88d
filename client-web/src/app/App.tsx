import { isProblem } from "@kit/api";
import { Toasts } from "@kit/ui/Toasts";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorBoundary } from "./ErrorBoundary";
import { Routes } from "./Routes";
import { SessionRoot } from "./session";

const RETRIES = 2;

function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (count, error) => count < RETRIES && isProblem(error) && error.temporary,
      },
    },
  });
}

/** The whole web client. */
export function App() {
  const [queries] = useState(newQueries);
  return (
    <I18nProvider i18n={i18n}>
      <ErrorBoundary>
        <QueryClientProvider client={queries}>
          <SessionRoot>
            <Routes />
          </SessionRoot>
          <Toasts />
        </QueryClientProvider>
      </ErrorBoundary>
    </I18nProvider>
  );
}
