export { CheckpointFile } from "./node/checkpoint-file.js";
export { inTheWay, loadTensors, saveTensors, writeFileAtomically } from "./node/files.js";
export { type IdxFolder, type IdxFolderOptions, type ImageSet, readIdxFolder } from "./node/idx-folder.js";
export { formatDuration, Progress, type ShowProgressOptions, showProgress } from "./node/progress.js";
