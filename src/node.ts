// The entry of the package on Node: that of the browser, and the native device.
import "./tensor/node.ts"

export * from "./index.ts"
