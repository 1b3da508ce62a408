/** A file of a data set that is published. */
export interface PublishedFile {
  readonly name: string
  /** Checksum in hexadecimal, as it was published. */
  readonly md5: string
  /** Files that an archive (tar.gz) unpacks to; absent for what is used as it is. */
  readonly contents?: readonly string[]
}

export interface PublishedData {
  readonly summary: string
  readonly classes: 10 | 100
  /** What its files are read by. */
  readonly format: "idx" | "cifar"
  /** Addresses of folders that hold the files, tried in this order. */
  readonly mirrors: readonly string[]
  readonly files: readonly PublishedFile[]
}

const idxFiles = (...md5: readonly [string, string, string, string]): readonly PublishedFile[] =>
  ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map((stem, i) => ({
    name: `${stem}-ubyte.gz`,
    md5: md5[i]!,
  }))

/** Public data sets by name: where their makers publish them, and the checksums that they (or torchvision) publish. */
export const catalogue = {
  mnist: {
    summary: "70,000 handwritten digits of 28×28 (LeCun et al. 1998)",
    classes: 10,
    format: "idx",
    mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
    files: idxFiles(
      "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "d53e105ee54ea40749a09fcbcd1e9432",
      "9fb629c4189551a2d022fa330f9573f3",
      "ec29112dd5afa0611ce80d1b7f02629c",
    ),
  },
  "fashion-mnist": {
    summary: "70,000 pictures of clothes of 28×28 (Xiao et al. 2017)",
    classes: 10,
    format: "idx",
    mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    files: idxFiles(
      "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "25c81989df183df01b3e8a0aad5dffbe",
      "bef4ecab320f06d8554ea6380940ec79",
      "bb300cfdad3c16e7a12a480ee83cd310",
    ),
  },
  cifar10: {
    summary: "60,000 colour photographs of 32×32 in 10 classes (Krizhevsky 2009)",
    classes: 10,
    format: "cifar",
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      {
        name: "cifar-10-binary.tar.gz",
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        contents: [...[1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), "test_batch.bin"],
      },
    ],
  },
  cifar100: {
    summary: "60,000 colour photographs of 32×32 in 100 classes (Krizhevsky 2009)",
    classes: 100,
    format: "cifar",
    mirrors: ["https://www.cs.toronto.edu/~kriz/"],
    files: [
      {
        name: "cifar-100-binary.tar.gz",
        md5: "03b5dce01913d631647c71ecec9e9cb8",
        contents: ["train.bin", "test.bin"],
      },
    ],
  },
} as const satisfies Readonly<Record<string, PublishedData>>

export type PublicDataName = keyof typeof catalogue

/** Names that {@link loadPublicData} knows. */
export const publicDataNames: readonly PublicDataName[] = Object.keys(catalogue) as PublicDataName[]
