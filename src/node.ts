// The entry of the package on Node: that of the browser, and the native device.
export * from "./index.ts"
export * from "./tensor/node.ts"
