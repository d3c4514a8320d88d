/** A square part of a picture, in pixels of the picture. */
export interface Crop {
  x: number;
  y: number;
  side: number;
}

/**
 * The square that shows when a picture of `width` × `height` fills a frame, enlarged `zoom` times (1 = just fills it) and
 * moved: `dx`, `dy` from -1 (start) to 1 (end), 0 = the middle.
 */
export function cropSquare(width: number, height: number, zoom: number, dx: number, dy: number): Crop {
  const side = Math.min(width, height) / Math.max(1, zoom);
  const clamp = (value: number) => Math.min(1, Math.max(-1, value));
  return { x: ((width - side) / 2) * (1 + clamp(dx)), y: ((height - side) / 2) * (1 + clamp(dy)), side };
}

/** Draws the crop into a square picture of at most `most` pixels a side and gives it as a file; PNG keeps what is transparent. */
export async function renderCrop(image: HTMLImageElement, crop: Crop, type: string, most = 512): Promise<Blob> {
  const side = Math.max(1, Math.round(Math.min(most, crop.side)));
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2d canvas");
  context.imageSmoothingQuality = "high";
  context.drawImage(image, crop.x, crop.y, crop.side, crop.side, 0, 0, side, side);
  const wanted = type === "image/jpeg" ? "image/jpeg" : "image/png";
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => { if (blob) resolve(blob); else reject(new Error("no picture")); }, wanted, 0.9);
  });
}
