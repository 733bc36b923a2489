/** Grids of small grey images, such as digits and filters, written as SVG: a path for each shade, so that they are sharp at any size. */
import { saveFile } from "./file.js";
import { font, gridLine, ink, markup, picture } from "./style.js";

export interface Image {
  /** The rows of the image, from the top. */
  readonly pixels: readonly (readonly number[])[];
  /** Shown below the image. */
  readonly label?: string;
}

export interface Images {
  readonly title: string;
  readonly description: string;
  readonly images: readonly Image[];
  readonly columns: number;
  /** What is black and what is white; by default the least and the greatest of each image. */
  readonly range?: readonly [black: number, white: number];
  /** Pixels of the screen for one of the image. */
  readonly scale?: number;
}

const shades = 64;

export function saveImages(file: string, images: Images): void {
  saveFile(file, renderImages(images));
}

export function renderImages({ title, description, images, columns, range, scale = 4 }: Images): string {
  const cell = {
    width: scale * Math.max(...images.map(({ pixels }) => pixels[0]?.length ?? 0)),
    height: scale * Math.max(...images.map(({ pixels }) => pixels.length)),
  };
  const labelHeight = images.some(({ label }) => label !== undefined) ? 20 : 0;
  const [margin, gap, top] = [24, 12, 52];
  const rows = Math.ceil(images.length / columns);
  const gridWidth = columns * cell.width + (columns - 1) * gap;
  const width = Math.max(gridWidth + 2 * margin, 320);
  const height = top + rows * (cell.height + labelHeight) + (rows - 1) * gap + margin;
  const left = (width - gridWidth) / 2;
  const drawn = images.map(({ pixels, label }, i) => {
    const [ownWidth, ownHeight] = [scale * (pixels[0]?.length ?? 0), scale * pixels.length];
    const middle = left + (i % columns) * (cell.width + gap) + cell.width / 2;
    const bottom = top + Math.floor(i / columns) * (cell.height + labelHeight + gap) + cell.height;
    // Smaller ones stand in the middle of their places, above their labels.
    const [x, y] = [middle - ownWidth / 2, bottom - ownHeight];
    const frame = `<rect x="${x - 0.5}" y="${y - 0.5}" width="${ownWidth + 1}" height="${ownHeight + 1}" fill="none" stroke="${gridLine}"/>`;
    const [paths, at] = [pathsOf(pixels, range), `transform="translate(${x} ${y}) scale(${scale})"`];
    return `${frame}<g ${at} shape-rendering="crispEdges">${paths}</g>${label === undefined ? "" : text(label, middle, bottom + 14, 12)}`;
  });
  const content = [text(title, width / 2, 28, 16), ...drawn].join("\n");
  return picture({ title, description, width, height, content });
}

/** One path for each shade: runs of equal pixels as rectangles. */
function pathsOf(pixels: readonly (readonly number[])[], range?: readonly [number, number]): string {
  const all = pixels.flat();
  const [black, white] = range ?? [Math.min(...all), Math.max(...all)];
  const shade = (value: number) =>
    Math.round(Math.min(1, Math.max(0, white === black ? 0 : (value - black) / (white - black))) * (shades - 1));
  const runs = new Map<number, string>();
  pixels.forEach((row, y) => {
    for (let x = 0; x < row.length; ) {
      const value = shade(row[x] as number);
      let end = x + 1;
      while (end < row.length && shade(row[end] as number) === value) end++;
      runs.set(value, `${runs.get(value) ?? ""}M${x} ${y}h${end - x}v1h${x - end}z`);
      x = end;
    }
  });
  return [...runs].map(([value, d]) => `<path fill="${grey(value / (shades - 1))}" d="${d}"/>`).join("");
}

function grey(value: number): string {
  const level = Math.round(255 * value);
  // No colour of the style, which would change in the dark.
  return `rgb(${level},${level},${level})`;
}

function text(content: string, x: number, y: number, size: number): string {
  return `<text x="${x}" y="${y}" text-anchor="middle" font-size="${size}" font-family="${font}" fill="${ink}">${markup(content)}</text>`;
}
