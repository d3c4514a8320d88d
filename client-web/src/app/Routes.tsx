import { useSession } from "@kit/live";
import { signInPath } from "@kit/ui/return-to";
import { lazy, Suspense, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { SignedIn } from "./SignedIn";
import { Starting, Unreachable } from "./Starting";

const SetupPage = lazy(() => import("@/features/setup/SetupPage").then((m) => ({ default: m.SetupPage })));
const SignInPage = lazy(() => import("@/features/auth/SignInPage").then((m) => ({ default: m.SignInPage })));
const SignUpPage = lazy(() => import("@/features/auth/SignUpPage").then((m) => ({ default: m.SignUpPage })));
const ServiceArrivalPage = lazy(() => import("@/features/auth/ServiceArrivalPage").then((m) => ({ default: m.ServiceArrivalPage })));
const RecoverPage = lazy(() => import("@/features/auth/RecoverPage").then((m) => ({ default: m.RecoverPage })));
const ForgotPage = lazy(() => import("@/features/auth/ForgotPage").then((m) => ({ default: m.ForgotPage })));
const ConfirmPage = lazy(() => import("@/features/auth/ConfirmPage").then((m) => ({ default: m.ConfirmPage })));
const DeletedPage = lazy(() => import("@/features/auth/DeletedPage").then((m) => ({ default: m.DeletedPage })));
const MovePage = lazy(() => import("@/features/moving/MovePage").then((m) => ({ default: m.MovePage })));
const TakeoverPage = lazy(() => import("@/features/takeover/TakeoverPage").then((m) => ({ default: m.TakeoverPage })));
const SignPage = lazy(() => import("@/features/takeover/SignPage").then((m) => ({ default: m.SignPage })));
const InvitePage = lazy(() => import("@/features/invites/InvitePage").then((m) => ({ default: m.InvitePage })));
const JoinPage = lazy(() => import("@/features/invites/JoinPage").then((m) => ({ default: m.JoinPage })));

/** Every address of the client. */
export function Routes() {
  const { status, unreachable } = useSession();
  if (status === "unknown") return unreachable ? <Unreachable /> : <Starting />;
  return (
    <Suspense fallback={<Starting />}>
      <Switch>
        <Route path="/setup">
          <SetupPage />
        </Route>
        <Route path="/sign-in">
          <SignInPage />
        </Route>
        <Route path="/sign-up">
          <SignUpPage />
        </Route>
        <Route path="/sign-up/service">
          <ServiceArrivalPage />
        </Route>
        <Route path="/recover">
          <RecoverPage />
        </Route>
        <Route path="/forgot">
          <ForgotPage />
        </Route>
        <Route path="/confirm">
          <ConfirmPage />
        </Route>
        <Route path="/deleted">
          <DeletedPage />
        </Route>
        <Route path="/move">
          <MovePage />
        </Route>
        <Route path="/takeover/:sid">
          {({ sid }) => (
            <Gate>
              <TakeoverPage sid={unescaped(sid)} />
            </Gate>
          )}
        </Route>
        <Route path="/sign">
          <SignPage />
        </Route>
        <Route path="/invite/:code">{({ code }) => <InvitePage code={unescaped(code)} />}</Route>
        <Route path="/join/:domain/:code">
          {({ domain, code }) => (
            <Gate>
              <JoinPage domain={unescaped(domain)} code={unescaped(code)} />
            </Gate>
          )}
        </Route>
        <Route>
          <Gate>
            <SignedIn />
          </Gate>
        </Route>
      </Switch>
    </Suspense>
  );
}

/** Shows what is inside to signed-in people; others sign in first and then come back. */
function Gate({ children }: { children: ReactNode }) {
  const { status, instance } = useSession();
  const [location] = useLocation();
  if (status === "in") return children;
  if (instance?.setup_required && location === "/") return <Redirect to="/sign-in" replace />;
  return <Redirect to={signInPath(location)} replace />;
}

/** A part of the address as it was meant: the domain of a test instance holds a colon, for example. */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
