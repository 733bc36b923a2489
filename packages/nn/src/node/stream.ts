import { constants, type FileHandle, open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../data/errors.js";
import { fileError, kindOf } from "./files.js";

/**
 * The bytes of a file, piece by piece, unzipped if they are gzipped. What is no file (a pipe, a device, a folder) is refused.
 *
 * @throws DataError, with the name of the file, when it cannot be read.
 */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  let file: FileHandle | undefined;
  let raw: Readable | undefined;
  let failed = "cannot be read";
  try {
    // Where a pipe is opened to be read, the call would wait for a writer. Windows has no such flag, and no such pipes.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, and no file`);
    const magic = new Uint8Array(2);
    const { bytesRead } = await file.read(magic, 0, 2, 0);
    raw = file.createReadStream({ start: 0, autoClose: false });
    if (bytesRead < 2 || magic[0] !== 0x1f || magic[1] !== 0x8b) {
      yield* piecesOf(raw);
      return;
    }
    failed = "truncated or corrupt gzip";
    const gunzip = createGunzip();
    raw.on("error", (error) => gunzip.destroy(error));
    yield* piecesOf(raw.pipe(gunzip));
  } catch (cause) {
    throw cause instanceof DataError ? cause : fileError(path, failed, cause);
  } finally {
    raw?.destroy();
    await file?.close();
  }
}

async function* piecesOf(stream: Readable): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) yield piece as Uint8Array;
}
