/* The signatures of all ops, for the type tests. */

export type * from "../../src/graph/signatures/arranging.js";
export type * from "../../src/graph/signatures/axes.js";
export type * from "../../src/graph/signatures/elementwise.js";
export type * from "../../src/graph/signatures/factories.js";
export type * from "../../src/graph/signatures/indexing.js";
export type * from "../../src/graph/signatures/joining.js";
export type * from "../../src/graph/signatures/operands.js";
export type * from "../../src/graph/signatures/products.js";
export type * from "../../src/graph/signatures/windows.js";
