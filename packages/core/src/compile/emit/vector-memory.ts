import type { DType } from "../../dtype.js";
import type { Code, Local } from "../../wasm/encoder.js";
import { everyOther, vectorBytes } from "../../wasm/simd.js";
import { elementBytes } from "../ir/buffer.js";
import { type Lanes, type MaskWidth, widen } from "./vector.js";

/**
 * Loads `width` elements that lie one behind the other at the address on the stack: as many as there are lanes, or one,
 * which then stands in every lane.
 */
export function loadVector(code: Code, dtype: DType, width: number, lanes: Lanes, offset: number): MaskWidth {
  switch (dtype) {
    case "float64":
      code.memory(width === 1 ? "v128.load64_splat" : "v128.load", offset);
      return "any";
    case "float32":
    case "int32":
      code.memory(width === 1 ? "v128.load32_splat" : lanes === 2 ? "v128.load64_zero" : "v128.load", offset);
      return "any";
    case "bool":
      if (width === 1) {
        code.memory("v128.load8_splat", offset).splat("i32", 0).op("i8x16.ne");
        return "any";
      }
      if (lanes === 4) code.memory("v128.load32_zero", offset);
      else code.splat("i32", 0).laneMemory("v128.load16_lane", 0, offset);
      code.op("i16x8.extend_low_i8x16_u").op("i32x4.extend_low_i16x8_u").splat("i32", 0).op("i32x4.ne");
      return 32;
    default:
      return dtype satisfies never;
  }
}

/** The address of a lane, pushed; the constant offset that remains is returned. */
type PushAddress = (lane: number) => number;

/** Loads each lane from an address of its own, and pushes the vector. */
export function loadLanes(code: Code, dtype: DType, width: number, vector: Local, pushAddress: PushAddress): MaskWidth {
  code.splat("i32", 0).set(vector);
  for (let lane = 0; lane < width; lane++) {
    if (dtype === "bool") {
      code.get(vector);
      code.memory("i32.load8_u", pushAddress(lane)).lane("i32x4.replace_lane", lane).set(vector);
      continue;
    }
    const offset = pushAddress(lane);
    code.get(vector);
    code.laneMemory(dtype === "float64" ? "v128.load64_lane" : "v128.load32_lane", lane, offset).set(vector);
  }
  code.get(vector);
  if (dtype !== "bool") return "any";
  code.splat("i32", 0).op("i32x4.ne");
  return 32;
}

/** Loads every other element, from the first at the address on; the one behind the last is read as well. */
export function loadEveryOther(
  code: Code,
  dtype: Exclude<DType, "bool">,
  lanes: Lanes,
  pushAddress: PushAddress,
): MaskWidth {
  const bytes = elementBytes[dtype];
  code.memory("v128.load", pushAddress(0));
  // Two of four lanes stand in the first vector.
  if (lanes * bytes < vectorBytes) code.splat("i32", 0);
  else code.memory("v128.load", pushAddress(lanes / 2));
  code.shuffle(everyOther(bytes));
  return "any";
}

/** A truth value as bytes of 0 and 1, in the first bytes of the vector. */
function maskToBytes(code: Code, width: MaskWidth): void {
  widen(code, width, 32);
  code.splat("i32", 0).op("i16x8.narrow_i32x4_s").splat("i32", 0).op("i8x16.narrow_i16x8_s");
  code.splat("i32", 0x01010101).op("v128.and");
}

/** Stores the first `width` elements of the vector on the stack, one behind the other. */
export function storeVector(
  code: Code,
  dtype: DType,
  width: number,
  lanes: Lanes,
  mask: MaskWidth,
  offset: number,
): void {
  switch (dtype) {
    case "float64":
      if (width === 1) code.laneMemory("v128.store64_lane", 0, offset);
      else code.memory("v128.store", offset);
      return;
    case "float32":
    case "int32":
      if (width === 1) code.laneMemory("v128.store32_lane", 0, offset);
      else if (lanes === 2) code.laneMemory("v128.store64_lane", 0, offset);
      else code.memory("v128.store", offset);
      return;
    case "bool":
      maskToBytes(code, mask);
      code.laneMemory(
        width === 1 ? "v128.store8_lane" : lanes === 2 ? "v128.store16_lane" : "v128.store32_lane",
        0,
        offset,
      );
      return;
    default:
      dtype satisfies never;
  }
}

/** Stores each lane of a vector at an address of its own. */
export function storeLanes(
  code: Code,
  dtype: DType,
  width: number,
  vector: Local,
  mask: MaskWidth,
  pushAddress: PushAddress,
): void {
  if (dtype === "bool") {
    code.get(vector);
    maskToBytes(code, mask);
    code.set(vector);
  }
  const instruction =
    dtype === "float64" ? "v128.store64_lane" : dtype === "bool" ? "v128.store8_lane" : "v128.store32_lane";
  for (let lane = 0; lane < width; lane++) {
    const offset = pushAddress(lane);
    code.get(vector).laneMemory(instruction, lane, offset);
  }
}
