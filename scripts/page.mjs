// Bundles the page of the lab: one script, one style sheet, nothing that is loaded from elsewhere.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'lab', 'page')

/** @param {string} folder where index.html and its files go; what is there is removed */
export function buildPage(folder) {
  return build({
    root,
    base: './',
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1000,
      rolldownOptions: {
        output: {
          codeSplitting: false,
          entryFileNames: 'lab.js',
          assetFileNames: 'lab[extname]',
        },
      },
    },
  })
}
