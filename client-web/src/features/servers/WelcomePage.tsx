import { Compass, Link2, MessagesSquare, Plus } from "lucide-react";
import { Trans } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { openOverlay } from "@kit/ui/overlays";
import s from "./WelcomePage.module.css";

/** What a person without a community sees: the three ways to one. */
export function WelcomePage() {
  const [, navigate] = useLocation();
  const { me } = useSession();
  const name = me ? me.user.display_name || me.user.handle : "";
  return (
    <main className={s.page}>
      <div className={s.box}>
        <MessagesSquare size={44} strokeWidth={1.5} aria-hidden="true" />
        <h1>{name ? <Trans>Hello, {name}</Trans> : <Trans>Hello</Trans>}</h1>
        <p>
          <Trans>Conversations happen in communities. Make one of your own, follow an invitation, or look around.</Trans>
        </p>
        <div className={s.buttons}>
          <Button variant="primary" wide icon={<Plus size={18} />} onPress={() => { openOverlay({ kind: "create-server" }); }}>
            <Trans>Create a community</Trans>
          </Button>
          <Button wide icon={<Link2 size={18} />} onPress={() => { openOverlay({ kind: "join-by-link" }); }}>
            <Trans>Join with an invitation</Trans>
          </Button>
          <Button wide icon={<Compass size={18} />} onPress={() => { navigate("/directory"); }}>
            <Trans>Find communities</Trans>
          </Button>
        </div>
      </div>
    </main>
  );
}
