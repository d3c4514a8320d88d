import { useEffect } from "react";
import { useLingui } from "@lingui/react/macro";
import { useLocation, useSearch } from "wouter";
import { toast } from "@kit/ui/Toasts";

/** Says what came of a way to another service that ends on a settings page, once. */
export function useServiceWord(): void {
  const { t } = useLingui();
  const [location, navigate] = useLocation();
  const word = new URLSearchParams(useSearch()).get("oidc");
  useEffect(() => {
    if (!word) return;
    navigate(location, { replace: true });
    switch (word) {
      case "linked":
        toast(t`Linked. You can sign in with it from now on.`);
        break;
      case "proven":
        toast(t`Thank you. Now do it once more.`);
        break;
      case "taken":
        toast(t`Somebody else here signs in with that account.`);
        break;
      case "other":
        toast(t`That was another account than the one that is linked.`);
        break;
      case "passkey":
        toast(t`Your account has a passkey: use that.`);
        break;
      default:
        toast(t`That did not work. Try again.`);
    }
  }, [word, location, navigate, t]);
}
