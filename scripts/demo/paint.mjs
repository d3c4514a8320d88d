// Pictures for the demo, drawn by the program itself: a small painter with soft edges, and a PNG writer.
import { deflateSync } from "node:zlib";

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));
const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);

/** A colour from hue (degrees), saturation and lightness (0 to 1). */
export function hsl(h, s, l) {
  const f = (n) => {
    const k = (n + h / 30) % 12;
    return 255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [f(0), f(8), f(4)];
}

class Painter {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.pixels = new Float32Array(width * height * 3);
  }
  /** Colours every pixel by a function of its place. */
  fill(colour) {
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++) this.pixels.set(colour(x, y), (y * this.width + x) * 3);
  }
  /** Lays a colour over the pixels where `cover(x, y)` is above 0 (1 is opaque). */
  lay(colour, cover, [x0, y0, x1, y1] = [0, 0, this.width, this.height]) {
    for (let y = Math.max(0, y0 | 0); y < Math.min(this.height, y1); y++)
      for (let x = Math.max(0, x0 | 0); x < Math.min(this.width, x1); x++) {
        const t = clamp(cover(x + 0.5, y + 0.5));
        if (t === 0) continue;
        const at = (y * this.width + x) * 3;
        for (let i = 0; i < 3; i++) this.pixels[at + i] += (colour[i] - this.pixels[at + i]) * t;
      }
  }
  disc(colour, cx, cy, r, strength = 1) {
    this.lay(colour, (x, y) => strength * (r - Math.hypot(x - cx, y - cy) + 0.5), [cx - r - 1, cy - r - 1, cx + r + 2, cy + r + 2]);
  }
  glow(colour, cx, cy, r, strength = 1) {
    this.lay(colour, (x, y) => strength * clamp(1 - Math.hypot(x - cx, y - cy) / r) ** 2, [cx - r, cy - r, cx + r, cy + r]);
  }
  box(colour, x0, y0, x1, y1, round = 0) {
    const cx = (x0 + x1) / 2, cy = (y0 + y1) / 2, w = (x1 - x0) / 2 - round, h = (y1 - y0) / 2 - round;
    this.lay(colour, (x, y) => {
      const dx = Math.max(Math.abs(x - cx) - w, 0), dy = Math.max(Math.abs(y - cy) - h, 0);
      return round - Math.hypot(dx, dy) + 0.5;
    }, [x0 - 1, y0 - 1, x1 + 2, y1 + 2]);
  }
  /** A convex shape from its corners, clockwise on the screen. */
  shape(colour, corners, strength = 1) {
    const edges = corners.map(([ax, ay], i) => {
      const [bx, by] = corners[(i + 1) % corners.length];
      const length = Math.hypot(bx - ax, by - ay);
      return [ax, ay, (bx - ax) / length, (by - ay) / length];
    });
    const xs = corners.map((c) => c[0]), ys = corners.map((c) => c[1]);
    this.lay(colour, (x, y) => strength * (Math.min(...edges.map(([ax, ay, dx, dy]) => dx * (y - ay) - dy * (x - ax))) + 0.5),
      [Math.min(...xs) - 1, Math.min(...ys) - 1, Math.max(...xs) + 2, Math.max(...ys) + 2]);
  }
  png() {
    const raw = Buffer.alloc((this.width * 3 + 1) * this.height);
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width * 3; x++)
        raw[y * (this.width * 3 + 1) + 1 + x] = Math.round(clamp(this.pixels[y * this.width * 3 + x], 0, 255));
    const head = Buffer.alloc(13);
    head.writeUInt32BE(this.width, 0);
    head.writeUInt32BE(this.height, 4);
    head.set([8, 2, 0, 0, 0], 8);
    return Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      chunk("IHDR", head),
      chunk("IDAT", deflateSync(raw, { level: 9 })),
      chunk("IEND", Buffer.alloc(0)),
    ]);
  }
}

// A number from 0 to 1 that is always the same for the same place.
const speckle = (n) => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1;

/** A face: two shoulders, a head and hair in colours around one hue. */
export function face(hue) {
  const p = new Painter(256, 256);
  p.fill((x, y) => mix(hsl(hue, 0.45, 0.72), hsl((hue + 40) % 360, 0.5, 0.58), y / 256));
  const skin = hsl(24, 0.42, 0.42 + 0.3 * speckle(hue));
  const hair = hsl((hue + 200) % 360, 0.25, 0.22 + 0.15 * speckle(hue + 1));
  p.disc(hair, 128, 104 - 8, 62);
  p.disc(hsl(hue, 0.5, 0.34), 128, 268, 96);
  p.box(skin, 108, 130, 148, 190, 14);
  p.disc(skin, 128, 116, 48);
  const parting = 96 + 64 * speckle(hue + 2);
  p.lay(hair, (x, y) => (Math.hypot(x - 128, y - 116) < 50 && y < 92 + Math.abs(x - parting) * 0.35 ? 1 : 0));
  for (const side of [-1, 1]) p.disc([40, 34, 34], 128 + side * 17, 118, 4.5);
  p.lay([150, 70, 66], (x, y) => 2.6 - Math.abs(Math.hypot(x - 128, y - 126) - 15) + (y > 133 ? 0 : -9));
  return p.png();
}

