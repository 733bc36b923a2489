// What is drawn, as MNIST has it: 28 x 28, the digit in a box of 20 x 20, its centre of mass in the middle.

export const SIDE = 28;
const BOX = 20;

/** Ink from 0 to 1 on a square of `side` pixels, row by row. */
export interface Ink {
  readonly side: number;
  readonly values: ArrayLike<number>;
}

/** The image that the network is given; null for an empty drawing. */
export function centred({ side, values }: Ink): Float32Array | null {
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if ((values[y * side + x] as number) < 0.1) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < left) return null;
  const scale = Math.max(right - left + 1, bottom - top + 1) / BOX;
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= side || y >= side ? 0 : (values[Math.floor(y) * side + Math.floor(x)] as number);
  /** The mean over the square that a pixel of the small image covers. */
  const covered = (x: number, y: number) => {
    const samples = Math.max(2, Math.ceil(scale));
    let sum = 0;
    for (let j = 0; j < samples; j++) {
      for (let i = 0; i < samples; i++) sum += at(x + ((i + 0.5) / samples) * scale, y + ((j + 0.5) / samples) * scale);
    }
    return sum / samples ** 2;
  };
  const [middleX, middleY] = [(left + right + 1) / 2, (top + bottom + 1) / 2];
  const draw = (shiftX: number, shiftY: number) => {
    const image = new Float32Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        image[y * SIDE + x] = covered(
          middleX + (x - SIDE / 2 - shiftX) * scale,
          middleY + (y - SIDE / 2 - shiftY) * scale,
        );
      }
    }
    return image;
  };
  const first = draw(0, 0);
  let [mass, massX, massY] = [0, 0, 0];
  first.forEach((value, i) => {
    mass += value;
    massX += value * ((i % SIDE) + 0.5);
    massY += value * (Math.floor(i / SIDE) + 0.5);
  });
  return mass === 0 ? first : draw(Math.round(SIDE / 2 - massX / mass), Math.round(SIDE / 2 - massY / mass));
}
