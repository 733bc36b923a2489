import { join } from "node:path";
import { compileSupport } from "@chainrule/core";
import { ReportRecorder } from "@chainrule/nn";
import { type LiveReport, ReportFile, serveReport } from "@chainrule/pages/node";
import { toSvg } from "@chainrule/pictures";
import type { Digits } from "./data.js";
import { commandOf, type Options } from "./options.js";
import { resultFiles } from "./out-folder.js";
import { smallStep } from "./step-graph.js";
import { reasonOf, Stop } from "./stop.js";

/** Test images whose activations and gradients are looked at: as many as cost little. */
const probed = 100;

/** Records a run for its report, which is written when it is over and, if wanted, served while it goes on. */
export async function recorderOf({ test, imageShape, isMnist, folder }: Digits, options: Options) {
  const live = options.live ? await served(options.livePort) : null;
  const { batch, dtype, eager, hidden, iterations, lr, seed } = options;
  const rows = Array.from({ length: Math.min(probed, test.labels.size) }, (_, i) => i);
  const network = `${imageShape[0] * imageShape[1]}-${hidden}-10`;
  const report = new ReportRecorder({
    title: `${isMnist ? "MNIST" : folder}, ${network}`,
    probe: { images: test.images.take(rows), labels: test.labels.take(rows) },
    classification: {
      evaluation: "test",
      labels: ({ labels }) => labels,
      show: ({ images }, row) => images.slice([row]).reshape(imageShape),
    },
    graph: toSvg(smallStep()),
    settings: {
      network,
      iterations,
      batchSize: batch,
      lr,
      dtype,
      steps: eager || compileSupport().missing !== null ? "eager" : "compiled",
      data: isMnist ? "MNIST" : folder,
    },
    seed,
    command: commandOf({ ...options, resume: false, live: false, livePort: 0 }),
    targets: [new ReportFile(join(options.out, resultFiles.report)), ...(live === null ? [] : [live])],
  });
  await live?.update(report, "start");
  return { report, live };
}

/** @throws Stop (2) where the port cannot be had */
async function served(port: number): Promise<LiveReport> {
  try {
    return await serveReport({ port });
  } catch (error) {
    throw new Stop(2, `--live-port ${port}: ${reasonOf(error).replace("serveReport: ", "")}`);
  }
}
