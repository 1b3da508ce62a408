/**
 * The generator of the seedrandom package (ARC4, its first 256 outputs dropped), which TensorFlow Playground seeds with
 * the text of its link: the same seed gives the same points here.
 */
export function seedrandom(seed: string): () => number {
  const cipher = new Arc4(mixedKey(seed))
  return () => {
    let n = cipher.number(6)
    let denominator = 256 ** 6
    let low = 0
    while (n < 2 ** 52) {
      n = (n + low) * 256
      denominator *= 256
      low = cipher.number(1)
    }
    while (n >= 2 ** 53) {
      n /= 2
      denominator /= 2
      low >>>= 1
    }
    return (n + low) / denominator
  }
}

function mixedKey(seed: string): number[] {
  const key: number[] = []
  let smear = 0
  for (let j = 0; j < seed.length; j++) {
    smear ^= (key[j & 255] ?? 0) * 19
    key[j & 255] = (smear + seed.charCodeAt(j)) & 255
  }
  return key.length === 0 ? [0] : key
}

class Arc4 {
  private i = 0
  private j = 0
  private readonly s: number[]

  constructor(key: readonly number[]) {
    const s = Array.from({ length: 256 }, (_, i) => i)
    let j = 0
    for (let i = 0; i < 256; i++) {
      const t = s[i]!
      j = (j + key[i % key.length]! + t) & 255
      s[i] = s[j]!
      s[j] = t
    }
    this.s = s
    this.number(256)
  }

  /** The next bytes as one number, the first one foremost. */
  number(count: number): number {
    const { s } = this
    let { i, j } = this
    let result = 0
    for (let k = 0; k < count; k++) {
      i = (i + 1) & 255
      const t = s[i]!
      j = (j + t) & 255
      s[i] = s[j]!
      s[j] = t
      result = result * 256 + s[(s[i]! + t) & 255]!
    }
    this.i = i
    this.j = j
    return result
  }
}
