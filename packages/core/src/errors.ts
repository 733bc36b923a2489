/** Every error that chainrule throws on purpose; the subclasses say what kind of thing was wrong. */
export class ChainruleError extends Error {
  override readonly name: string = "ChainruleError";
}

/** Shapes, sizes, axes or indices that an op cannot take. */
export class ShapeError extends ChainruleError {
  override readonly name = "ShapeError";
}

/** A dtype that an op cannot take, or dtypes that do not go together. */
export class DTypeError extends ChainruleError {
  override readonly name = "DTypeError";
}

/** A graph used in a way that has no meaning: no gradient to be had, or a value that has changed since. */
export class GraphError extends ChainruleError {
  override readonly name = "GraphError";
}
