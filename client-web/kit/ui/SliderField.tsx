import { Label, Slider, SliderOutput, SliderThumb, SliderTrack } from "react-aria-components";
import { cx } from "./cx";
import field from "./field.module.css";
import s from "./SliderField.module.css";

export interface SliderFieldProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
  onChangeEnd?: (value: number) => void;
  /** Shown at the end of the line. */
  output?: string;
  /** Look of the track, for instance a scale of hues. */
  trackClass?: string | undefined;
}

/** A value on a scale. */
export function SliderField({ label, value, min, max, step, onChange, onChangeEnd, output, trackClass }: SliderFieldProps) {
  return (
    <Slider value={value} minValue={min} maxValue={max} step={step} onChange={onChange} {...(onChangeEnd ? { onChangeEnd } : {})} className={s.slider ?? ""}>
      <div className={s.head}>
        <Label className={field.label}>{label}</Label>
        {output !== undefined ? <SliderOutput className={s.output}>{output}</SliderOutput> : null}
      </div>
      <SliderTrack className={cx(s.track, trackClass)}>
        <SliderThumb className={s.thumb ?? ""} />
      </SliderTrack>
    </Slider>
  );
}
