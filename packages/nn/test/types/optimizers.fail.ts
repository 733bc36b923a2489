import { variable } from "@chainrule/core";
import { Adam, LBFGS, SGD, trainStep } from "../../src/index.js";

const w = variable([1, 2]);
new SGD({ w }, { betas: [0.9, 0.99] }); // error: 'betas' does not exist in type 'SGDOptions'
new Adam([w]); // error: Index signature for type 'string' is missing in type 'Tensor<[2], "float64">[]'
trainStep(() => w.sum(), new LBFGS({ w })); // error: 'LBFGS' is missing the following properties from type 'Optimizer<object>'
