export { CheckpointFile } from "./node/checkpoint-file.js";

export {
  type CsvBatch,
  type CsvBatchesOptions,
  type CsvColumns,
  type CsvTensor,
  csvBatches,
  readCsv,
} from "./node/csv-files.js";

export { inTheWay, loadTensors, makeFolder, saveTensors, writeFileAtomically } from "./node/files.js";
export { type IdxBatchesOptions, type ImageBatch, idxBatches } from "./node/idx-batches.js";
export { type IdxFolder, type IdxFolderOptions, type ImageSet, readIdxFolder } from "./node/idx-folder.js";

export { formatDuration, Progress, type ShowProgressOptions, showProgress } from "./node/progress.js";

export type { StreamOptions } from "./node/streaming.js";
