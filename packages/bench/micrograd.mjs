/**
 * What a reader of micrograd writes in plain JavaScript: a value, its gradient, the children, and a closure that hands
 * the gradient on. The topological sort keeps its own stack, since a recursive one overflows at this depth.
 *
 * @param {(children: Value[]) => Iterable<Value>} childrenOf a Set as in micrograd, or the array itself
 */
export function micrograd(childrenOf) {
  return class Value {
    constructor(data, children = [], op = "") {
      this.data = data;
      this.grad = 0;
      this._backward = () => {};
      this._prev = childrenOf(children);
      this._op = op;
    }

    add(other) {
      const out = new Value(this.data + other.data, [this, other], "+");
      out._backward = () => {
        this.grad += out.grad;
        other.grad += out.grad;
      };
      return out;
    }

    mul(other) {
      const out = new Value(this.data * other.data, [this, other], "*");
      out._backward = () => {
        this.grad += other.data * out.grad;
        other.grad += this.data * out.grad;
      };
      return out;
    }

    backward() {
      const order = [];
      const visited = new Set();
      // A value is met twice: first its children are put on top of it, then, when they are done, it is itself.
      const stack = [this];
      const opened = [false];
      while (stack.length > 0) {
        const value = stack.pop();
        if (opened.pop()) {
          order.push(value);
        } else if (!visited.has(value)) {
          visited.add(value);
          stack.push(value);
          opened.push(true);
          for (const child of value._prev) {
            stack.push(child);
            opened.push(false);
          }
        }
      }
      this.grad = 1;
      for (let i = order.length - 1; i >= 0; i--) order[i]._backward();
    }
  };
}
