/** Methods that only the whole entry brings (`methods.ts`): those with a trailing underscore follow from them. */
export const furtherMethods: readonly string[] = `
  acos acosh addbmm addmm addmv aminmax argsort argwhere asin asinh atan atan2 atanh atleast1d
  atleast2d atleast3d baddbmm bincount bitwiseAnd bitwiseNot bitwiseOr bitwiseXor broadcastTensors
  broadcastTo bucketize celu channelShuffle cholesky choleskyInverse choleskySolve clampMax clampMin
  copysign cosh countNonzero cross cummax cummin cumprod cumsum cumulativeTrapezoid deg2rad det diag
  diagEmbed diagflat diagonal diagonalScatter diff digamma dist elu embedding erf erfc erfinv exp2
  expm1 flip fliplr flipud floatPower fmax fmin frac glu hardshrink hardsigmoid hardswish hardtanh
  heaviside histc hypot indexAdd indexCopy indexFill indexPut inner inverse isclose isinf isneginf
  isposinf kron kthvalue lgamma log10 log2 logaddexp logaddexp2 logcumsumexp logdet logicalXor logit
  maskedScatter maskedSelect materialize matrixExp matrixPower median mish mode movedim msort mvlgamma nanToNum
  nanmean nanmedian nanquantile nansum newFull newOnes newZeros nonzero norm oneHot outer pad pinverse
  pixelShuffle pixelUnshuffle polygamma prelu qr quantile rad2deg ravel relu6 repeat repeatInterleave
  reshapeAs roll rot90 rrelu scatter scatterAdd scatterReduce searchsorted selectScatter selu signbit
  sinc sinh sliceScatter slogdet softmin softshrink softsign sort stdMean take takeAlongDim tan
  tanhshrink tensorSplit tensordot threshold tile topk trace trapezoid triangularSolve tril triu trunc
  unique uniqueConsecutive varMean variance vectorNorm xlog1py xlogy
`
  .trim()
  .split(/\s+/)
