import { backwardMisuses } from "./backward.js";
import { compileMisuses } from "./compile.js";
import { dtypesMisuses } from "./dtypes.js";
import { formMisuses } from "./forms.js";
import { functionsMisuses } from "./functions.js";
import { givenMisuses } from "./given.js";
import { graphMisuses } from "./graph.js";
import { mappedMisuses } from "./mapped.js";
import type { Misuse } from "./misuse.js";
import { movingMisuses } from "./moving.js";
import { ownOpsMisuses } from "./own-ops.js";
import { scopesMisuses } from "./scopes.js";
import { shapesMisuses } from "./shapes.js";
import { tensorsMisuses } from "./tensors.js";

// What misuse says, word for word: the op, the shapes or dtypes, and the repair. The shapes and dtypes are hidden from the
// compiler here, which would refuse most of these. ERRORS.md is made of this table.

export const misuses: readonly Misuse[] = [
  ...shapesMisuses,
  ...dtypesMisuses,
  ...tensorsMisuses,
  ...movingMisuses,
  ...backwardMisuses,
  ...functionsMisuses,
  ...ownOpsMisuses,
  ...scopesMisuses,
  ...compileMisuses,
  ...formMisuses,
  ...graphMisuses,
  ...mappedMisuses,
  ...givenMisuses,
];
