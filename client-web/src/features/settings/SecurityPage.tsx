import { AuthenticatorSection } from "./AuthenticatorSection";
import { PasswordSection } from "./PasswordSection";

/** How a person signs in. */
export function SecurityPage() {
  return (
    <>
      <PasswordSection />
      <AuthenticatorSection />
    </>
  );
}
