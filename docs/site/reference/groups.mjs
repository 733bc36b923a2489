// The pages of the reference, in their order: which files' names stand on each. A file that is on no page, and a line that no file is
// behind, is an error. Names stand on a page in the order of its files.
const core = (folder, ...names) => names.map((name) => `packages/core/src/${folder}${name}.ts`);
const nn = (folder, ...names) => names.map((name) => `packages/nn/src/${folder}/${name}.ts`);

export const sections = [
  {
    title: "Tensors",
    pages: [
      {
        path: "tensor",
        title: "Tensor",
        about: "An edge of the graph: a shape, a dtype, values, a gradient, and the node that made it.",
        files: core("graph/", "tensor", "signatures/operands"),
      },
      {
        path: "making-tensors",
        title: "Making tensors",
        about: "Constants and variables out of numbers, arrays, ranges and messages.",
        files: core(
          "",
          ...["factory", "literal", "exchange", "json", "signatures/factories"].map((name) => `graph/${name}`),
          "ops/arange",
        ),
      },
      {
        path: "shapes-and-dtypes",
        title: "Shapes and dtypes",
        about: "How shapes and dtypes are written, in types and at run time.",
        files: core("", "shape/types", "shape/shape", "dtype", "ops/cast"),
      },
      {
        path: "random",
        title: "Random numbers",
        about:
          "A seeded generator: the same seed gives the same numbers, in Node and in a browser, eagerly and compiled.",
        files: core("random/", "random", "generator"),
      },
    ],
  },
  {
    title: "Ops of elements",
    pages: [
      {
        path: "arithmetic",
        title: "Arithmetic",
        about:
          "Sums, products, powers and roots of elements. Shapes broadcast; a number takes the dtype of the tensor that it meets.",
        files: core("ops/", "add", "mul", "pow", "abs", "maximum", "hypot"),
      },
      {
        path: "exponentials",
        title: "Exponentials and logarithms",
        about: "With the forms that are exact near 0.",
        files: core("ops/", "exp"),
      },
      {
        path: "trigonometry",
        title: "Trigonometric and hyperbolic functions",
        about: "Angles are in radians.",
        files: core("ops/", "sin", "inverse-trigonometric", "hyperbolic"),
      },
      {
        path: "activations",
        title: "Activations and the error function",
        about: "What stands between the layers of a network; kinks follow PyTorch's convention.",
        files: core("ops/", "activation", "gelu", "hard-swish", "erf"),
      },
      {
        path: "comparisons",
        title: "Comparisons, logic and choice",
        about: "Results are bool tensors, which have no gradient; `where` chooses by one.",
        files: core("ops/", "compare", "logical", "where"),
      },
      {
        path: "rounding",
        title: "Rounding and remainders",
        about: "Steps: their derivative is 0 between the jumps.",
        files: core("ops/", "round"),
      },
    ],
  },
  {
    title: "Ops of whole tensors",
    pages: [
      {
        path: "reductions",
        title: "Sums, means and other reductions",
        about: "Over all axes, over some, or along one.",
        files: core(
          "ops/",
          "sum",
          "prod",
          "max",
          "variance",
          "norm",
          "count",
          "log-sum-exp",
          "softmax",
          "cumulate",
          "reduction",
          "standardize",
        ).concat(core("graph/", "signatures/axes")),
      },
      {
        path: "order",
        title: "Order and counts",
        about: "Where the greatest stands, in which order elements come, how often each value occurs.",
        files: core("ops/", "arg-max", "sort", "bincount"),
      },
      {
        path: "products",
        title: "Matrix products",
        about: "Products of vectors, of matrices and of batches of them.",
        files: core("ops/", "matmul", "dot", "einsum", "masked-product"),
      },
      {
        path: "arranging",
        title: "Reshaping and arranging",
        about: "The same elements in another shape, order or number.",
        files: core("ops/", "reshape", "transpose", "broadcast-to", "flip-roll-tile", "pad", "diagonal").concat(
          core("graph/", "signatures/indexing"),
        ),
      },
      {
        path: "indexing",
        title: "Slices and indices",
        about: "Parts of a tensor, by ranges and by lists of indices, and the way back.",
        files: core("ops/", "slice", "take", "gather"),
      },
      {
        path: "joining",
        title: "Joining and splitting",
        about: "Several tensors as one, and one as several.",
        files: core("ops/", "concat", "split"),
      },
      {
        path: "convolutions",
        title: "Convolutions",
        about: "Filters that slide over signals and images.",
        files: core("ops/", "conv", "im2col").concat(core("shape/", "window")),
      },
      {
        path: "pools",
        title: "Pools",
        about: "The greatest or the mean of what a window sees.",
        files: core("ops/", "pool", "pool-windows", "adaptive-pool", "in-range"),
      },
    ],
  },
  {
    title: "Derivatives",
    pages: [
      {
        path: "derivatives",
        title: "Derivatives of functions",
        about:
          "Functions that give functions: gradients, products with Jacobians, Jacobians and Hessians, of any order.",
        files: core("transforms/", "grad", "vjp", "hvp", "jacobian", "structure"),
      },
      {
        path: "sparse",
        title: "Sparse Jacobians and Hessians",
        about: "Where most derivatives are 0, with as few products as the pattern allows.",
        files: core("transforms/sparse/", "sparse", "sparse-matrix"),
      },
      {
        path: "control",
        title: "Loops, branches and solutions",
        about:
          "Control flow that a compiled program keeps, and solutions of equations with the derivatives of the implicit function.",
        files: core("transforms/control/", "scan", "cond", "while", "fn", "fixed-point"),
      },
      {
        path: "batches",
        title: "Maps over batches",
        about: "A function written for one element, done for all.",
        files: core("transforms/batching/", "vmap"),
      },
      {
        path: "walk",
        title: "The walk backward",
        about: "Nodes, what is recorded of them, and how much of it is kept.",
        files: core("", "graph/node", "graph/backward", "graph/recording", "graph/tracer", "transforms/checkpoint"),
      },
      {
        path: "clipping",
        title: "Clipping gradients",
        about: "Gradients that are held within a bound.",
        files: core("transforms/", "clip"),
      },
      {
        path: "own-ops",
        title: "Ops and gradients of your own",
        about: "An op out of a rule or out of loops, and a gradient in the place of the right one.",
        files: core("", "transforms/custom-op", "graph/elementwise", "graph/arithmetic", "transforms/custom-gradient"),
      },
    ],
  },
  {
    title: "Compiling, checking, looking",
    pages: [
      {
        path: "compile",
        title: "Compiled functions",
        about: "A function as one WebAssembly program.",
        files: [
          ...core("compile/", "compile", "program", "into", "program-to-json", "program-json"),
          ...core("wasm/", "configure"),
          "packages/pictures/src/program/program-to-svg.ts",
        ],
      },
      {
        path: "fast",
        title: "Fast kernels for eager mode",
        about: "`@chainrule/core/fast`: eager ops that run compiled kernels where these win by far.",
        files: core("fast/", "fast-kernels"),
      },
      {
        path: "gradient-checks",
        title: "Gradient checks",
        about: "Analytic gradients beside numerical ones, and what differs.",
        files: core("check/", "gradcheck", "gradcheck-options", "gradcheck-report", "not-finite", "numerical-gradient"),
      },
      {
        path: "testing",
        title: "Property-based tests",
        about: "`@chainrule/core/testing`: tensors and graphs for fast-check to draw.",
        files: core("testing/", "arbitraries", "assert-gradients", "graphs", "random-ops"),
      },
      {
        path: "graphs",
        title: "Graphs as lists, texts and pictures",
        about: "What was computed, node by node.",
        files: [
          ...core("inspect/", "print", "graph-of", "graph", "frames", "dot", "mermaid", "describe"),
          ...["to-svg", "grouping", "theme", "display"].map((name) => `packages/pictures/src/${name}.ts`),
        ],
      },
      {
        path: "formulas-and-json",
        title: "Formulas, and graphs as JSON",
        about: "The local formulas of nodes as text, and graphs that are sent somewhere and computed again there.",
        files: core("inspect/", "formula", "graph-json", "graph-from-json", "op-classes"),
      },
      {
        path: "pages",
        title: "Pages to play with",
        about: "`@chainrule/pages`: HTML files of their own, which open without a network.",
        files: ["stepper/stepper", "language"].map((name) => `packages/pages/src/${name}.ts`),
      },
      {
        path: "errors",
        title: "Errors",
        about:
          "The classes of errors, the mode that stops at the first NaN, and what libraries on chainrule check their input with.",
        files: core("", "errors", "debug/anomaly", "options", "show"),
      },
    ],
  },
  {
    title: "Networks",
    pages: [
      {
        path: "layers",
        title: "Layers",
        about: "Layers with parameters, and what they are put together by.",
        files: nn(
          "layers",
          "layer",
          "sequential",
          "affine",
          "dense",
          "linear",
          "embedding",
          "flatten",
          "frozen",
          "parameter",
        ),
      },
      {
        path: "convolution-layers",
        title: "Convolution and pool layers",
        about: "For signals [batch, channels, length] and images [batch, channels, height, width].",
        files: nn("layers", "conv", "pool"),
      },
      {
        path: "activation-layers",
        title: "Activation layers",
        about: "Activations as layers.",
        files: nn("layers", "activation", "prelu").concat(nn("functions", "activation")),
      },
      {
        path: "normalization",
        title: "Normalization and dropout",
        about: "As layers, and as functions.",
        files: nn("layers", "normalization", "dropout").concat(nn("functions", "normalization", "dropout")),
      },
      {
        path: "sequences",
        title: "Recurrence and attention",
        about: "Layers for sequences.",
        files: nn("layers", "recurrent", "attention").concat(
          nn("functions", "attention", "positional-encoding", "embedding", "cosine-similarity"),
        ),
      },
      {
        path: "losses",
        title: "Losses",
        about: "What training makes small.",
        files: nn(
          "losses",
          "softmax-with-loss",
          "cross-entropy",
          "cross-entropy-error",
          "negative-log-likelihood",
          "binary-cross-entropy",
          "squared-error",
          "absolute-error",
          "huber",
          "hinge",
          "kl-divergence",
          "likelihoods",
          "cosine",
          "triplet",
          "ctc",
          "labels",
          "reduction",
        ),
      },
      {
        path: "initializers",
        title: "Initializers",
        about: "What weights begin with.",
        files: nn("initializers", "scaled", "distributions", "identity", "orthogonal", "initializer"),
      },
    ],
  },
  {
    title: "Training",
    pages: [
      {
        path: "optimizers",
        title: "Optimizers",
        about: "In the book's form and in PyTorch's.",
        files: nn(
          "optimizers",
          "optimizer",
          "sgd",
          "adagrad",
          "rmsprop",
          "adadelta",
          "adam",
          "nadam",
          "lion",
          "lbfgs",
          "averaged-weights",
          "parameter-groups",
          "settings",
        ),
      },
      {
        path: "schedules",
        title: "Schedules",
        about: "Learning rates that change from step to step.",
        files: nn("schedules", "decays", "cycles", "reduce-on-plateau", "schedule"),
      },
      {
        path: "trainer",
        title: "Training",
        about: "The loop of epochs, one compiled step, and a summary of a network.",
        files: nn(
          "training",
          "trainer",
          "trainer-options",
          "train-step",
          "summary",
          "history",
          "monitor",
          "feed",
          "snapshot",
          "divergence-error",
        ),
      },
      {
        path: "reports",
        title: "Reports of a run",
        about:
          "What a run was like, as one HTML file or as a page that grows with it: `@chainrule/pages`, and `/node`.",
        files: [
          ...nn("report", "recorder", "recorder-options", "report-data", "predictions"),
          ...["training-report", "node/report-file", "node/serve-report"].map(
            (name) => `packages/pages/src/${name}.ts`,
          ),
        ],
      },
      {
        path: "metrics",
        title: "Metrics",
        about: "How good predictions are.",
        files: nn("metrics", "accuracy", "confusion", "r2-score"),
      },
      {
        path: "data",
        title: "Data",
        about: "Batches, splits, augmentation, and the formats of files.",
        files: nn(
          "data",
          "batches",
          "split",
          "augmentation",
          "images",
          "byte-rows",
          "csv",
          "csv-table",
          "idx",
          "safetensors",
          "parameters",
          "errors",
        ),
      },
      {
        path: "files",
        title: "Files and terminals",
        about: "`@chainrule/nn/node`: what needs Node.",
        files: nn(
          "node",
          "files",
          "checkpoint-file",
          "csv-files",
          "idx-folder",
          "idx-batches",
          "streaming",
          "progress",
        ),
      },
    ],
  },
];

export const pages = sections.flatMap(({ pages }) => pages);

/** The entries of each page, which are all that there are. */
export function grouped(entries) {
  const pageOf = new Map(pages.flatMap((page) => page.files.map((file) => [file, page])));
  const files = new Set(entries.map(({ file }) => file));
  const lost = [...files].filter((file) => !pageOf.has(file));
  const stale = [...pageOf.keys()].filter((file) => !files.has(file));
  if (lost.length > 0) throw new Error(`on no page of the reference (reference/groups.mjs): ${lost.join(", ")}`);
  if (stale.length > 0) throw new Error(`named in reference/groups.mjs, and export nothing: ${stale.join(", ")}`);
  return pages.map((page) => ({
    ...page,
    entries: page.files.flatMap((file) => entries.filter((entry) => entry.file === file)),
  }));
}
