import { fileURLToPath } from "node:url"
import { svelte } from "@sveltejs/vite-plugin-svelte"
import { defineConfig } from "vite"
import { VitePWA } from "vite-plugin-pwa"

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** What a page must send for its workers to share memory. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Any static host, in any folder.
  base: "./",
  plugins: [
    svelte(),
    VitePWA({
      registerType: "autoUpdate",
      includeAssets: ["icon.svg"],
      workbox: { globPatterns: ["**/*.{js,css,html,svg,woff2}"], maximumFileSizeToCacheInBytes: 8 * 2 ** 20 },
      manifest: {
        name: "nabla Lab",
        short_name: "nabla Lab",
        description: "Deep-learning optimization, experiment by experiment",
        display: "standalone",
        background_color: "#fbfaf7",
        theme_color: "#fbfaf7",
        start_url: "./",
        icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" }],
      },
    }),
  ],
  resolve: {
    alias: [
      { find: /^nabla$/, replacement: source("index.ts") },
      { find: /^nabla\/(\w+)$/, replacement: source("$1/index.ts") },
    ],
  },
  worker: { format: "es" },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  server: { headers: isolation },
  preview: { headers: isolation },
})