/** The sign of the reading club: a paper lantern in the dark. */
function lantern() {
  const p = new Painter(256, 256);
  p.fill((x, y) => mix([36, 40, 74], [72, 52, 92], y / 256));
  p.glow([255, 196, 96], 128, 136, 150, 0.8);
  p.box([60, 42, 40], 124, 22, 132, 62);
  p.box([92, 58, 44], 96, 58, 160, 72, 5);
  p.lay([255, 190, 84], (x, y) => 20 * (1 - Math.hypot((x - 128) / 62, (y - 134) / 66)));
  for (const ring of [-42, -21, 0, 21, 42])
    p.lay([214, 130, 50], (x, y) => (Math.hypot((x - 128) / 62, (y - 134) / 66) < 0.99 ? 0.75 * (1.6 - Math.abs(y - 134 - ring - 6 * ((x - 128) / 62) ** 2)) : 0));
  p.glow([255, 244, 200], 128, 140, 52, 0.9);
  p.box([92, 58, 44], 96, 196, 160, 210, 5);
  p.box([160, 60, 50], 125, 210, 131, 240, 2);
  return p.png();
}

/** The sign of the night shift: a thin moon over one wave. */
function moon() {
  const p = new Painter(256, 256);
  p.fill((x, y) => mix([16, 26, 52], [30, 58, 92], y / 256));
  for (let i = 0; i < 40; i++) p.disc([220, 230, 255], 256 * speckle(i), 150 * speckle(i + 99), 0.8 + speckle(i + 7));
  p.lay([246, 232, 190], (x, y) => (Math.hypot(x - 104, y - 96) > 50 ? 62 - Math.hypot(x - 128, y - 106) : 0));
  p.lay([44, 96, 130], (x, y) => y - 186 - 9 * Math.sin(x / 22));
  p.lay([28, 66, 98], (x, y) => y - 214 - 7 * Math.sin(x / 17 + 2));
  return p.png();
}

/** Evening on a river: a boat, three hats, and the ears of a dog. */
function boat() {
  const w = 1200, h = 800, water = 470;
  const p = new Painter(w, h);
  p.fill((x, y) => (y < water ? mix([252, 190, 120], [246, 226, 190], y / water) : mix([214, 168, 120], [74, 96, 110], (y - water) / (h - water))));
  p.glow([255, 240, 190], 860, 330, 360, 0.9);
  p.disc([255, 236, 170], 860, 330, 74);
  p.lay([126, 140, 96], (x, y) => y < water ? y - (water - 70 - 46 * Math.sin(x / 170) - 14 * Math.sin(x / 41)) : 0);
  p.lay([88, 108, 74], (x, y) => y < water ? y - (water - 30 - 22 * Math.sin(x / 90 + 2) - 8 * Math.sin(x / 23)) : 0);
  for (let i = 0; i < 90; i++) {
    const y = water + 8 + (h - water) * (i / 90), half = 20 + 130 * speckle(i), cx = i % 3 ? w * speckle(i + 5) : 860 + 60 * (speckle(i) - 0.5);
    p.lay(i % 3 ? [150, 150, 140] : [255, 222, 150], (x, yy) => 0.55 * clamp(1 - Math.abs(x - cx) / half) * (2.4 - Math.abs(yy - y)), [cx - half, y - 3, cx + half, y + 4]);
  }
  const line = [44, 36, 40];
  for (const [x, coat, hat] of [[420, [120, 60, 52], [232, 214, 170]], [560, [52, 74, 96], [60, 48, 46]], [700, [86, 98, 70], [232, 214, 170]]]) {
    p.shape(coat, [[x - 22, 500], [x + 22, 500], [x + 40, 590], [x - 40, 590]]);
    p.disc([214, 168, 136], x, 478, 25);
    p.box(hat, x - 38, 456, x + 38, 465, 4);
    p.box(hat, x - 22, 434, x + 22, 460, 6);
    p.box([140, 44, 44], x - 22, 449, x + 22, 457, 0);
  }
  p.disc([236, 226, 210], 816, 520, 21);
  p.shape([120, 80, 56], [[800, 490], [812, 506], [796, 516]]);
  p.shape([120, 80, 56], [[832, 490], [836, 516], [820, 506]]);
  p.disc(line, 810, 518, 3);
  p.disc(line, 824, 518, 3);
  p.disc(line, 817, 528, 4);
  p.lay([112, 66, 42], (x, y) => (y > 540 ? 14 * (1 - Math.hypot((x - 610) / 300, (y - 540) / 82)) : 0));
  p.box([150, 94, 58], 304, 532, 916, 548, 8);
  p.shape([176, 140, 96], [[500, 508], [506, 504], [296, 690], [288, 684]]);
  p.shape([196, 160, 112], [[292, 676], [308, 690], [262, 726], [248, 708]]);
  return p.png();
}

