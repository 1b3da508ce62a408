/** PyTorch's snake_case names in nabla's camelCase: `conv_transpose2d` → `convTranspose2d`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
