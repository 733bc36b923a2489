/** Images of digits, a byte for each pixel, and what they show. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

export const PIXELS = 28 * 28;

/** Reads a file that `build/digits.mjs` packed. */
export async function loadDigits(url: string): Promise<Digits> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const inflated = response.body.pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  const count = bytes.length / (PIXELS + 1);
  if (!Number.isInteger(count)) throw new Error(`${url}: ${bytes.length} bytes are no digits`);
  return { labels: bytes.subarray(0, count), images: bytes.subarray(count), count };
}
