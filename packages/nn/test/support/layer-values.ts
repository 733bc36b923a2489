export const layerValues: Readonly<Record<string, readonly number[]>> = {};
