export { inTheWay, loadTensors, saveTensors, writeFileAtomically } from "./node/files.js";
export { type IdxFolder, type IdxFolderOptions, type ImageSet, readIdxFolder } from "./node/idx-folder.js";
