import { tensor, zeros } from "./declared.js";

const cube = zeros(2, 3, 4);

cube.reshape(5, 5); // error: reshape: [2, 3, 4] has 24 elements, [5, 5] has 25
cube.transpose(0, 1, 3); // error: transpose: [0, 1, 3] is not an order of the 3 axes of [2, 3, 4]
cube.broadcastTo(2, 3, 5); // error: broadcastTo: [2, 3, 4] does not broadcast to [2, 3, 5]: sizes 4 and 5 differ
cube.sum(3, { keepDims: true }); // error: axis 3 is out of range for [2, 3, 4]
cube.sum(0, true); // error: no properties in common
cube.sum(0, { keepdims: true }); // error: 'keepdims' does not exist
cube.softmax({ dim: 0 }); // error: No overload matches this call
cube.slice(1, 3); // error: Expected 1 arguments, but got 2
tensor([1, 2, 3, 4], [2, 2]); // error: no properties in common
tensor([1, 2], "float32"); // error: no properties in common
