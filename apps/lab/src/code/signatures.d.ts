declare module "virtual:nabla-signatures" {
  export const signatures: import("../../vite/signatures.ts").Signatures
}
