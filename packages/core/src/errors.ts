/** How many frames of its own the engine may have above the user's in a stack: of all, V8 keeps 10 unless told otherwise. */
const OWN_FRAMES = 20;

/** How many letters a message may have, some thirty lines, and how many are kept of the beginning of a longer one. */
const LETTERS = 2000;
const BEGINNING = 1400;

/**
 * Every error that chainrule throws on purpose; the subclasses say what kind of thing was wrong.
 *
 * @example
 * let refused;
 * try {
 *   add(tensor([1, 2]), tensor([1, 2, 3]));
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof ChainruleError; // true
 */
export class ChainruleError extends Error {
  override readonly name: string = "ChainruleError";

  constructor(message: string, options?: ErrorOptions) {
    // Other engines have no limit; and where somebody has frozen the class an assignment would throw.
    const limit = (Error as { stackTraceLimit?: number }).stackTraceLimit ?? 0;
    if (limit > 0) Reflect.set(Error, "stackTraceLimit", limit + OWN_FRAMES);
    super(shortened(message), options);
    if (limit > 0) Reflect.set(Error, "stackTraceLimit", limit);
  }
}

/**
 * A message as it is, or its beginning and its end where names and lists from outside have made it longer than a screen: a last
 * resort, which no message can get past; `show` and `showNames` say more where a value or a list may be long.
 */
function shortened(message: string): string {
  if (typeof message !== "string" || message.length <= LETTERS) return message;
  const end = message.length - (LETTERS - BEGINNING);
  return `${message.slice(0, BEGINNING)} ... (${end - BEGINNING} letters left out) ... ${message.slice(end)}`;
}

/**
 * Shapes, sizes, axes or indices that an op cannot take.
 *
 * @example
 * let refused;
 * try {
 *   tensor([1, 2]).matmul(tensor([1, 2, 3]));
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof ShapeError; // true
 */
export class ShapeError extends ChainruleError {
  override readonly name = "ShapeError";
}

/**
 * A dtype that an op cannot take, or dtypes that do not go together.
 *
 * @example
 * let refused;
 * try {
 *   exp(tensor([1, 2], { dtype: "int32" }));
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof DTypeError; // true
 */
export class DTypeError extends ChainruleError {
  override readonly name = "DTypeError";
}

/**
 * A function that cannot be compiled, or a place where nothing can be.
 *
 * @example
 * let refused;
 * try {
 *   compile((x) => (x.item() > 0 ? x : x.neg()))(tensor(1));
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof CompileError; // true
 */
export class CompileError extends ChainruleError {
  override readonly name = "CompileError";
}

/**
 * A graph used in a way that has no meaning: there is no gradient, or a value that has changed since.
 *
 * @example
 * let refused;
 * try {
 *   tensor([1, 2]).sum().backward();
 * } catch (error) {
 *   refused = error;
 * }
 * refused instanceof GraphError; // true
 */
export class GraphError extends ChainruleError {
  override readonly name = "GraphError";
}
