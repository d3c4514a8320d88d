import type { Attachment } from "@kit/api";
import { IconButton } from "@kit/ui/IconButton";
import { useLingui } from "@lingui/react/macro";
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import s from "./Media.module.css";

const MOST_ZOOM = 6;
const STEP = 1.5;

/** Pictures in full size: zoom by wheel, double click or keys, drag, arrow keys to the next, Escape to close. */
export function Lightbox({
  pictures,
  start,
  onClose,
}: {
  pictures: readonly Attachment[];
  start: number;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [index, setIndex] = useState(start);
  const [zoom, setZoom] = useState(1);
  const [place, setPlace] = useState({ x: 0, y: 0 });
  const drag = useRef<{ x: number; y: number } | null>(null);
  const picture = pictures[index];
  if (!picture) return null;

  const zoomTo = (next: number): void => {
    const value = Math.min(MOST_ZOOM, Math.max(1, next));
    setZoom(value);
    if (value === 1) setPlace({ x: 0, y: 0 });
  };
  const go = (step: number): void => {
    setIndex((index + step + pictures.length) % pictures.length);
    zoomTo(1);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const keys: Record<string, () => void> = {
      ArrowLeft: () => go(-1),
      ArrowRight: () => go(1),
      "+": () => zoomTo(zoom * STEP),
      "=": () => zoomTo(zoom * STEP),
      "-": () => zoomTo(zoom / STEP),
      "0": () => zoomTo(1),
    };
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (!drag.current || zoom === 1) return;
    setPlace({ x: event.clientX - drag.current.x, y: event.clientY - drag.current.y });
  };
  const name = picture.alt || picture.name;
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && onClose()} className={s.lightOverlay ?? ""}>
      <Modal className={s.lightModal ?? ""}>
        <Dialog className={s.lightbox ?? ""} aria-label={t`Picture: ${name}`}>
          {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions -- the keys belong to the whole dialog */}
          <div
            className={s.stage}
            onKeyDown={onKeyDown}
            onWheel={(event) => zoomTo(zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15))}
          >
            <header className={s.lightHead}>
              <span className={s.lightName}>
                {picture.name}
                {pictures.length > 1 ? ` · ${index + 1} / ${pictures.length}` : ""}
              </span>
              <IconButton
                label={t`Smaller`}
                shortcut="-"
                placement="bottom"
                isDisabled={zoom === 1}
                onPress={() => zoomTo(zoom / STEP)}
              >
                <ZoomOut size={20} />
              </IconButton>
              <IconButton label={t`Larger`} shortcut="+" placement="bottom" onPress={() => zoomTo(zoom * STEP)}>
                <ZoomIn size={20} />
              </IconButton>
              <a className={s.lightLink} href={picture.url} download={picture.name} aria-label={t`Download`}>
                <Download size={20} />
              </a>
              <IconButton label={t`Close`} shortcut="Esc" placement="bottom" onPress={onClose}>
                <X size={22} />
              </IconButton>
            </header>
            {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events -- Escape closes too */}
            <div className={s.canvas} onClick={(event) => event.target === event.currentTarget && onClose()}>
              <img
                key={picture.id}
                src={picture.url}
                alt={picture.alt || t`Picture: ${picture.name}`}
                draggable={false}
                style={{
                  transform: `translate(${place.x}px, ${place.y}px) scale(${zoom})`,
                  cursor: zoom > 1 ? "grab" : "zoom-in",
                }}
                onDoubleClick={() => zoomTo(zoom > 1 ? 1 : 2.5)}
                onPointerDown={(event) => {
                  drag.current = { x: event.clientX - place.x, y: event.clientY - place.y };
                  event.currentTarget.setPointerCapture(event.pointerId);
                }}
                onPointerMove={onPointerMove}
                onPointerUp={() => (drag.current = null)}
                onPointerCancel={() => (drag.current = null)}
              />
            </div>
            {picture.alt ? <p className={s.caption}>{picture.alt}</p> : null}
            {pictures.length > 1 ? (
              <>
                <IconButton className={s.before} label={t`Previous`} shortcut="←" onPress={() => go(-1)}>
                  <ChevronLeft size={28} />
                </IconButton>
                <IconButton className={s.next} label={t`Next`} shortcut="→" onPress={() => go(1)}>
                  <ChevronRight size={28} />
                </IconButton>
              </>
            ) : null}
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
