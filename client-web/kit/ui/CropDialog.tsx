import { useEffect, useRef, useState, type PointerEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "./Button";
import { cropTo, renderCrop } from "./crop";
import { cx } from "./cx";
import { Dialog } from "./Dialog";
import { FormError } from "./FormError";
import { SliderField } from "./SliderField";
import { useSubmit } from "./useSubmit";
import s from "./CropDialog.module.css";

/** `wide` is three times as wide as high. */
export type PictureShape = "round" | "square" | "wide";

interface CropDialogProps {
  file: File;
  shape: PictureShape;
  onClose: () => void;
  onSave: (picture: Blob) => Promise<unknown>;
}

/** The frame on the screen, in its pixels, and how many pixels across a picture is sent with at most. */
const frames = {
  round: { width: 256, ratio: 1, most: 512 },
  square: { width: 256, ratio: 1, most: 512 },
  wide: { width: 288, ratio: 3, most: 1440 },
};

/** Chooses the part of a picture that is used. */
export function CropDialog({ file, shape, onClose, onSave }: CropDialogProps) {
  const { t } = useLingui();
  const image = useRef<HTMLImageElement>(null);
  const [url, setUrl] = useState<string | null>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [unreadable, setUnreadable] = useState(false);
  const [zoom, setZoom] = useState(1);
  const [at, setAt] = useState({ dx: 0, dy: 0 });
  const drag = useRef<{ x: number; y: number; dx: number; dy: number } | null>(null);

  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [file]);

  const frame = frames[shape];
  const crop = size ? cropTo(frame.ratio, size.width, size.height, zoom, at.dx, at.dy) : null;
  const scale = crop ? frame.width / crop.width : 1;
  const submit = useSubmit(async () => {
    if (!image.current || !crop) return;
    await onSave(await renderCrop(image.current, crop, file.type, frame.most));
  });

  const move = (event: PointerEvent) => {
    if (!drag.current || !size || !crop) return;
    const shift = (start: number, moved: number, spare: number) => (spare > 0 ? Math.min(1, Math.max(-1, start - moved / ((spare / 2) * scale))) : 0);
    setAt({
      dx: shift(drag.current.dx, event.clientX - drag.current.x, size.width - crop.width),
      dy: shift(drag.current.dy, event.clientY - drag.current.y, size.height - crop.height),
    });
  };

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t`Crop the picture`}
      lead={t`Drag it, or use the sliders.`}
      size="small"
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button variant="primary" isDisabled={!crop} isPending={submit.pending} onPress={() => void submit.run().then((ok) => { if (ok) onClose(); })}>
            <Trans>Use this picture</Trans>
          </Button>
        </>
      }
    >
      {unreadable ? (
        <p role="alert">
          <Trans>This browser cannot read the file as a picture. Choose a PNG, JPEG, WebP or GIF.</Trans>
        </p>
      ) : (
        <>
          <div
            className={cx(s.frame, s[shape])}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              drag.current = { x: event.clientX, y: event.clientY, ...at };
            }}
            onPointerMove={move}
            onPointerUp={() => {
              drag.current = null;
            }}
          >
            {url ? (
              <img
                ref={image}
                src={url}
                alt={t`Preview`}
                draggable={false}
                onLoad={(event) => {
                  setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight });
                }}
                onError={() => {
                  setUnreadable(true);
                }}
                style={size && crop ? { inlineSize: size.width * scale, blockSize: size.height * scale, translate: `${String(-crop.x * scale)}px ${String(-crop.y * scale)}px` } : { visibility: "hidden" }}
              />
            ) : null}
            <span className={s.mask} aria-hidden="true" />
          </div>
          <SliderField label={t`Zoom`} value={zoom} min={1} max={4} step={0.05} onChange={setZoom} />
          <SliderField label={t`Sideways`} value={at.dx} min={-1} max={1} step={0.05} onChange={(dx) => { setAt({ ...at, dx }); }} />
          <SliderField label={t`Up and down`} value={at.dy} min={-1} max={1} step={0.05} onChange={(dy) => { setAt({ ...at, dy }); }} />
        </>
      )}
      <FormError error={submit.error} />
    </Dialog>
  );
}
