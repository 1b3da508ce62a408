export type { MultiheadCallOptions } from "./multihead.ts"
export type { MultiheadAttentionOptions } from "./multihead-attention.ts"
export { MultiheadAttention, multiheadAttention } from "./multihead-attention.ts"
export type {
  LearnedPositionsOptions,
  PositionTableOptions,
  RotaryOptions,
  SinusoidalOptions,
} from "./positions.ts"
export {
  LearnedPositions,
  learnedPositions,
  RotaryPositions,
  rotaryPositions,
  SinusoidalPositions,
  sinusoidal as sinusoidalPositions,
} from "./positions.ts"
