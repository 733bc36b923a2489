/** The loads and stores of one element, a truth value as an i32 of 0 or 1. */
export const loads = { float64: "f64.load", float32: "f32.load", int32: "i32.load", bool: "i32.load8_u" } as const;
export const stores = { float64: "f64.store", float32: "f32.store", int32: "i32.store", bool: "i32.store8" } as const;
