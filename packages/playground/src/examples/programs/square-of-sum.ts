import { print, variable } from "@chainrule/core";

const x = variable(3);
const y = variable(4);

const t = x.add(y);
const z = t.pow(2);
z.backward();

t.grad?.item(); // dz/dt = 2t = 14
x.grad?.item(); // dz/dx = dz/dt * dt/dx = 14 * 1
y.grad?.item();

console.log(print(z, { names: { x, y, t, z } }));
