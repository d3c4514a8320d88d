import { Monitor, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import { defaultAppearance, type Appearance } from "@kit/theme/theme";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { cx } from "@kit/ui/cx";
import { Section } from "@kit/ui/SettingsLayout";
import { SliderField } from "@kit/ui/SliderField";
import { SwitchField } from "@kit/ui/SwitchField";
import { useAppearance } from "./useAppearance";
import s from "./AppearancePage.module.css";

/** Theme, accent, density, text size and motion. */
export function AppearancePage() {
  const { t } = useLingui();
  const [stored, save] = useAppearance();
  const [shown, setShown] = useState<Appearance>(stored);
  const change = (patch: Partial<Appearance>) => {
    setShown((before) => ({ ...before, ...patch }));
    save(patch);
  };
  const hues = [
    { hue: 262, name: t`Blue` },
    { hue: 295, name: t`Violet` },
    { hue: 345, name: t`Rose` },
    { hue: 30, name: t`Rust` },
    { hue: 85, name: t`Amber` },
    { hue: 150, name: t`Green` },
    { hue: 200, name: t`Teal` },
  ];
  return (
    <>
      <Section title={t`Theme`}>
        <ChoiceField
          label={t`Theme`}
          labelHidden
          value={shown.theme}
          onChange={(theme) => {
            change({ theme });
          }}
          choices={[
            { id: "system", name: t`As the system`, icon: <Monitor size={16} /> },
            { id: "light", name: t`Light`, icon: <Sun size={16} /> },
            { id: "dark", name: t`Dark`, icon: <Moon size={16} /> },
          ]}
        />
        <SwitchField
          label={t`High contrast`}
          help={t`Stronger lines and text. It is on by itself where your system asks for it.`}
          isSelected={shown.contrast === "more"}
          onChange={(on) => {
            change({ contrast: on ? "more" : "system" });
          }}
        />
      </Section>
      <Section title={t`Accent`} lead={t`All other colours follow it; text stays readable with every one.`}>
        <div className={s.hues} role="group" aria-label={t`Accent`}>
          {hues.map(({ hue, name }) => (
            <AriaButton
              key={hue}
              className={cx(s.hue)}
              aria-label={name}
              aria-pressed={shown.hue === hue}
              style={{ background: `oklch(62% 0.17 ${String(hue)})` }}
              onPress={() => {
                change({ hue });
              }}
            />
          ))}
        </div>
        <SliderField
          label={t`Hue`}
          value={shown.hue}
          min={0}
          max={359}
          step={1}
          output={`${String(shown.hue)}°`}
          trackClass={s.rainbow}
          onChange={(hue) => {
            change({ hue });
          }}
        />
      </Section>
      <Section title={t`Space and text`}>
        <ChoiceField
          label={t`Density`}
          value={shown.density}
          onChange={(density) => {
            change({ density });
          }}
          choices={[
            { id: "compact", name: t`Compact` },
            { id: "normal", name: t`Normal` },
            { id: "cosy", name: t`Cosy` },
          ]}
        />
        <ChoiceField
          label={t`Text size`}
          value={shown.text}
          onChange={(text) => {
            change({ text });
          }}
          choices={[
            { id: "small", name: t`Small` },
            { id: "normal", name: t`Normal` },
            { id: "large", name: t`Large` },
            { id: "larger", name: t`Larger` },
          ]}
        />
      </Section>
      <Section title={t`Motion`}>
        <SwitchField
          label={t`Less motion`}
          help={t`Nothing slides or fades. It is on by itself where your system asks for it.`}
          isSelected={shown.motion === "less"}
          onChange={(on) => {
            change({ motion: on ? "less" : defaultAppearance.motion });
          }}
        />
      </Section>
    </>
  );
}
