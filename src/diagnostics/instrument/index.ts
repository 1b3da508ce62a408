export type { Histogram, Statistics } from "../forward/statistics.ts"
export type { LayerObservation, NonFinite, Observation, ParameterObservation } from "./observation.ts"
export { instrument, Probe } from "./probe.ts"
export type { InstrumentOptions, Tier } from "./tiers.ts"
