// What the ops of one signature refuse, tried: the messages are those that a reader will meet.
import * as core from "@chainrule/core";

/** By their names. */
const ops = { ...core };
const { tensor, zeros } = core;
const int32 = () => tensor([1, 2], { dtype: "int32" });
const bool = () => tensor([true, false]);
const float32 = () => zeros([2], { dtype: "float32" });

/** By the name of the type that an op is declared with. */
const misuses = {
  UnaryFunction: [(f) => [f(int32()), f(bool())]],
  TestFunction: [(f) => f(int32())],
  GeluFunction: [(f) => f(int32()), (f) => f(zeros([2]), { approx: "tanh" })],
  BinaryFunction: [(f) => f(zeros([2, 3]), zeros([2])), (f) => f(zeros([2]), float32())],
  ParametricFunction: [(f) => f(zeros([2, 3]), zeros([2])), (f) => f(zeros([2]), float32())],
  ComparisonFunction: [(f) => f(zeros([2, 3]), zeros([2])), (f) => f(zeros([2]), float32())],
  WhereFunction: [(f) => f(zeros([2]), 1, 0)],
  ReduceFunction: [(f) => f(zeros([2, 3]), 2), (f) => f(zeros([2, 3]), { keepdims: true }), (f) => f(bool())],
  ArgMaxFunction: [(f) => f(zeros([2, 3]), 2), (f) => f(zeros([0]))],
  SoftmaxFunction: [(f) => f(zeros([2, 3]), 2), (f) => f(int32())],
  CumulateFunction: [(f) => f(zeros([2, 3]), 2), (f) => f(bool())],
  SortFunction: [(f) => f(zeros([2, 3]), 2)],
};

/** The messages of an op, each once; what an op takes, as `abs` takes integers, is none. */
export function refusalsOf({ name, type }) {
  const messages = (misuses[type?.name] ?? []).map((misuse) => {
    try {
      misuse(ops[name]);
    } catch (error) {
      if (error instanceof core.ChainruleError) return { error: error.name, message: error.message };
      throw error;
    }
    return undefined;
  });
  return messages.filter((each) => each !== undefined);
}