/** Night over the harbour, with one lantern on the quay. */
function harbour() {
  const w = 1280, h = 720, water = 430;
  const p = new Painter(w, h);
  p.fill((x, y) => (y < water ? mix([10, 16, 40], [44, 58, 100], y / water) : mix([30, 44, 80], [8, 12, 28], (y - water) / (h - water))));
  for (let i = 0; i < 160; i++) p.disc([230, 236, 255], w * speckle(i), 300 * speckle(i + 50), 0.5 + 1.1 * speckle(i + 9), 0.4 + 0.6 * speckle(i + 3));
  p.glow([210, 220, 255], 930, 130, 260, 0.5);
  p.disc([248, 240, 214], 930, 130, 52);
  p.disc([228, 218, 190], 912, 116, 11, 0.6);
  p.disc([228, 218, 190], 946, 148, 8, 0.6);
  p.lay([18, 26, 50], (x, y) => y < water ? y - (water - 92 - 60 * Math.sin(x / 240 + 1) - 18 * Math.sin(x / 63)) : 0);
  p.lay([12, 18, 38], (x, y) => y < water ? y - (water - 26 - 20 * Math.sin(x / 130 + 3) - 6 * Math.sin(x / 31)) : 0);
  for (let i = 0; i < 26; i++) p.disc([255, 206, 120], 120 + 1000 * speckle(i + 31), water - 22 - 16 * speckle(i + 13), 2.1, 0.9);
  for (const [cx, colour, spread] of [[930, [230, 232, 220], 60], [420, [255, 184, 84], 46]])
    for (let i = 0; i < 60; i++) {
      const y = water + 4 + (h - water) * (i / 60), half = spread * (0.25 + 0.9 * speckle(i + cx)), mid = cx + 30 * (speckle(i * 2 + cx) - 0.5);
      p.lay(colour, (x, yy) => 0.75 * (1 - i / 70) * clamp(1 - Math.abs(x - mid) / half) * (2.2 - Math.abs(yy - y)), [mid - half, y - 3, mid + half, y + 3]);
    }
  // The ferry, far out on the left, with its two lights.
  p.shape([26, 30, 48], [[120, 414], [214, 414], [204, 430], [132, 430]]);
  p.box([40, 46, 70], 142, 398, 194, 415, 2);
  p.disc([255, 240, 190], 152, 406, 3);
  p.disc([255, 120, 110], 206, 410, 2.4);
  // The quay, its post, and what hangs from it.
  p.glow([255, 190, 90], 420, 340, 170, 0.85);
  p.box([20, 20, 30], 360, 300, 368, 470);
  p.box([20, 20, 30], 360, 300, 424, 306);
  p.box([20, 20, 30], 419, 304, 421, 318);
  p.lay([255, 196, 96], (x, y) => 12 * (1 - Math.hypot((x - 420) / 20, (y - 338) / 24)));
  p.glow([255, 246, 210], 420, 340, 22, 0.9);
  p.shape([16, 16, 26], [[0, 470], [520, 470], [560, 500], [0, 500]]);
  p.shape([10, 10, 18], [[0, 500], [560, 500], [560, 520], [0, 520]]);
  return p.png();
}

/** Who has read how much: eight bars, the last in the colour of hope. */
function chart() {
  const w = 1000, h = 560, base = 490;
  const p = new Painter(w, h);
  p.fill(() => [250, 247, 240]);
  for (let i = 0; i <= 4; i++) p.box([226, 220, 208], 60, base - i * 105 - 1, 940, base - i * 105 + 1);
  [1, 1, 1, 0.79, 0.68, 0.63, 0.89, 0.07].forEach((part, i) => {
    const x = 84 + i * 108;
    p.box(i === 7 ? [230, 126, 70] : mix([58, 104, 130], [92, 150, 140], i / 7), x, base - 420 * part, x + 76, base, 7);
  });
  p.box([70, 64, 60], 60, base - 1, 940, base + 3);
  return p.png();
}

export const PICTURES = { lantern, moon, boat, harbour, chart };
