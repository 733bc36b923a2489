import { compile } from "@chainrule/core";

/**
 * The ways in which a function of tensors is run, by name: each takes the function and gives one that does the same. The
 * works measure all of them, and have a bar for each way and peer.
 *
 * @type {Record<string, <F extends Function>(f: F) => F>}
 */
export const ways = { eager: (f) => f, compiled: (f) => compile(f) };
