/** The library as one file: its 700 modules take a second to load. */
declare module "echarts/dist/echarts.esm.min" {
  export * from "echarts";
}
