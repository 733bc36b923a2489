/** Methods of tensors that are there for the engine alone: they are given what it has checked. */
export const engineMembers: readonly string[] = [
  "constructor",
  "derive",
  "deriveScalar",
  "inputAt",
  "constant",
  "settle",
  "countUses",
  "backwardNumbers",
];
