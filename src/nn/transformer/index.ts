export type { DecoderMasks } from "./decoder-layer.ts"
export { TransformerDecoderLayer, transformerDecoderLayer } from "./decoder-layer.ts"
export type { EncoderMasks } from "./encoder-layer.ts"
export { TransformerEncoderLayer, transformerEncoderLayer } from "./encoder-layer.ts"
export type { TransformerActivation, TransformerLayerOptions } from "./options.ts"
export type { EncoderStackMasks, StackOptions } from "./stacks.ts"
export {
  TransformerDecoder,
  TransformerEncoder,
  transformerDecoder,
  transformerEncoder,
} from "./stacks.ts"
export type { TransformerMasks, TransformerOptions } from "./transformer.ts"
export { Transformer, transformer } from "./transformer.ts"
